import { randomName } from '../../util/random-name.js'

/** A position in a stream: the parsed id of the last event that a client has. */
export interface EventId {
  /** The id of the stream. */
  readonly stream: string
  /** Its generation; `''` for the only one of a stream whose id is random. */
  readonly generation: string
  /** The number of the event in its stream, from 1; 0 for the place before the first. */
  readonly sequence: number
  /** Whether it is the last event of the stream. */
  readonly isEnd: boolean
}

/** The suffix of the id of a last event. It shows without a log that the client has the whole answer (E6). */
const END = ':end'

/** The form of a stream id. */
export const STREAM_ID_PATTERN = /^[\w-]{1,128}$/
const EVENT_ID = /^([\w-]{1,128})(?::([\w-]{1,32}))?:(0(?!:)|[1-9]\d{0,14})(:end)?$/

/** Makes a stream id that cannot be guessed: 128 random bits in base64url. */
export function newStreamId(): string {
  return randomName(16)
}

/** Whether something is a text in the form of a stream id. */
export function isStreamId(id: unknown): id is string {
  return typeof id === 'string' && STREAM_ID_PATTERN.test(id)
}

/** Parses a `Last-Event-ID` header; `undefined` if it does not have the form of `formatEventId`. */
export function parseEventId(text: string): EventId | undefined {
  const [, stream, generation = '', sequence, end] = EVENT_ID.exec(text) ?? []
  return stream === undefined ? undefined : { stream, generation, sequence: Number(sequence), isEnd: end !== undefined }
}

/** The start of all event ids of a generation: `<stream>`, or `<stream>:<generation>` if there may be others. */
export function eventIdBase(stream: string, generation: string): string {
  return generation === '' ? stream : `${stream}:${generation}`
}

/** Formats the id of an event: `<base>:<sequence>`, with the suffix `:end` for the last event. */
export function formatEventId(base: string, sequence: number, isEnd = false): string {
  return `${base}:${sequence}${isEnd ? END : ''}`
}
