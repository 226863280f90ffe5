import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_EVENT_INVALID, FST_SSE_EVENT_TOO_LARGE, FST_SSE_STREAM_STOPPED } from '../errors.js'
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
import { ignoreRejection } from '../util/promise.js'
import { type Chunk, frameChunk, lastChunk, SKIPPED } from './chunk.js'
import type { Codec } from './codec.js'
import { errorEvent } from './failure.js'
import { type ItemMap, kRest } from './item-map.js'
import type { ItemStream, Protocol } from './protocols/protocol.js'
import { type ProtocolName, protocolOf, startStream } from './protocols/protocols.js'
import { shortened } from './short-error.js'
import { endsInHalf, TextJoiner } from './text-joiner.js'

/**
 * How the items of a source become events.
 *
 * @template T the items of the source
 */
export interface FrameOptions<T = never> {
  /**
   * The framing of the stream, for clients that do not read the plugin's own events: `'openai'` (chat completions and
   * Responses), `'anthropic'` (Messages), `'ai-sdk'` (UI message stream), `'ag-ui'`, or a `Protocol` of your own. The
   * source, or `map`, must then give the chunks of that API, as the provider's SDK does, or plain strings and other
   * parts of an answer. Refused on a route that declares its events. Default: `'events'`.
   */
  protocol?: ProtocolName | Protocol | undefined
  /**
   * Turns each item into an event or the data of one. `undefined` skips the item. Default: the item itself.
   *
   * @example
   * ```ts
   * map: chunk => chunk.choices[0]?.delta.content
   * ```
   */
  map?: ((item: T) => unknown) | undefined
  /** The name of events that do not have one. Default: none, so that clients dispatch them as `message`. */
  event?: string | undefined
  /**
   * The last event of a complete stream: its name, or the whole event. With a name, its data is the return value of the
   * source, `{}` if that is `undefined`. `false` sends no last event; EventSource then reconnects and starts the source
   * again. Default: `'done'`.
   */
  end?: false | string | SseEvent | undefined
  /**
   * Called when a stream fails after it has begun. The event that it returns replaces the last event, which is
   * otherwise `event: error` with `{ statusCode, code, message }`, or the error of the protocol. `undefined` keeps that
   * default.
   */
  onError?: ((error: Error) => SseEvent | undefined) | undefined
}

/** Encodes what the source of one stream gives as frames. A frame is the text of one event on the wire. */
export class FrameEncoder {
  readonly #options: FrameOptions
  readonly #maxBytes: number
  readonly #codec: Codec
  readonly #isNumbered: boolean
  readonly #endId: string | undefined
  readonly #start: string
  readonly #protocol: ItemStream
  readonly #isVerbatim: boolean
  readonly #map: ItemMap | undefined
  #joiner: TextJoiner | undefined

  /**
   * @param maxBytes the size of the largest frame, in bytes
   * @param endId the id of the last event; `undefined` if a log numbers the events, which must then have no id
   * @throws FST_SSE_EVENT_INVALID if the `event` of the options cannot be sent, and any error of a custom protocol
   */
  constructor(options: FrameOptions, maxBytes: number, codec: Codec, endId: string | undefined) {
    const protocol = protocolOf(options.protocol)
    this.#options = options
    this.#maxBytes = maxBytes
    this.#codec = codec
    this.#isNumbered = endId === undefined
    this.#endId = protocol.reconnects === true ? endId : undefined
    this.#start = startOf(options.event)
    this.#protocol = startStream(protocol, { end: options.end, result: codec.result })
    this.#isVerbatim = protocol.isVerbatim === true
    this.#map = options.map
  }

  /**
   * Encodes an item of the source.
   *
   * @returns the chunk of its event, or a list of chunks if the protocol makes several events of it
   * @throws FST_SSE_EVENT_INVALID, FST_SSE_EVENT_TOO_LARGE, and any error of `map` or the protocol
   */
  item(item: unknown): Chunk | Chunk[] {
    const map = this.#map
    const mapped = map === undefined ? item : map(item as never)
    if (mapped === undefined && map !== undefined) return SKIPPED
    const value = this.#protocol.item((typeof mapped === 'string' ? mapped : awaited(mapped)) as never)
    return typeof value === 'string' ? this.#string(value) : this.#other(value)
  }

