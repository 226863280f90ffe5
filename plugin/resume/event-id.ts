import { randomBytes } from 'node:crypto'

/** What a client has had of a stream, as the id of its last event says. */
export interface EventId {
  readonly stream: string
  /** The number of the event in its stream, from 1. */
  readonly sequence: number
  /** Whether nothing comes after it. */
  readonly isEnd: boolean
}

/** What stands behind the id of a last event, so that a client that has it needs no log to be told so (E6). */
const END = ':end'

/** What the id of a stream may be. */
export const STREAM_ID_PATTERN = /^[\w-]{1,128}$/
const EVENT_ID = /^([\w-]{1,128}):([1-9]\d{0,14})(:end)?$/

/** An id that cannot be guessed: 128 random bits. */
export function newStreamId(): string {
  return randomBytes(16).toString('base64url')
}

export function isStreamId(id: string): boolean {
  return STREAM_ID_PATTERN.test(id)
}

/** What a client sends as `Last-Event-ID`; `undefined` for what `formatEventId` has not made. */
export function parseEventId(text: string): EventId | undefined {
  const [, stream, sequence, end] = EVENT_ID.exec(text) ?? []
  return stream === undefined ? undefined : { stream, sequence: Number(sequence), isEnd: end !== undefined }
}

export function formatEventId(stream: string, sequence: number, isEnd = false): string {
  return `${stream}:${sequence}${isEnd ? END : ''}`
}
