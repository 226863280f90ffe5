import { FST_SSE_EVENT_INVALID } from '../errors.js'
import { describe } from '../util/describe.js'
import { isPromiseLike } from '../util/promise.js'

/**
 * One server-sent event (WHATWG HTML, section 9.2 "Server-sent events").
 *
 * An object is taken for an event when it has at least one of `event`, `data`, `retry` and `comment`
 * and no key beyond these and `id`; any other object is data.
 */
export interface SseEvent<Data = unknown> {
  /** The name that listeners subscribe to. Without one, clients dispatch `message`. No CR or LF. */
  event?: string | undefined
  /**
   * A string is sent as it is, every line of it on a `data:` line of its own. Bytes are UTF-8 text. Anything else is
   * sent as JSON. An event that has a name and no data is sent with empty data, since clients drop an event without.
   */
  data?: Data
  /** What a reconnecting client sends back as `Last-Event-ID`. `''` resets it. No CR, LF or NUL. */
  id?: string | undefined
  /** How long a client waits before it reconnects: milliseconds, a non-negative integer. */
  retry?: number | undefined
  /** A line that clients ignore. */
  comment?: string | undefined
}

/** Turns the data of an event into the text that is sent. `name` is `undefined` for an unnamed event. Throws `FST_SSE_EVENT_INVALID`. */
export type EncodeData = (data: unknown, name: string | undefined) => string

/** The comment line that keeps a silent connection open: the one form that every common client ignores. */
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
 * A promise is an empty object to JSON: somebody forgot to await it.
 *
 * @throws FST_SSE_EVENT_INVALID
 */
export function awaited<T>(value: T): T {
  if (!isPromiseLike(value)) return value
  value.then(undefined, () => {})
  throw new FST_SSE_EVENT_INVALID(`data must be text or a JSON value, but it is ${describe(value)}`)
}

/** Whether clients dispatch it to their listeners: it has a name or data. */
export function isDispatched(event: SseEvent): boolean {
  return 'data' in event || event.event !== undefined
}

/** The data of an event without a schema. */
export const encodeData: EncodeData = data => (typeof data === 'string' ? data : encodeJson(data))

/** The bytes of what holds UTF-8 text. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined
}

/** The text of bytes that hold all of it. */
export function decodeText(bytes: Uint8Array): string {
  return utf8.decode(bytes)
}

export function encodeJson(data: unknown): string {
  return toJson(data, JSON.stringify)
}

/**
 * Writes data as JSON.
 *
 * @param stringify may throw, or give no JSON for what has none
 * @throws FST_SSE_EVENT_INVALID
 */
export function toJson(data: unknown, stringify: (data: unknown) => string | undefined): string {
  let json: string | undefined
  try {
    json = stringify(data)
  } catch (cause) {
    throw new FST_SSE_EVENT_INVALID('its data cannot be written as JSON', { cause })
  }
  // Compiled serializers write the word for what is undefined.
  if (json === undefined || json === 'undefined') {
    throw new FST_SSE_EVENT_INVALID(`data must be text or a JSON value, but it is ${describe(data)}`)
  }
  return json
}

/**
 * The wire format of an event that has only data: what a token costs.
 *
 * @param start what `startOf` gave for the name of the event
 */
export function formatData(start: string, text: string): string {
  return `${start}${lines(text, 'data')}\n\n`
}

/** What stands in front of the data of an event with this name; `undefined` for one without a name. */
export function startOf(name: string | undefined): string {
  return `${nameLine(name)}data: `
}

/**
 * The wire format of an event.
 *
 * A blank line ends what has a name, data or an id. A comment or `retry:` alone goes without, since some clients take
 * any blank line for an event.
 *
 * @throws FST_SSE_EVENT_INVALID
 */
export function formatEvent(event: SseEvent, encode: EncodeData, defaultName?: string): string {
  const { event: name = defaultName, id, retry, comment } = event
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
  if (frame === '') throw new FST_SSE_EVENT_INVALID('all that it has is undefined')
  return frame
}

/** @param retry milliseconds */
export function formatRetry(retry: number): string {
  if (!Number.isSafeInteger(retry) || retry < 0) {
    throw new FST_SSE_EVENT_INVALID(
      `retry must be a non-negative integer of milliseconds, but it is ${typeof retry === 'number' ? retry : describe(retry)}`
    )
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

function lines(value: string, field: string): string {
  return hasLineEnd(value) ? value.replace(LINE_ENDS, `\n${field}: `) : value
}

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
  if (typeof value !== 'string')
    throw new FST_SSE_EVENT_INVALID(`${field} must be a string, but it is ${describe(value)}`)
  return value
}