  #other(value: unknown): Chunk | Chunk[] {
    if (value === undefined) return SKIPPED
    const bytes = bytesOf(value)
    if (bytes !== undefined) {
      this.#checkLength(bytes)
      return this.#text(this.#textJoiner().bytes(bytes))
    }
    if (isEvent(value)) return this.#event(value)
    if (!this.#isVerbatim && Array.isArray(value)) return held(value).map(event => this.#event(awaited(event)))
    return frameChunk(this.#data(awaited(value)))
  }

  /**
   * What is left when the source has ended: its unfinished character, and the events that `map` and the protocol still
   * have.
   *
   * @param returned the return value of the source
   */
  rest(returned: unknown): Chunk[] {
    const text = this.#joiner?.rest() ?? ''
    const events = [...(this.#map?.[kRest]?.(returned) ?? []), ...(this.#protocol.rest?.() ?? [])]
    return [...(text === '' ? [] : [this.#text(text)]), ...events.map(event => this.#event(event))]
  }

  /** Encodes the end of a complete stream. @param returned the return value of the source */
  end(returned: unknown): Chunk {
    return lastChunk(this.#lasts(this.#protocol.end(returned) ?? []))
  }

  /**
   * The last frames of a stream that was stopped on request (E5). If the protocol has none for it, or they cannot be
   * sent, they are those of an error.
   */
  stopped(log: FastifyBaseLogger): string {
    try {
      if (this.#protocol.stopped !== undefined) return this.#lasts(this.#protocol.stopped() ?? [])
    } catch (failure) {
      logError(log, 'error', failure, 'the last event of a stopped stream cannot be sent')
    }
    const error = new FST_SSE_STREAM_STOPPED()
    return this.error(error, log) ?? this.lastResort(error)
  }

  /**
   * The event of `onError`, or else that of the protocol, whose message is cut if the event would be too large;
   * `undefined` if neither can be sent (E4).
   */
  error(error: Error, log: FastifyBaseLogger): string | undefined {
    const event = errorEvent(error)
    const attempts = {
      'the event of onError': () => this.#options.onError?.(error),
      'the error event': () => this.#protocol.error(shortened(event, this.#maxBytes))
    }
    for (const [what, makeEvent] of Object.entries(attempts)) {
      try {
        const event = makeEvent()
        if (event !== undefined) return this.#lasts(atLeastOne(event))
      } catch (failure) {
        logError(log, 'error', failure, `${what} cannot be sent`)
      }
    }
    return undefined
  }

  /**
   * The error event of the protocol, or else that of the plugin. It ignores `maxBytes`, since the stream must not end
   * without an error.
   */
  lastResort(error: Error): string {
    const event = errorEvent(error)
    try {
      return held(atLeastOne(this.#protocol.error(event.data)))
        .map(last => this.#last(last))
        .join('')
    } catch {
      // `error` has logged the reason. The end must not look like that of a complete answer (E4).
      return formatEvent(event, encodeData)
    }
  }

  /** Skips the joiner for a string that is complete, which most are. An empty string is data too. */
  #string(value: string): Chunk {
    this.#checkLength(value)
    const isComplete = this.#joiner === undefined && !endsInHalf(value)
    return isComplete || value === '' ? frameChunk(this.#data(value)) : this.#text(this.#textJoiner().text(value))
  }

  /** The chunk of joined text. It is skipped while a character is incomplete. */
  #text(text: string): Chunk {
    return text === '' ? SKIPPED : frameChunk(this.#data(text))
  }

  #textJoiner(): TextJoiner {
    this.#joiner ??= new TextJoiner()
    return this.#joiner
  }

  #event(event: SseEvent): Chunk {
    this.#checkId(event)
    if (typeof event.data === 'string') this.#checkLength(event.data)
    const frame = formatEvent(event, this.#codec.encode, this.#options.event)
    return frameChunk(this.#sized(frame), isDispatched(event))
  }

  /** The frames of the last events, each within the limit. */
  #lasts(events: SseEvent | readonly SseEvent[]): string {
    if (!Array.isArray(events)) return this.#sized(this.#last(events))
    return held(events)
      .map(event => this.#sized(this.#last(event)))
      .join('')
  }

  /** The frame of a last event, after which the client must not reconnect (E6). */
  #last(event: unknown): string {
    awaited(event)
    if (!isEvent(event) || !isDispatched(event)) throw new FST_SSE_EVENT_INVALID('the last one needs a name or data')
    this.#checkId(event)
    // A copy of the event with the id was measured to cost 1.5 µs.
    return formatEvent(event, this.#codec.encode, undefined, event.id ?? this.#endId)
  }

  #checkId({ id }: SseEvent): void {
    if (this.#isNumbered && id !== undefined) {
      throw new FST_SSE_EVENT_INVALID('the log of a resumable stream numbers its events, so they take no id')
    }
  }

  #data(data: unknown): string {
    return this.#sized(formatData(this.#start, this.#codec.encode(data, this.#options.event)))
  }

  /**
   * Refuses what cannot fit before it becomes a frame, which is several times as large if it has many lines. As UTF-8,
   * no character is shorter than its length.
   */
  #checkLength({ length }: { readonly length: number }): void {
    if (length > this.#maxBytes) throw new FST_SSE_EVENT_TOO_LARGE(length, this.#maxBytes)
  }

  #sized(frame: string): string {
    if (isLarger(frame, this.#maxBytes)) throw new FST_SSE_EVENT_TOO_LARGE(Buffer.byteLength(frame), this.#maxBytes)
    return frame
  }
}

/** The events of an error. Without any, the end would look like that of a complete answer (E4). */
function atLeastOne(events: SseEvent | readonly SseEvent[]): SseEvent[] {
  const list = [events].flat()
  if (list.length === 0) throw new FST_SSE_EVENT_INVALID('an error needs an event')
  return list
}

/** A list in which there may be promises, of which only the first will be refused. */
function held<T>(events: readonly T[]): readonly T[] {
  for (const event of events) ignoreRejection(event)
  return events
}
