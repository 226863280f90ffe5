import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_EVENT_INVALID, FST_SSE_EVENT_TOO_LARGE } from '../errors.js'
import {
  awaited,
  bytesOf,
  encodeData,
  formatData,
  formatEvent,
  isDispatched,
  isEvent,
  type SseEvent,
  startOf
} from '../sse/event.js'
import { isLarger } from '../sse/write-batch.js'
import { logError } from '../util/log.js'
import { type Chunk, frameChunk, lastChunk, SKIPPED } from './chunk.js'
import type { Codec } from './codec.js'
import { errorEvent } from './failure.js'
import type { ItemStream, Protocol } from './protocols/protocol.js'
import { type ProtocolName, protocolOf } from './protocols/protocols.js'
import { endsInHalf, TextJoiner } from './text-joiner.js'

/** How the items of a source become events. */
export interface FrameOptions<T = never> {
  /**
   * How the stream is framed, for clients that expect something else than the plugin's own events: those of OpenAI's
   * API (`'openai'`: chat completions and Responses), of Anthropic's, or of the AI SDK. The source, or `map`, then gives
   * the chunks that such a client expects, as the provider's SDK does. Refused on a route that declares its events.
   * Default: `'events'`.
   */
  protocol?: ProtocolName | Protocol | undefined
  /** Makes an event, or the data of one, of each item. `undefined` skips the item. Default: the item itself. */
  map?: ((item: T) => unknown) | undefined
  /** The name of events that have no name of their own. Default: none, which clients dispatch as `message`. */
  event?: string | undefined
  /**
   * The last event of a complete stream. A string is its name; its data is then the source's return value (`{}` if it
   * returns nothing). `false` sends none, after which EventSource reconnects and starts the source again.
   * Default: `'done'`.
   */
  end?: false | string | SseEvent | undefined
  /**
   * Called when a stream fails after it has begun. What it returns is sent as the last event, in place of
   * `event: error` with `{ statusCode, code, message }` or of the protocol's own error, whose form it must then have.
   */
  onError?: ((error: Error) => SseEvent | undefined) | undefined
}

/** Makes the frames of one stream, the text that stands for an event on the wire, from what its source gives. */
export class FrameEncoder {
  readonly #options: FrameOptions
  readonly #maxBytes: number
  readonly #codec: Codec
  readonly #isNumbered: boolean
  readonly #endId: string | undefined
  readonly #start: string
  readonly #protocol: ItemStream
  readonly #map: ((item: never) => unknown) | undefined
  #joiner: TextJoiner | undefined

  /**
   * @param maxBytes of the largest frame
   * @param endId the id of the last event; `undefined` where a log numbers all events, which must then have no id
   * @throws FST_SSE_EVENT_INVALID where the name in the options cannot be sent, and what a custom protocol throws
   */
  constructor(options: FrameOptions, maxBytes: number, codec: Codec, endId: string | undefined) {
    const protocol = protocolOf(options.protocol)
    this.#options = options
    this.#maxBytes = maxBytes
    this.#codec = codec
    this.#isNumbered = endId === undefined
    this.#endId = protocol.reconnects === true ? endId : undefined
    this.#start = startOf(options.event)
    this.#protocol = protocol.start({ end: options.end, result: codec.result })
    this.#map = options.map
  }

  /** @throws FST_SSE_EVENT_INVALID, FST_SSE_EVENT_TOO_LARGE */
  item(item: unknown): Chunk {
    const map = this.#map
    const mapped = map === undefined ? item : map(item as never)
    if (mapped === undefined && map !== undefined) return SKIPPED
    const value = this.#protocol.item((typeof mapped === 'string' ? mapped : awaited(mapped)) as never)
    if (typeof value === 'string') return this.#string(value)
    if (value === undefined) return SKIPPED
    const bytes = bytesOf(value)
    if (bytes !== undefined) return this.#text(this.#textJoiner().bytes(bytes))
    if (isEvent(value)) return this.#event(value)
    return frameChunk(this.#data(awaited(value)))
  }

  /** The text that the source has left behind: a part of a character. */
  rest(): Chunk | undefined {
    const text = this.#joiner?.rest() ?? ''
    return text === '' ? undefined : this.#text(text)
  }

  /** What ends a complete stream. */
  end(returned: unknown): Chunk {
    const events = this.#protocol.end(returned) ?? []
    return lastChunk(
      [events]
        .flat()
        .map(event => this.#sized(this.#last(event)))
        .join('')
    )
  }

  /** The event that `onError` gives, or else that of the protocol; `undefined` where neither can be sent (E4). */
  error(error: Error, log: FastifyBaseLogger): string | undefined {
    const makers = {
      'what onError gives': this.#options.onError,
      'the error event': (failure: Error) => this.#protocol.error(errorEvent(failure).data)
    }
    for (const [what, makeEvent] of Object.entries(makers)) {
      try {
        const event = makeEvent?.(error)
        if (event !== undefined) return this.#sized(this.#last(event))
      } catch (failure) {
        logError(log, 'error', failure, `${what} cannot be sent`)
      }
    }
    return undefined
  }

  /** The error event of the protocol, or else the plugin's own, whatever its size and the schema of the route. */
  lastResort(error: Error): string {
    const event = errorEvent(error)
    try {
      return this.#last(this.#protocol.error(event.data))
    } catch {
      // The log says why already. What follows must not look like a complete answer.
      return formatEvent(event, encodeData)
    }
  }

  /** Most strings are whole. An empty one is data too. */
  #string(value: string): Chunk {
    const isWhole = this.#joiner === undefined && !endsInHalf(value)
    return isWhole || value === '' ? frameChunk(this.#data(value)) : this.#text(this.#textJoiner().text(value))
  }

  /** What can be sent of a text, which may be nothing yet. */
  #text(text: string): Chunk {
    return text === '' ? SKIPPED : frameChunk(this.#data(text))
  }

  #textJoiner(): TextJoiner {
    this.#joiner ??= new TextJoiner()
    return this.#joiner
  }

  #event(event: SseEvent): Chunk {
    this.#checkId(event)
    const frame = formatEvent(event, this.#codec.encode, this.#options.event)
    return frameChunk(this.#sized(frame), isDispatched(event))
  }

  /** An event after which the client must not come back. */
  #last(event: unknown): string {
    awaited(event)
    if (!isEvent(event) || !isDispatched(event)) throw new FST_SSE_EVENT_INVALID('the last one needs a name or data')
    this.#checkId(event)
    return formatEvent({ ...event, id: event.id ?? this.#endId }, this.#codec.encode)
  }

  #checkId({ id }: SseEvent): void {
    if (this.#isNumbered && id !== undefined) {
      throw new FST_SSE_EVENT_INVALID('the log of a resumable stream numbers its events, so they take no id')
    }
  }

  #data(data: unknown): string {
    return this.#sized(formatData(this.#start, this.#codec.encode(data, this.#options.event)))
  }

  #sized(frame: string): string {
    if (isLarger(frame, this.#maxBytes)) throw new FST_SSE_EVENT_TOO_LARGE(Buffer.byteLength(frame), this.#maxBytes)
    return frame
  }
}
