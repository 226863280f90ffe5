import { isPromise, settled } from '../callback.js'
import { Connection } from '../connection/connection.js'
import { onReturn } from '../connection/on-return.js'
import { type Requests, toHeader } from '../connection/requests.js'
import { Retries } from '../connection/retries.js'
import { withTimeout } from '../connection/with-timeout.js'
import { ConnectionError, errorFromBody, SseStreamError, unreachable } from '../errors.js'
import type { OpenStreamOptions } from '../options.js'
import type { SseStream, StreamEvent } from '../types.js'
import { checked, checkedLate, dataReader, type ReadData } from './decode.js'

/** The reason of an end that was asked for, and is not an error. */
const CLOSED = Symbol('closed')

/** The last event of a stream that was stopped on request. */
const STOPPED = 'stopped'

/** The header that names a resumable stream. */
const STREAM_ID_HEADER = 'x-stream-id'

const UNKNOWN_ID =
  `the response has no header ${STREAM_ID_HEADER}: the stream is not resumable, ` +
  'or the header is not exposed to this origin'

type ReaderOptions = OpenStreamOptions & { idleTimeout: number | false }

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

/** Reads the events of a stream over as many connections as it takes, and records in the stream how far it got. */
export class EventReader {
  readonly #stream: Writable<SseStream>
  readonly #requests: Requests
  readonly #options: ReaderOptions
  readonly #retries: Retries
  readonly #read: ReadData
  /** Aborted when no more events are given out. */
  readonly #end = new AbortController()
  #connection: Connection | undefined
  /** How many responses have begun. */
  #opened = 0
  /** Whether events were given out, which a stream from its start would repeat. */
  #hasEvents = false
  /** The first id of an event. */
  #firstId: string | undefined

  constructor(stream: SseStream, requests: Requests, options: ReaderOptions) {
    this.#stream = stream
    this.#requests = requests
    this.#options = options
    this.#retries = new Retries(options)
    this.#read = dataReader(options.validate, options.decode)
  }

  /** The events of all connections. */
  async *events(): AsyncGenerator<StreamEvent, void> {
    const { signal: given, idleTimeout, wake = true } = this.#options
    const { signal } = this.#end
    try {
      given?.throwIfAborted()
      given?.addEventListener('abort', () => this.end(given.reason), { signal })
      if (wake) onReturn(() => this.#retries.wakeSoon(), signal)
      while (!this.#isOver) {
        signal.throwIfAborted()
        const connection = new Connection(
          request => this.#ask(request),
          () => this.#requests.address,
          idleTimeout,
          signal
        )
        this.#connection = connection
        try {
          yield* this.#eventsOf(connection)
        } catch (error) {
          if (!(error instanceof ConnectionError)) throw error
          connection.abort()
          if (!this.#requests.canRepeat(this.#stream, this.#hasEvents, error.statusCode)) throw error
          await this.#retries.wait(error, this.#hasEvents, signal)
        }
      }
    } catch (error) {
      if (error !== CLOSED) throw error
    } finally {
      this.end()
    }
  }

  /** Ends the reading and its connection. */
  end(reason: unknown = CLOSED): void {
    // What ended the reading before has taken care of the connection, too.
    if (this.#end.signal.aborted) return
    this.#end.abort(reason)
    this.#connection?.abort()
  }

  /**
   * Ends the reading at once, and its connection when the head of the response has told the id of the stream.
   *
   * @returns why the id of a stream that may run is not known; `undefined` if it is, or if no stream has begun
   */
  async endAfterHead(): Promise<SseStreamError | undefined> {
    this.#end.abort(CLOSED)
    const connection = this.#connection
    if (!connection) return undefined
    try {
      const { ok } = await withTimeout(connection.head, this.#options.idleTimeout)
      if (ok && this.#stream.id === undefined) return new SseStreamError('SSE_ID_UNKNOWN', UNKNOWN_ID)
    } catch (cause) {
      if (this.#stream.id === undefined) return unreachable(cause, this.#requests.address)
    } finally {
      connection.abort()
    }
    return undefined
  }

  /** Whether the server has ended the stream. */
  get #isOver(): boolean {
    return this.#stream.complete || this.#stream.stopped
  }

  /** Ends a wait for the next connection. */
  retryNow(): void {
    this.#retries.wake()
  }

  async #ask(signal: AbortSignal): Promise<Response> {
    const stream = this.#stream
    const response = await this.#requests.ask(stream, signal)
    stream.id = response.headers.get(STREAM_ID_HEADER) ?? stream.id
    return response
  }

  async *#eventsOf(connection: Connection): AsyncGenerator<StreamEvent, void> {
    const stream = this.#stream
    const { end = 'done', onOpen } = this.#options
    /** The position that the request asks for, until an event shows that the server continues after it. */
    let asked = toHeader(stream.lastEventId) && stream.lastEventId
    const response = await connection.open(this.#retries.cause)
    if (!response) {
      stream.complete = true
      return
    }
    stream.reconnects = this.#opened++
    await settled(onOpen?.(stream), this.#end.signal)
    for await (const blocks of connection.blocks()) {
      for (const { event = 'message', data: text, id, retry } of blocks) {
        this.#retries.serverDelay = retry ?? this.#retries.serverDelay
        if (text === undefined) {
          stream.lastEventId = id ?? stream.lastEventId
          continue
        }
        if (id !== undefined) {
          this.#refuseRepeat(id, asked)
          asked = undefined
        }
        if (event === 'error') throw errorFromBody(text, SseStreamError, 'SSE_FAILED', 'the stream failed')
        const read = checked(() => this.#read(event, text), event)
        const data = isPromise(read) ? await settled(checkedLate(read, event), this.#end.signal) : read
        this.#retries.reset()
        this.#hasEvents = true
        stream.lastEventId = id ?? stream.lastEventId
        if (event === end) stream.complete = true
        else if (event === STOPPED) stream.stopped = true
        if (this.#isOver) await connection.finish()
        yield { event, data, id }
        if (this.#isOver) return
        this.#end.signal.throwIfAborted()
      }
    }
    // A server that cannot reach its event store sends no id, and ends the response so that its client comes back.
    stream.complete = end === false && response.headers.get(STREAM_ID_HEADER) === (stream.id ?? null)
    if (!stream.complete) throw new ConnectionError('SSE_TRUNCATED', 'the response ended too early')
  }

  /** A server that does not resume starts over, with the same events or with another answer that somebody pays for. */
  #refuseRepeat(id: string, asked: string | undefined): void {
    if (asked && (id === asked || id === this.#firstId)) {
      const message = `the server did not resume after event ${asked}: it sent event ${id} again`
      throw new SseStreamError('SSE_RESPONSE_INVALID', message)
    }
    this.#firstId ??= id
  }
}
