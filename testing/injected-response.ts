import { errorFromBody, SseStreamError } from '../client/errors.js'
import { dataReader, type ReadData } from '../client/events/decode.js'
import { makeParser } from '../client/events/parser.js'
import type { EventStreamSchema } from '../plugin/index.js'
import type { Exchange } from './exchange.js'
import type { InjectedEvent, InjectedStream } from './injected-stream.js'
import type { InjectSseOptions } from './options.js'

const EVENT_STREAM = /^text\/event-stream\s*(;|$)/i

/** How much of a body an error shows that is no event stream. Characters. */
const MAX_QUOTE = 300

interface Options<Schema extends EventStreamSchema> {
  schema: Schema | undefined
  reconnect(
    lastEventId: string | undefined,
    streamId: string | undefined,
    other: Partial<InjectSseOptions<Schema>> | undefined
  ): Promise<InjectedStream<Schema>>
}

/** A response that is received as it comes. */
export class InjectedResponse<Schema extends EventStreamSchema> implements InjectedStream<Schema> {
  readonly received: InjectedEvent<Schema>[] = []
  retry: number | undefined
  lastEventId: string | undefined
  state: InjectedStream['state'] = 'open'
  readonly #exchange: Exchange
  readonly #options: Options<Schema>
  readonly #read: ReadData
  readonly #chunks: Buffer[] = []
  /** How many events were given out one by one. */
  #given = 0
  /** Why its events cannot be read any further. */
  #error: SseStreamError | undefined
  /** Those who wait for anything new. */
  #waiting: (() => void)[] = []

  constructor(exchange: Exchange, options: Options<Schema>) {
    this.#exchange = exchange
    this.#options = options
    this.#read = options.schema ? dataReader(options.schema, undefined) : jsonOrText
    this.#receive()
  }

  get status(): number {
    return this.#exchange.status
  }

  get headers(): Exchange['headers'] {
    return this.#exchange.headers
  }

  get id(): string | undefined {
    return this.headers['x-stream-id'] as string | undefined
  }

  get comments(): string[] {
    const lines = this.#text.split(/\r\n?|\n/)
    // The last line has not ended.
    return lines.slice(0, -1).flatMap(line => (line.startsWith(':') ? [line.slice(1)] : []))
  }

  async next(): Promise<InjectedEvent<Schema> | undefined> {
    for (;;) {
      const event = this.received[this.#given]
      if (event) {
        this.#given++
        return event
      }
      if (this.state === 'disconnected') return
      if (this.#error) throw this.#error
      if (this.state !== 'open') return
      await this.#change()
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<InjectedEvent<Schema>, void> {
    for (let event = await this.next(); event; event = await this.next()) yield event
  }

  async events(): Promise<InjectedEvent<Schema>[]> {
    await this.#end()
    if (this.#error && this.state !== 'disconnected') throw this.#error
    return this.received
  }

  async text(): Promise<string> {
    let text = ''
    for (const { event, data } of await this.events()) {
      if (event === 'error')
        throw errorFromBody(JSON.stringify(data), SseStreamError, 'SSE_FAILED', 'the stream failed')
      if (event !== 'message') continue
      if (typeof data !== 'string') throw new TypeError('the data of a message is not text: read the events instead')
      text += data
    }
    return text
  }

  async body(): Promise<string> {
    await this.#end()
    return this.#text
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.body())
  }

  disconnect(): void {
    if (this.state !== 'open') return
    this.#become('disconnected')
    this.#exchange.leave()
  }

  stall(): void {
    this.#exchange.body.pause()
  }

  resume(): void {
    this.#exchange.body.resume()
  }

  reconnect(other?: Partial<InjectSseOptions<Schema>>): Promise<InjectedStream<Schema>> {
    this.disconnect()
    return this.#options.reconnect(this.lastEventId, this.id, other)
  }

  get #text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  #receive(): void {
    const { body, isWhole } = this.#exchange
    const isEventStream = this.status === 200 && EVENT_STREAM.test(this.headers['content-type'] ?? '')
    const parse = isEventStream ? makeParser() : undefined
    body.on('data', (chunk: Buffer) => {
      // What arrives after the client has left reaches nobody.
      if (this.state !== 'open') return
      this.#chunks.push(chunk)
      if (parse && !this.#error) this.#take(() => parse(chunk))
      this.#wake()
    })
    // Node reports that a response was broken off as an error, too.
    body.on('error', () => {})
    body.on('close', () => {
      if (this.state !== 'open') return
      if (!isEventStream) {
        const type = this.headers['content-type'] ?? 'none'
        const start = this.#text.slice(0, MAX_QUOTE)
        this.#fail('SSE_RESPONSE_INVALID', `the response is not an event stream: ${this.status}, ${type}: ${start}`)
      } else if (!isWhole()) {
        this.#fail('SSE_TRUNCATED', 'the server broke the response off')
      }
      this.#become(isWhole() ? 'ended' : 'truncated')
    })
  }

  #take(parse: () => ReturnType<ReturnType<typeof makeParser>>): void {
    try {
      for (const { event = 'message', data, id, retry } of parse()) {
        this.retry = retry ?? this.retry
        this.lastEventId = id ?? this.lastEventId
        if (data === undefined) continue
        this.received.push({ event, data: this.#read(event, data), id } as InjectedEvent<Schema>)
      }
    } catch (cause) {
      this.#fail('SSE_EVENT_INVALID', `invalid event: ${cause}`, cause)
    }
  }

  #fail(code: string, message: string, cause?: unknown): void {
    this.#error ??= new SseStreamError(code, message, { statusCode: this.status, cause })
  }

  #become(state: InjectedStream['state']): void {
    this.state = state
    this.#wake()
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #end(): Promise<void> {
    while (this.state === 'open') await this.#change()
  }
}

/** Without a schema, nobody can tell text from JSON for certain. */
function jsonOrText(event: string, text: string): unknown {
  if (event === 'message') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
