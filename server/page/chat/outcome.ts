import type { ChatAnswer } from './conversation.js'
import type { Wait } from './failure.js'

/** What the page says below an answer. */
export interface Outcome {
  words: string
  isAlarm: boolean
  /** What a button there says, where there is something to be done about it. */
  button?: string
}

/** What the reasons mean that are no ordinary end. Those of OpenAI's chat completions. */
const REASONS: Record<string, string> = {
  length: 'The model has run out of tokens: this is not all of the answer.',
  content_filter: 'The model left out something here that its filter has found.'
}

/** @returns `undefined` where there is nothing to be said */
export function outcomeOf(answer: ChatAnswer, wait: Wait | undefined, now: number): Outcome | undefined {
  if (wait !== undefined) return waiting(wait, now)
  const { text, state, failure, finishReason = '' } = answer
  if (state === 'stopped') return { words: 'Stopped.', isAlarm: false, button: 'Ask again' }
  if (failure !== undefined) {
    return { words: failure.words, isAlarm: true, button: canContinue(answer) ? 'Go on' : 'Try again' }
  }
  const words = REASONS[finishReason]
  if (words !== undefined) return { words, isAlarm: false }
  const isNothing = state === 'complete' && text === ''
  return isNothing ? { words: 'The model has said nothing.', isAlarm: false, button: 'Ask again' } : undefined
}

/** Whether the server may have more of an answer that has failed. */
export function canContinue({ failure, streamId }: ChatAnswer): boolean {
  return failure?.isCut === true && streamId !== undefined
}

function waiting({ failure, until }: Wait, now: number): Outcome {
  const seconds = Math.ceil((until - now) / 1000)
  const next = seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again…'
  return { words: `${failure.words} ${next}`, isAlarm: true, button: 'Try now' }
}
