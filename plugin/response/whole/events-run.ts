import type { CollectedAnswer } from '../../framing/answer/collected-answer.js'
import type { Codec } from '../../framing/codec.js'
import type { RecordingOptions } from '../../framing/finish/recorded-chunks.js'
import { chunksOf } from '../../framing/finish/recorded-chunks.js'
import { protocolOf } from '../../framing/protocols/protocols.js'
import type { SourceChunks } from '../../framing/source-chunks.js'
import type { StreamAbort } from '../../source/stream-abort.js'
import type { Collected, CollectedRun } from './collect.js'
import { SizeLimit } from './size-limit.js'

type Result = IteratorResult<unknown, unknown>
type Event = CollectedAnswer['events'][number]
type Source = ConstructorParameters<typeof SourceChunks>

/** What becomes of the events of a run. */
export interface EventsRunParts {
  /** Makes the body of the whole answer, or a promise of it. */
  readonly toBody: (answer: CollectedAnswer) => unknown
  /** The size of the data of all events, in bytes. An empty one counts as one byte. */
  readonly maxBytes: number
  /** How the end of the source is told to `onFinish`; `undefined` if it is not. */
  readonly recording: RecordingOptions | undefined
  /** Called with the number of events that an item has become. */
  readonly count: (events: number) => void
}

/** Makes one body of the events that a stream would have sent, with all its checks. */
export class EventsRun implements CollectedRun<{ readonly value: unknown }> {
  readonly #chunks: SourceChunks
  readonly #parts: EventsRunParts
  readonly #textOf: (data: string, name: string) => string | undefined
  readonly #events: Event[] = []
  /** The data of each event, as it is sent. */
  readonly #sent: string[] = []
  readonly #size: SizeLimit

  /** @throws FST_SSE_EVENT_INVALID if the `event` of the options cannot be sent */
  constructor(parts: EventsRunParts, ...[given, reply, options, maxEventBytes, codec, endId]: Source) {
    const { text } = protocolOf(options.protocol)
    this.#parts = parts
    this.#size = new SizeLimit(parts.maxBytes)
    this.#textOf = (data, name) => text?.(data, name === options.event ? 'message' : name)
    this.#chunks = chunksOf(parts.recording, given, reply, options, maxEventBytes, this.#collecting(codec), endId)
  }

  /** Collects the events whose data a codec encodes. */
  #collecting(codec: Codec): Codec {
    return {
      ...codec,
      encode: (given, name) => {
        const text = codec.encode(given, name)
        this.#add(text, given, name ?? 'message', codec)
        return text
      }
    }
  }

  /** @throws FST_SSE_RESPONSE_TOO_LARGE */
  #add(text: string, given: unknown, event: string, codec: Codec): void {
    this.#size.count(Math.max(1, Buffer.byteLength(text)))
    this.#sent.push(text)
    this.#events.push({ event, data: codec.read(text, given, event) })
  }

  next(): Result | Promise<Result> {
    return this.#chunks.next()
  }

  encode(result: Result): Collected<{ readonly value: unknown }> {
    const { length } = this.#events
    const { isLast, events: made } = this.#chunks.encode(result)
    if (!isLast) {
      if (made > 0) this.#parts.count(made)
      return { isLast }
    }
    // What the stream would end with is no event of the source.
    const events = this.#events.slice(0, length)
    const text = events.map(({ event }, i) => this.#textOf(this.#sent[i] as string, event) ?? '').join('')
    return { isLast, body: this.#body({ text, events, result: result.value }) }
  }

  async #body(answer: CollectedAnswer): Promise<{ readonly value: unknown }> {
    return { value: await this.#parts.toBody(answer) }
  }

  close(abort?: StreamAbort, error?: Error): void {
    this.#chunks.close(abort, error)
  }
}
