import type { Wait } from '../failure.js'
import type { Settings } from '../settings.js'
import type { Exchange } from './conversation.js'
import type { Summary } from './conversations.js'

/** Everything that the page shows and saves. It is replaced, never changed. */
export interface PageState {
  /** The id of the conversation. */
  readonly id: string
  /** How often the conversation has changed, beside the growth of an answer. Of two versions, the higher one counts. */
  readonly revision: number
  /** The name that the reader has given to the conversation. */
  readonly title: string | undefined
  readonly exchanges: readonly Exchange[]
  /** What the last answer waits for while it has no connection. */
  readonly wait: Wait | undefined
  /** What the reader has written and not sent. */
  readonly draft: string
  /** All conversations that are kept, the one that has changed last first. */
  readonly summaries: readonly Summary[]
  /** The models that the server has. */
  readonly models: readonly string[]
  readonly settings: Settings
}

/** Called with the new state and the one before it. */
export type StateListener = (state: PageState, before: PageState) => void

/** Holds the state of the page. The chat and the composer update it; views and the autosave are given it. */
export class Store {
  #state: PageState
  readonly #listeners: StateListener[] = []

  constructor(state: PageState) {
    this.#state = state
  }

  get state(): PageState {
    return this.#state
  }

  subscribe(listener: StateListener): void {
    this.#listeners.push(listener)
  }

  update(change: Partial<PageState>): void {
    const before = this.#state
    this.#state = { ...before, ...change }
    for (const listener of this.#listeners) listener(this.#state, before)
  }
}

/** Whether an answer is on its way. */
export function isAnswering({ exchanges }: PageState): boolean {
  return exchanges.at(-1)?.answer.state === 'running'
}

/** Whether the next question has to wait. A server that was asked too much is no reason for that. */
export function isHeld(state: PageState): boolean {
  return isAnswering(state) && state.wait?.failure.isBusy !== true
}
