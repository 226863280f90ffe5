import { isObject } from './values.js'

/** An error in the body of an answer. */
export interface Failure {
  /** What the provider said, for the log. */
  words: string
  /** The status that the response would have had, 400 to 599. */
  status: number | undefined
}

const STATUS_KEYS = ['status', 'status_code', 'statusCode', 'code', 'http_code', 'http_status', 'error_code']

/** Where FastAPI, AWS and gateways put the words of an error. */
const WORDS_KEYS = ['message', 'detail', 'msg', 'error_message', 'error_msg', 'errors']

/** Codes and words of success. */
const SUCCESS = /^(0+|2\d\d|20000|ok|success(ful(ly)?)?)\b/i

/** Finds the error in an object, wherever servers put it. */
export function failureOf(object: Record<string, unknown>): Failure | undefined {
  const { error, choices, x_groq: groq, base_resp: base, object: kind, type, success, code } = object
  if (isThere(error)) return toFailure(error, object)
  if (isObject(groq) && isThere(groq.error)) return toFailure(groq.error)
  for (const choice of Array.isArray(choices) ? choices : [choices]) {
    if (!isObject(choice)) continue
    if (isThere(choice.error)) return toFailure(choice.error, choice)
    const said = choice.delta ?? choice.message
    if (isObject(said) && isThere(said.error)) return toFailure(said.error, said)
  }
  const isFailure = kind === 'error' || type === 'error' || success === false || (isThere(code) && isFailed(object))
  return isFailure || (isObject(base) && isThere(base.status_code)) ? toFailure(object, base) : undefined
}

/** Finds words in an object that is not a chunk. They are an error unless the answer goes on to a finish_reason. */
export function noticeOf(object: Record<string, unknown>): Failure | undefined {
  return WORDS_KEYS.some(key => isThere(object[key])) ? toFailure(object) : undefined
}

/** The error of an event named `error`. */
export function failureOfText(data: string, object: Record<string, unknown> | undefined): Failure {
  if (object === undefined) return { words: data, status: undefined }
  return failureOf(object) ?? toFailure(object)
}

/** Whether an object has a code of an error with a message. Some servers send a code of success with each chunk. */
function isFailed({ code, message, msg }: Record<string, unknown>): boolean {
  const words = message ?? msg
  return !SUCCESS.test(String(code)) && typeof words === 'string' && words !== '' && !SUCCESS.test(words)
}

export function toFailure(error: unknown, around?: unknown): Failure {
  const inner = isObject(error) ? error.error : undefined
  const status = [error, inner, around].filter(isObject).map(statusOf).find(Boolean)
  return { words: JSON.stringify(error), status }
}

function statusOf(object: Record<string, unknown>): number | undefined {
  const statuses = STATUS_KEYS.map(key => object[key]).map(value => (typeof value === 'string' ? Number(value) : value))
  return statuses.find(
    (status): status is number =>
      typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
  )
}

/** An object whose fields are all empty stands for no error. */
function isThere(error: unknown): boolean {
  return typeof error === 'object' && error !== null ? Object.values(error).some(Boolean) : Boolean(error)
}
