import type { EventStreamSchema } from '../plugin/event-schema.js'
import { delayOf } from './backoff.js'
import { type Decode, makeDecode } from './decode.js'
import { SseStreamError, said } from './errors.js'
import { Parser } from './parser.js'
import { Requests } from './request.js'
import { errorOf, isRefusal, isTemporary, problemOf } from './response.js'
import { type Limits, limitsOf } from './settings.js'
import type { OpenStreamOptions, OptionsArgument, SseStream, StreamEvent, ValidatedOptions } from './types.js'
import { within } from './within.js'

/**
 * Opens a stream of server-sent events, whose request is sent at once, and reads it over as many connections as it takes.
 *
 * ```ts
 * const stream = openStream<typeof Tokens>('/stream', { body: { prompt } })
 * for await (const event of stream) if (event.event === 'message') output.append(event.data)
 * ```
 *
 * @template Schema what `eventStream` has made: the schema of the route
 * @param url relative only where there is a page that it is relative to
 * @param options see `OpenStreamOptions`
 * @throws TypeError for a wrong option. What fails later is an `SseStreamError` of the loop, or of `text()`.
 */
export function openStream<Schema extends EventStreamSchema>(
  url: string | URL,
  options: ValidatedOptions<Schema>
): SseStream<Schema>
export function openStream<Schema extends EventStreamSchema = EventStreamSchema>(
  url: string | URL,
  ...options: OptionsArgument<Schema>
): SseStream<Schema>
export function openStream(url: string | URL, options: OpenStreamOptions = {}): SseStream {
  return new OpenedStream(url, options)
}

/** The reason of an end that its reader has asked for. */
const CLOSED = Symbol('closed')

/** A connection that was lost, and may be tried again. */
interface Loss {
  error: SseStreamError
  /** Whether the server has done nothing of what it was asked for. */
  refused?: boolean
}

class OpenedStream implements SseStream {
  id: string | undefined
  lastEventId: string | undefined
  complete = false
  readonly #options: OpenStreamOptions
  readonly #limits: Limits
  readonly #requests: Requests
  readonly #decode: Decode
  readonly #events: AsyncGenerator<StreamEvent, void>
  /** Aborted when nothing more is given out. */
  readonly #over = new AbortController()
  readonly #forgetSignal: () => void
  #first: Promise<IteratorResult<StreamEvent, void>> | undefined
  #isRead = false
  /** Whether an event was given out, so that a stream from its start would give it again. */
  #hasGiven = false
  #opened = 0
  /** How many connections in a row were tried again in vain. */
  #retries = 0
  /** What the server has asked to wait for by its last `retry:`. Milliseconds. */
  #asked = 0
  #loss: SseStreamError | undefined
  /** The head of the response that was asked for last. */
  #head: Promise<Response> | undefined
  #hangUp: () => void = () => {}
  #isStopping = false
  #wake: () => void = () => {}

  constructor(url: string | URL, options: OpenStreamOptions) {
    this.#options = options
    this.#limits = limitsOf(options)
    this.#requests = new Requests(url, options)
    this.#decode = makeDecode(options.validate, options.decode)
    this.id = options.resume
    this.lastEventId = options.lastEventId
    const { signal } = options
    const abort = () => this.#end(signal?.reason)
    signal?.addEventListener('abort', abort)
    this.#forgetSignal = () => signal?.removeEventListener('abort', abort)
    if (signal?.aborted) abort()
    this.#events = this.#read()
    this.#first = this.#events.next()
    // Whoever reads is told of it.
    this.#first.catch(() => {})
  }

