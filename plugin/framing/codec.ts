import { bytesOf, decodeText, type EncodeData, encodeData } from '../sse/event.js'

/** Encodes the data of a stream's events as text, with the schema of its route (T1) or without one (T2). */
export interface Codec {
  /** The text of an event's data. */
  readonly encode: EncodeData
  /**
   * Reads the data of an event as a client of the stream does.
   *
   * @param text what `encode` made of it
   * @param given the data that `encode` was given
   */
  read(text: string, given: unknown, name: string): unknown
  /** Makes the data of the last event from the return value of the source. */
  result(returned: unknown): unknown
}

/**
 * The codec of a route without a schema: text as it is, anything else as JSON (W4). A return value is always JSON (E3).
 */
export const plainCodec: Codec = {
  encode: encodeData,
  read: (text, given) => (typeof given === 'string' ? text : JSON.parse(text)),
  result(returned) {
    const bytes = bytesOf(returned)
    const value = bytes === undefined ? returned : decodeText(bytes)
    return typeof value === 'string' ? JSON.stringify(value) : value
  }
}
