import { randomFillSync } from 'node:crypto'

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

const ID_BYTES = 16
/** Random bytes for many ids, since each call of the generator takes longer than all else that a stream needs to begin. */
const pool = Buffer.allocUnsafeSlow(ID_BYTES * 128)
let used = pool.length

/** An id that cannot be guessed: 128 random bits. */
export function newStreamId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += ID_BYTES
  return pool.toString('base64url', used - ID_BYTES, used)
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
