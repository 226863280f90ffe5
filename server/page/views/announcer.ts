import { titleOf } from '../chat/conversations/conversations.js'
import { isAnswering, type PageState } from '../chat/conversations/store.js'
import { outcomeOf } from '../chat/outcome.js'
import { plainText } from '../markdown/plain-text.js'

/** How much of an answer is read out. Characters. */
const MAX_SPOKEN = 1500

/** Tells screen readers what happens, one thing at a time. */
export class Announcer {
  readonly #region: HTMLElement

  constructor(region: HTMLElement) {
    this.#region = region
  }

  /** Announces what has changed to somebody who cannot see it. */
  show(state: PageState, before: PageState): void {
    const words = announcementOf(state, before)
    if (words !== undefined) this.say(words)
  }

  say(words: string): void {
    // A new node makes screen readers repeat the same words.
    this.#region.replaceChildren(words)
  }
}

/** Announces an answer when it ends, not token by token, and a lost connection once, not for each retry. */
function announcementOf(state: PageState, before: PageState): string | undefined {
  if (state.id !== before.id) return state.exchanges.length === 0 ? 'New chat.' : `Conversation: ${titleOf(state)}`
  const isMore = state.exchanges.length > before.exchanges.length
  if (isAnswering(state) && (isMore || !isAnswering(before))) return 'Waiting for the answer.'
  if (isAnswering(before) && !isAnswering(state)) return endOf(state)
  if (state.wait !== undefined && before.wait === undefined) return `${state.wait.failure.words} Trying again.`
  return undefined
}

function endOf({ exchanges }: PageState): string | undefined {
  const answer = exchanges.at(-1)?.answer
  if (answer === undefined) return undefined
  const text = answer.state === 'complete' && spoken(plainText(answer.text))
  return [text, outcomeOf(answer, undefined, 0)?.words].filter(Boolean).join(' ')
}

/** An answer as it is read out. Not every screen reader can be interrupted, so a long one is cut. */
function spoken(text: string): string {
  if (text.length <= MAX_SPOKEN) return `Answer: ${text}`
  const end = text.lastIndexOf(' ', MAX_SPOKEN)
  return `Answer: ${text.slice(0, end === -1 ? MAX_SPOKEN : end)}… The rest is in the conversation.`
}
