import { bytesOf, decodeText, type EncodeData, encodeData } from '../sse/event.js'

/** Encodes the data of a stream's events as text, with the schema of its route (T1) or without one (T2). */
export interface Codec {
  /** The text of an event's data. */
  readonly encode: EncodeData
  /** Makes the data of the last event from the return value of the source. */
  result(returned: unknown): unknown
}

/**
 * The codec of a route without a schema: text as it is, anything else as JSON (W4). A return value is always JSON (E3).
 */
export const plainCodec: Codec = {
  encode: encodeData,
  result(returned) {
    const bytes = bytesOf(returned)
    const value = bytes === undefined ? returned : decodeText(bytes)
    return typeof value === 'string' ? JSON.stringify(value) : value
  }
}
