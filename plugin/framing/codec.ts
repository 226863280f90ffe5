import { bytesOf, decodeText, type EncodeData, encodeData } from '../sse/event.js'

/** How the data of a stream's events becomes text: with the schema of its route (T1) or without one (T2). */
export interface Codec {
  /** The text of an event's data. */
  readonly encode: EncodeData
  /** The data of the last event, from what the source returned. */
  result(returned: unknown): unknown
}

/** W4: text as it is, anything else as JSON. What a source returns is always JSON (E3). */
export const plainCodec: Codec = {
  encode: encodeData,
  result(returned) {
    const bytes = bytesOf(returned)
    const value = bytes === undefined ? returned : decodeText(bytes)
    return typeof value === 'string' ? JSON.stringify(value) : value
  }
}