  get reconnects(): number {
    return Math.max(0, this.#opened - 1)
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamEvent, void> {
    if (this.#isRead) throw new TypeError('the stream is being read already, and can be read only once')
    this.#isRead = true
    return {
      next: () => {
        const first = this.#first
        this.#first = undefined
        return first ?? this.#events.next()
      },
      return: async () => {
        this.close()
        return { done: true, value: undefined }
      }
    }
  }

  async text(): Promise<string> {
    let text = ''
    for await (const { event, data } of this) {
      if (event !== 'message') continue
      if (typeof data !== 'string') throw new TypeError('text() takes messages that are text')
      text += data
    }
    if (!this.complete) throw new DOMException('the stream was closed before it was complete', 'AbortError')
    return text
  }

  close(): void {
    this.#end(CLOSED)
  }

  async stop(): Promise<boolean> {
    this.#isStopping = true
    this.#over.abort(CLOSED)
    const late = () => new Error()
    const { idleTimeout } = this.#limits
    try {
      // Only the head says what to stop.
      await within(Promise.resolve(this.#head), idleTimeout, late)
    } catch {
      // There is none, and so nothing that runs but what an earlier one has named.
    }
    this.#end(CLOSED)
    if (this.complete || this.id === undefined) return false
    try {
      return (await within(this.#requests.stop(this.id), idleTimeout, late)).ok
    } catch {
      return false
    }
  }

  retryNow(): void {
    this.#wake()
  }

  #end(reason: unknown): void {
    this.#over.abort(reason)
    this.#forgetSignal()
    this.#hangUp()
  }

  async *#read(): AsyncGenerator<StreamEvent, void> {
    try {
      for (;;) {
        this.#over.signal.throwIfAborted()
        const loss = yield* this.#connection()
        if (loss === undefined) return
        await this.#backOff(loss)
      }
    } catch (error) {
      if (error !== CLOSED) throw error
    } finally {
      if (!this.#isStopping) this.close()
    }
  }

  /** @returns why it has ended, where the stream has not */
  async *#connection(): AsyncGenerator<StreamEvent, Loss | undefined> {
    const { maxEventSize } = this.#limits
    const { end = 'done', onOpen } = this.#options
    const over = this.#over.signal
    const controller = new AbortController()
    this.#hangUp = () => controller.abort()
    try {
      let response: Response
      try {
        this.#head = this.#ask(controller.signal)
        response = await this.#wait(this.#head)
      } catch (cause) {
        over.throwIfAborted()
        return { error: lost('SSE_UNREACHABLE', 'the server cannot be reached', cause) }
      }
      const { status } = response
      if (status === 204) {
        this.complete = true
        return undefined
      }
      if (!response.ok) {
        const error = await this.#wait(errorOf(response, this.#loss))
        if (!isTemporary(status)) throw error
        return { error, refused: isRefusal(status) }
      }
      const problem = problemOf(response)
      if (problem !== undefined) throw problem
      this.#opened++
      onOpen?.(this)
      const parser = new Parser(maxEventSize)
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      this.#hangUp = () => {
        controller.abort()
        reader.cancel().catch(() => {})
      }
      for (;;) {
        let chunk: { done: boolean; value?: Uint8Array | undefined }
        try {
          chunk = await this.#wait(reader.read())
        } catch (cause) {
          over.throwIfAborted()
          return { error: lost('SSE_TRUNCATED', 'the connection was lost before the stream was complete', cause) }
        }
        if (chunk.value === undefined) break
        const messages = parser.read(chunk.value)
        this.#asked = parser.retry ?? this.#asked
        for (const { event = 'message', data: text, id } of messages) {
          if (event === 'error') throw said(text, { code: 'SSE_FAILED', message: 'the stream has failed' })
          const data = this.#decode(event, text)
          this.#retries = 0
          this.#hasGiven = true
          this.lastEventId = id ?? this.lastEventId
          if (event === end) {
            this.complete = true
            this.#hangUp()
          }
          yield { event, data, id }
          if (this.complete) return undefined
          over.throwIfAborted()
        }
        if (parser.isOverfull) {
          throw new SseStreamError({
            code: 'SSE_EVENT_TOO_LARGE',
            message: `an event is larger than maxEventSize (${maxEventSize})`
          })
        }
      }
      if (end === false && response.headers.get('x-stream-id') === (this.id ?? null)) {
        this.complete = true
        return undefined
      }
      return { error: lost('SSE_TRUNCATED', 'the response ended before the stream was complete') }
    } finally {
      if (!this.#isStopping) this.#hangUp()
    }
  }

  /** Sends the request that is right for what is known of the stream. */
  async #ask(signal: AbortSignal): Promise<Response> {
    const { id, lastEventId } = this
    const isFollowed = id !== undefined && (this.#options.resume !== undefined || !lastEventId)
    const response = await (isFollowed
      ? this.#requests.follow(id, lastEventId, signal)
      : this.#requests.begin(lastEventId, signal))
    this.id = response.headers.get('x-stream-id') ?? id
    return response
  }

  #wait<T>(work: Promise<T>): Promise<T> {
    const { idleTimeout } = this.#limits
    return within(work, idleTimeout, () => new Error(`nothing has come for ${idleTimeout} ms`), this.#over.signal)
  }

  /** Waits for the next connection, where there may be one. */
  async #backOff({ error, refused }: Loss): Promise<void> {
    const { maxRetries, retryDelay, maxRetryDelay } = this.#limits
    const { retryAfter = 0 } = error
    const retries = this.#retries
    if (!this.#mayAskAgain(refused === true) || retryAfter > maxRetryDelay) throw error
    if (retries >= maxRetries) throw retries === 0 ? error : gaveUp(error, retries)
    this.#retries++
    this.#loss = error
    const delay = delayOf(retries, Math.max(retryAfter, this.#asked), retryDelay, maxRetryDelay)
    this.#options.onReconnect?.({ attempt: retries + 1, delay, error })
    const slept = new Promise<void>(resolve => {
      const timer = setTimeout(resolve, delay)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    try {
      await within(slept, false, () => error, this.#over.signal)
    } finally {
      this.#wake()
    }
  }

  /** Whether asking again gives what is missing: no event twice, and no second answer that somebody pays for. */
  #mayAskAgain(refused: boolean): boolean {
    if (this.lastEventId) return true
    if (this.#hasGiven) return false
    return this.id !== undefined || refused || this.#requests.isRepeatable
  }
}

function lost(code: string, what: string, cause?: unknown): SseStreamError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new SseStreamError({ code, message: what + why, cause })
}

function gaveUp(error: SseStreamError, retries: number): SseStreamError {
  const { statusCode, code, message, retryAfter, data } = error
  return new SseStreamError({
    statusCode,
    code,
    message: `${message} (gave up after ${retries} retries)`,
    retryAfter,
    data,
    cause: error
  })
}
