import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_EVENT_INVALID, FST_SSE_EVENT_TOO_LARGE } from '../errors.js'
import type { StreamOptions } from '../options.js'
import {
  awaited,
  bytesOf,
  type EncodeData,
  encodeData,
  encodeJson,
  formatData,
  formatEvent,
  isDispatched,
  isEvent,
  type SseEvent,
  startOf
} from '../sse/event.js'
import { isLarger } from '../sse/write-batch.js'
import { logError } from '../util/log.js'
import { errorEvent } from './failure.js'
import type { ProtocolStream } from './protocols/protocol.js'
import { protocolOf, reconnects } from './protocols/protocols.js'

/** How the data of a stream's events becomes text: with the schema of its route (T1) or without one (T2). */
export interface Codec {
  /** The data of what the source yields. */
  data: EncodeData
  /** What the source returns, which the last event carries. */
  result: EncodeData
}

/** W4: text as it is, anything else as JSON. What a source returns is always JSON (E3). */
export const plainCodec: Codec = { data: encodeData, result: encodeJson }

/** Makes the frames of one stream, the text that stands for an event on the wire, from what its source gives. */
export class FrameEncoder {
  readonly #options: StreamOptions
  readonly #maxBytes: number
  readonly #codec: Codec
  readonly #isNumbered: boolean
  /** The id of the last event. */
  readonly #endId: string | undefined
  readonly #start: string
  /** The protocol that the stream speaks; `undefined` for the plugin's own events. */
  readonly #protocol: ProtocolStream<unknown> | undefined
  readonly #map: ((item: never) => unknown) | undefined
  #decoder: InstanceType<typeof TextDecoder> | undefined
  /** Whether clients dispatch the item that came last. To look for the blank line at its end would make a copy of its text. */
  isDispatched = true

  /**
   * @param endId the id of the last event; `undefined` where all events get ids later on, and so must have none of their own
   * @throws FST_SSE_EVENT_INVALID where the name in the options cannot be sent, and what a protocol of the caller's throws
   */
  constructor(options: StreamOptions, maxBytes: number, codec: Codec, endId: string | undefined) {
    const protocol = protocolOf(options.protocol)
    this.#options = options
    this.#maxBytes = maxBytes
    this.#codec = codec
    this.#isNumbered = endId === undefined
    this.#endId = reconnects(protocol) ? endId : undefined
    this.#start = startOf(options.event)
    this.#protocol = protocol?.start() as ProtocolStream<unknown> | undefined
    this.#map = this.#protocol === undefined ? options.map : mapTo(this.#protocol, options.map)
  }

  /**
   * The frame of one item; `''` for one that is skipped.
   * @throws FST_SSE_EVENT_INVALID, FST_SSE_EVENT_TOO_LARGE
   */
  item(item: unknown): string {
    const map = this.#map
    this.isDispatched = true
    if (map === undefined) return this.#value(item)
    const value = map(item as never)
    return value === undefined ? '' : this.#value(value)
  }

  /** The bytes of a character that the source has left unfinished. */
  rest(): string {
    const text = this.#decoder?.decode() ?? ''
    return text === '' ? '' : this.#data(text)
  }

  /** The last event of a complete stream; `''` for none. */
  end(returned: unknown): string {
    if (this.#protocol !== undefined) {
      const events = this.#protocol.end(returned) ?? []
      return [events]
        .flat()
        .map(event => this.last(event))
        .join('')
    }
    const { end = 'done' } = this.#options
    if (end === false) return ''
    if (typeof end !== 'string') return this.last(end)
    const data = returned === undefined ? {} : returned
    return this.#sized(formatEvent({ event: end, id: this.#endId, data }, this.#codec.result))
  }

  /** An event after which the client must not come back. */
  last(event: unknown): string {
    return this.#sized(this.#last(event))
  }

  /** The caller's event for an error, or else the default one; `undefined` where neither can be sent (E4). */
  error(error: Error, log: FastifyBaseLogger): string | undefined {
    const makers = {
      'what onError gives': this.#options.onError,
      'the error event': (failure: Error) => {
        const event = errorEvent(failure)
        return this.#protocol === undefined ? event : this.#protocol.error(event.data)
      }
    }
    for (const [what, makeEvent] of Object.entries(makers)) {
      try {
        const event = makeEvent?.(error)
        if (event !== undefined) return this.last(event)
      } catch (failure) {
        logError(log, 'error', failure, `${what} cannot be sent`)
      }
    }
    return undefined
  }

  /** The default event for an error that cannot be sent otherwise, whatever its size and the schema of the route. */
  lastResort(error: Error): string {
    const event = errorEvent(error)
    if (this.#protocol !== undefined) {
      try {
        return this.#last(this.#protocol.error(event.data))
      } catch {
        // The log has it. What follows must not look like a whole answer.
      }
    }
    return formatEvent(event, encodeData)
  }

  #value(value: unknown): string {
    if (typeof value === 'string') return this.#data(value)
    const bytes = bytesOf(value)
    if (bytes !== undefined) return this.#bytes(bytes)
    if (isEvent(value)) return this.#event(value, this.#options.event)
    return this.#data(awaited(value))
  }

  #event(event: SseEvent, name?: string): string {
    this.#checkId(event)
    this.isDispatched = isDispatched(event)
    return this.#sized(formatEvent(event, this.#codec.data, name))
  }

  #last(event: unknown): string {
    awaited(event)
    if (!isEvent(event) || !isDispatched(event)) throw new FST_SSE_EVENT_INVALID('the last one needs a name or data')
    this.#checkId(event)
    return formatEvent({ ...event, id: event.id ?? this.#endId }, this.#codec.data)
  }

  #checkId({ id }: SseEvent): void {
    if (this.#isNumbered && id !== undefined) {
      throw new FST_SSE_EVENT_INVALID('the events of a resumable stream are numbered by it, so they take no id')
    }
  }

  #data(data: unknown): string {
    return this.#sized(formatData(this.#start, this.#codec.data(data, this.#options.event)))
  }

  /** A chunk may end in the middle of a character, and may hold nothing but a part of one. */
  #bytes(chunk: Uint8Array): string {
    this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
    const text = this.#decoder.decode(chunk, { stream: true })
    return text === '' ? '' : this.#data(text)
  }

  #sized(frame: string): string {
    if (isLarger(frame, this.#maxBytes)) throw new FST_SSE_EVENT_TOO_LARGE(Buffer.byteLength(frame), this.#maxBytes)
    return frame
  }
}

/** A `map` that gives the events of a protocol. */
function mapTo(protocol: ProtocolStream<unknown>, map: StreamOptions['map']): (item: unknown) => unknown {
  return item => {
    const value = map === undefined ? item : map(item as never)
    return map !== undefined && value === undefined ? undefined : protocol.item(awaited(value))
  }
}
