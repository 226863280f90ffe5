import type { ChatAnswer } from './conversations/conversation.js'
import type { Wait } from './failure.js'

/** What the page says below an answer. */
export interface Outcome {
  words: string
  isAlarm: boolean
  /** The label of a button, if the reader can do something. */
  button?: string
  /** What else the reader can do: have the model continue its answer, or no longer wait. */
  other?: 'Continue' | 'Cancel'
}

/** What the finish reasons of OpenAI's chat completions mean to a reader. */
const REASONS = new Map([
  ['length', 'The model reached its token limit, so the answer is incomplete.'],
  ['content_filter', 'A content filter removed part of the answer.'],
  ['tool_calls', 'The model asks for the result of a tool, which this page does not have.']
])

/** The finish reason of an answer that has a normal end. */
const NORMAL = 'stop'

/** @returns `undefined` if there is nothing to say */
export function outcomeOf(answer: ChatAnswer, wait: Wait | undefined, now: number): Outcome | undefined {
  if (wait !== undefined) return waiting(wait, now)
  const { text, state, failure, finishReason } = answer
  const other = canExtend(answer) && { other: 'Continue' as const }
  if (state === 'stopped') return { words: 'Stopped.', isAlarm: false, button: 'Ask again', ...other }
  if (failure !== undefined) {
    const button = canContinue(answer) ? 'Continue' : 'Try again'
    return { words: failure.words, isAlarm: true, button, ...other }
  }
  if (finishReason && finishReason !== NORMAL) {
    const words = REASONS.get(finishReason) ?? `The model stopped for the reason “${finishReason}”.`
    return { words, isAlarm: false, ...other }
  }
  const isEmpty = state === 'complete' && text === '' && answer.reasoning === undefined
  return isEmpty ? { words: 'The model gave no answer.', isAlarm: false, button: 'Ask again' } : undefined
}

/** Whether the model can be asked to continue an answer that was stopped or cut off. */
export function canExtend(answer: ChatAnswer): boolean {
  const { text, state, finishReason } = answer
  if (text === '' || canContinue(answer)) return false
  return state === 'stopped' || state === 'failed' || finishReason === 'length'
}

/** Whether a question never reached the server, since there was no network. */
export function isUnsent({ failure, streamId }: ChatAnswer): boolean {
  return failure?.isOffline === true && streamId === undefined
}

/** Whether the server may have the rest of a failed answer. */
export function canContinue({ state, failure, streamId }: ChatAnswer): boolean {
  return state === 'failed' && failure?.isCut === true && streamId !== undefined
}

function waiting({ failure, until }: Wait, now: number): Outcome {
  const seconds = Math.ceil((until - now) / 1000)
  const next = seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again…'
  return {
    words: `${failure.words} ${next}`,
    isAlarm: true,
    button: 'Try now',
    ...(failure.isBusy && { other: 'Cancel' })
  }
}
