import { SseStreamError, textOf } from '../errors.js'
import type { CheckData } from '../options.js'
import type { Decoding } from '../types.js'

/** Where a schema of `eventStream` keeps the function that reads and checks the data of its events. */
const READ = Symbol.for('fastify-sse-from.read')

/** Converts the text of an event to its data. It throws if the text is not what it should be. */
export type ReadData = (event: string, text: string) => unknown

/**
 * Chooses how data is read: as the schema in `validate` says, or by `decode` and then by the function in `validate`.
 */
export function dataReader(
  validate: CheckData | object | undefined,
  decode: Readonly<Record<string, Decoding>> | undefined
): ReadData {
  if (typeof validate === 'object') return (validate as { [READ]: ReadData })[READ]
  return (event, text) => {
    const isText = (decode?.[event] ?? (event === 'message' && 'text')) === 'text'
    const data = isText ? text : JSON.parse(text)
    return validate ? validate(event, data) : data
  }
}

/** Waits for a check that is async, and throws an SseStreamError for whatever it throws. */
export async function checkedLate(data: PromiseLike<unknown>, event: string): Promise<unknown> {
  try {
    return await data
  } catch (cause) {
    throw invalidEvent(event, cause)
  }
}

/** Does the work, and throws an SseStreamError for whatever it throws. */
export function checked<T>(work: () => T, event = 'stream'): T {
  try {
    return work()
  } catch (cause) {
    throw invalidEvent(event, cause)
  }
}

function invalidEvent(event: string, cause: unknown): SseStreamError {
  return new SseStreamError('SSE_EVENT_INVALID', `invalid event ${event}: ${textOf(cause)}`, { cause })
}
