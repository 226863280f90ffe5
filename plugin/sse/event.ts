import { FST_SSE_EVENT_INVALID } from '../errors.js'
import { describe } from '../util/errors/describe.js'
import { ignoreRejection, isPromiseLike } from '../util/promise.js'

/**
 * One server-sent event (WHATWG HTML, section 9.2 "Server-sent events").
 *
 * An object counts as an event if it has at least one of `event`, `data`, `retry` and `comment`, and no other key but
 * `id`. Any other object is data (W4).
 *
 * @example
 * yield { event: 'usage', data: { tokens: 12 }, id: '7' }
 */
export interface SseEvent<Data = unknown> {
  /** The name that listeners subscribe to. No CR or LF. Default: none, which clients dispatch as `message`. */
  event?: string | undefined
  /**
   * A string is sent as it is, each of its lines on a `data:` line. Bytes are UTF-8 text. Anything else is sent as
   * JSON. An event with a name and no data is sent with empty data, since clients drop an event without data.
   */
  data?: Data
  /** What a client sends as `Last-Event-ID` when it reconnects. `''` resets that. No CR, LF or NUL. */
  id?: string | undefined
  /** How long a client waits before it reconnects. Milliseconds: a non-negative integer. */
  retry?: number | undefined
  /** Text that clients ignore. Each of its lines is sent as a comment line. */
  comment?: string | undefined
}

/**
 * Encodes the data of an event as the text that is sent.
 *
 * @param name of the event, `undefined` for an unnamed one
 * @throws FST_SSE_EVENT_INVALID
 */
export type EncodeData = (data: unknown, name: string | undefined) => string

/** The comment line that keeps a silent connection open (W3), in the one form that all common clients ignore. */
export const HEARTBEAT = ':\n'

const EVENT_KEYS = new Set(['event', 'data', 'id', 'retry', 'comment'])
const LINE_ENDS = /\r\n|\r|\n/g
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

export function isEvent(item: unknown): item is SseEvent {
  if (typeof item !== 'object' || item === null) return false
  let found = false
  for (const key of Object.keys(item)) {
    if (!EVENT_KEYS.has(key)) return false
    found ||= key !== 'id'
  }
  return found
}

/**
 * Refuses a promise: somebody forgot to await it, and JSON would make `{}` of it.
 *
 * @throws FST_SSE_EVENT_INVALID
 */
export function awaited<T>(value: T): T {
  if (!isPromiseLike(value)) return value
  ignoreRejection(value)
  throw new FST_SSE_EVENT_INVALID(`data must be text or a JSON value, but it is ${describe(value)}`)
}

/** Whether clients dispatch the event to listeners: it has a name or data. */
export function isDispatched(event: SseEvent): boolean {
  return 'data' in event || event.event !== undefined
}

/** Encodes data on a route without a schema. */
export const encodeData: EncodeData = data => (typeof data === 'string' ? data : encodeJson(data))

/** The bytes of a value that holds UTF-8 text; `undefined` for any other value. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined
}

/** Decodes bytes that hold a whole text. */
export function decodeText(bytes: Uint8Array): string {
  return utf8.decode(bytes)
}

export function encodeJson(data: unknown): string {
  return toJson(data, JSON.stringify)
}

/**
 * Encodes data as JSON.
 *
 * @param stringify may throw, or return nothing for what JSON cannot carry
 * @throws FST_SSE_EVENT_INVALID
 */
export function toJson(data: unknown, stringify: (data: unknown) => string | undefined): string {
  let json: string | undefined
  try {
    json = stringify(data)
  } catch (cause) {
    throw new FST_SSE_EVENT_INVALID('data cannot be encoded as JSON', { cause })
  }
  // A compiled serializer returns this word for undefined.
  if (json === undefined || json === 'undefined') {
    throw new FST_SSE_EVENT_INVALID(`data must be text or a JSON value, but it is ${describe(data)}`)
  }
  return json
}

/**
 * Encodes an event that has only a name and data. This is the cost of a token.
 *
 * @param start the result of `startOf` for the name
 */
export function formatData(start: string, text: string): string {
  return `${start}${lines(text, 'data')}\n\n`
}

/** The text before the data of an event with this name, or of an unnamed event. */
export function startOf(name: string | undefined): string {
  return `${nameLine(name)}data: `
}

/**
 * Encodes an event (W2).
 *
 * A blank line follows a name, data or id. It does not follow a comment or `retry:` alone, since some clients take any
 * blank line for an event.
 *
 * @param defaultName of an event without a name
 * @param id that it is sent with. Default: its own
 * @throws FST_SSE_EVENT_INVALID
 */
export function formatEvent(event: SseEvent, encode: EncodeData, defaultName?: string, id = event.id): string {
  const { event: name = defaultName, retry, comment } = event
  let frame = comment === undefined ? '' : `: ${lines(text('comment', comment), '')}\n`
  if (retry !== undefined) frame += formatRetry(retry)
  if (isDispatched(event)) {
    const { data = 'data' in event ? undefined : '' } = event
    const bytes = bytesOf(data)
    frame += nameLine(name)
    if (id !== undefined) frame += formatId(id)
    return frame + formatData(startOf(undefined), encode(bytes === undefined ? awaited(data) : decodeText(bytes), name))
  }
  if (id !== undefined) frame += `${formatId(id)}\n`
  if (frame === '') throw new FST_SSE_EVENT_INVALID('all its fields are undefined')
  return frame
}

/**
 * @param retry milliseconds
 * @throws FST_SSE_EVENT_INVALID
 */
export function formatRetry(retry: number): string {
  if (!Number.isSafeInteger(retry) || retry < 0) {
    const actual = typeof retry === 'number' ? retry : describe(retry)
    throw new FST_SSE_EVENT_INVALID(`retry must be a non-negative integer of milliseconds, but it is ${actual}`)
  }
  return `retry: ${retry}\n`
}

function nameLine(name: string | undefined): string {
  return name === undefined ? '' : `event: ${oneLine('event', name)}\n`
}

function formatId(id: string): string {
  if (oneLine('id', id).includes('\0')) throw new FST_SSE_EVENT_INVALID('id must not contain NUL')
  return `id: ${id}\n`
}

/** Repeats the name of the field on every line. */
function lines(value: string, field: string): string {
  return hasLineEnd(value) ? value.replace(LINE_ENDS, `\n${field}: `) : value
}

/** For a short text, the loop was measured to save 30 ns of the two calls, a tenth of the cost of a token. */
function hasLineEnd(value: string): boolean {
  if (value.length > 32) return value.includes('\n') || value.includes('\r')
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit === 10 || unit === 13) return true
  }
  return false
}

function oneLine(field: string, value: string): string {
  if (hasLineEnd(text(field, value))) {
    throw new FST_SSE_EVENT_INVALID(`${field} must not contain CR or LF`)
  }
  return value
}

function text(field: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new FST_SSE_EVENT_INVALID(`${field} must be a string, but it is ${describe(value)}`)
}
