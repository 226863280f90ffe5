import { encodeData, formatEvent, type SseEvent } from '../sse/event.js'
import { cut } from '../util/errors/cut.js'
import type { ErrorData } from './failure.js'

/** What protocols add to the message, beyond what the plugin's own event has. Bytes. */
const MARGIN = 256

/**
 * The data of an error whose message is cut so that its event is not too large itself. A stream that fails must not end
 * without that event (E2), however long the message is.
 *
 * @param event the plugin's own event of the error
 * @param maxBytes the size of the largest frame, in bytes
 */
export function shortened(event: SseEvent & { data: ErrorData }, maxBytes: number): ErrorData {
  const { data } = event
  // It is not too large because of its message then.
  if (sizeOf(data.message) <= MARGIN) return data
  const rest = Buffer.byteLength(formatEvent({ ...event, data: { ...data, message: '' } }, encodeData))
  const room = Math.max(0, maxBytes - rest - MARGIN)
  let { message } = data
  let { length } = message
  for (let bytes = sizeOf(message); bytes > room && length > 0; bytes = sizeOf(message)) {
    length = Math.min(length - 1, Math.floor((length * room) / bytes))
    message = length === 0 ? '' : `${cut(data.message, length)}...`
  }
  return { ...data, message }
}

/** The bytes of a text within JSON. */
function sizeOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}
