import { SseStreamError } from './errors.js'
import type { CheckData, Decoding } from './types.js'

/** Where `eventStream` keeps how the data of an event is read. */
const READ = Symbol.for('fastify-sse-from.read')

export type ReadData = (event: string, text: string) => unknown

/** What makes data of the text of events, and throws where it is not what it has to be. */
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

/** Throws an SseStreamError for whatever is wrong with an event. */
export function checked<T>(work: () => T, event = 'stream'): T {
  try {
    return work()
  } catch (cause) {
    throw new SseStreamError('SSE_EVENT_INVALID', `invalid event ${event}: ${cause}`, { cause })
  }
}
