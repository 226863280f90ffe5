import type { EventStreamSchema } from '../plugin/schema/event-schema.js'
import { delayOf } from './backoff.js'
import { checked, dataReader } from './decode.js'
import { ConnectionError, errorFromBody, SseStreamError } from './errors.js'
import { makeParser } from './parser.js'
import { makeRequests } from './requests.js'
import { bodyOf, isRefusal, responseError } from './response.js'
import type { OpenStreamOptions, OptionsArgument, SseStream, StreamEvent, ValidatedOptions } from './types.js'
import { withTimeout } from './with-timeout.js'

/** The reason of an end that its reader has asked for. */
const CLOSED = Symbol('closed')

/** The header that names a resumable stream. */
const STREAM_ID_HEADER = 'x-stream-id'

/** How long the end of a response may come after the last event. Milliseconds. */
const LAST_WORDS = 100

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/**
 * Opens a stream of server-sent events and reads it over as many connections as it takes. The first request is sent when the
 * reading begins.
 *
 * ```ts
 * const stream = openStream<typeof Tokens>('/stream', { body: { prompt } })
 * for await (const event of stream) if (event.event === 'message') output.append(event.data)
 * ```
 *
 * @template Schema what `eventStream` has made: the schema of the route
 * @param url relative only where there is a page that it is relative to
 * @param options see `OpenStreamOptions`
 * @throws TypeError for a body that JSON cannot carry. What fails later is an `SseStreamError` of the loop, or of `text()`.
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
  const {
    signal: given,
    end = 'done',
    idleTimeout = 45_000,
    maxRetries = 10,
    retryDelay = 1000,
    maxRetryDelay = 30_000,
    onOpen,
    onReconnect
  } = options
  const requests = makeRequests(String(url), options)
  const read = dataReader(options.validate, options.decode)
  /** Aborted when nothing more is given out. */
  const over = new AbortController()
  const { signal } = over
  /** The request that is under way, and the head of its response. */
  let request = new AbortController()
  let head: Promise<Response> | undefined
  let isRead = false
  let isStopping = false
  /** Whether an event was given out, so that a stream from its start would give it again. */
  let hasGiven = false
  let opened = 0
  /** How many connections in a row were tried again in vain. */
  let retries = 0
  /** What began that. */
  let lost: SseStreamError | undefined
  /** What the server has asked to wait for by its last `retry:`. Milliseconds. */
  let asked = 0
  let wake = () => {}

  const finish = (reason: unknown) => {
    over.abort(reason)
    if (!isStopping) request.abort()
  }

  const wait = async <T>(work: Promise<T>, code: string, what: string): Promise<T> => {
    try {
      return await withTimeout(work, idleTimeout, signal)
    } catch (cause) {
      signal.throwIfAborted()
      throw new ConnectionError(code, `${what}: ${cause}`, { cause })
    }
  }

  const ask = async () => {
    const response = await requests.ask(stream, request.signal)
    stream.id = response.headers.get(STREAM_ID_HEADER) ?? stream.id
    return response
  }

  async function* connect(): AsyncGenerator<StreamEvent, void> {
    request = new AbortController()
    head = ask()
    const response = await wait(head, 'SSE_UNREACHABLE', 'there is no response')
    const { status } = response
    // There is nothing that the client has not had.
    if (status === 204) {
      stream.complete = true
      return
    }
    if (!response.ok) {
      const text = await withTimeout(response.text(), idleTimeout, signal).catch(() => {
        signal.throwIfAborted()
        return ''
      })
      throw responseError(response, text, lost)
    }
    const reader = bodyOf(response).getReader()
    stream.reconnects = opened++
    onOpen?.(stream)
    const parse = makeParser()
    for (;;) {
      const { value } = await wait(reader.read(), 'SSE_TRUNCATED', 'the connection was lost')
      if (value === undefined) break
      for (const { event = 'message', data: text, id, retry } of checked(() => parse(value))) {
        asked = retry ?? asked
        if (text === undefined) continue
        if (event === 'error') throw errorFromBody(text, SseStreamError, 'SSE_FAILED', 'the stream has failed')
        const data = checked(() => read(event, text), event)
        retries = 0
        hasGiven = true
        stream.lastEventId = id ?? stream.lastEventId
        if (event === end) {
          stream.complete = true
          // With the end of the response, which is to come with the event, its connection can be used again.
          await withTimeout(reader.read(), LAST_WORDS, signal).catch(() => {})
          request.abort()
        }
        yield { event, data, id }
        if (stream.complete) return
        signal.throwIfAborted()
      }
    }
    // A server that cannot reach its event store gives no id, and ends the response so that its client comes back.
    stream.complete = end === false && response.headers.get(STREAM_ID_HEADER) === (stream.id ?? null)
    if (!stream.complete) throw new ConnectionError('SSE_TRUNCATED', 'the response ended too early')
  }

  /** Waits for the next connection, where there may be one. */
  const backOff = async (error: SseStreamError): Promise<void> => {
    const { code, statusCode, retryAfter = 0, message } = error
    // No event may come twice, and no second answer that somebody pays for.
    const mayAskAgain =
      stream.lastEventId || (!hasGiven && (stream.id !== undefined || isRefusal(statusCode) || requests.isRepeatable()))
    if (!mayAskAgain || retryAfter > maxRetryDelay || !maxRetries) throw error
    if (retries >= maxRetries) {
      throw new SseStreamError(code, `${message} (gave up after ${retries} retries)`, { ...error, cause: error })
    }
    if (!retries) lost = error
    const delay = delayOf(retries, Math.max(retryAfter, asked), retryDelay, maxRetryDelay)
    onReconnect?.({ attempt: ++retries, delay, error })
    const woken = new Promise<void>(resolve => {
      wake = resolve
    })
    await withTimeout(woken, delay, signal).catch(() => signal.throwIfAborted())
  }

  async function* follow(): AsyncGenerator<StreamEvent, void> {
    try {
      given?.throwIfAborted()
      given?.addEventListener('abort', () => finish(given.reason), { signal })
      while (!stream.complete) {
        signal.throwIfAborted()
        try {
          yield* connect()
        } catch (error) {
          if (!(error instanceof ConnectionError)) throw error
          request.abort()
          await backOff(error)
        }
      }
    } catch (error) {
      if (error !== CLOSED) throw error
    } finally {
      stream.close()
    }
  }

  const stream: Mutable<SseStream> = {
    id: options.resume,
    lastEventId: options.lastEventId,
    complete: false,
    reconnects: 0,
    [Symbol.asyncIterator]() {
      if (isRead) throw new TypeError('a stream can be read only once')
      isRead = true
      const events = follow()
      return {
        next: () => events.next(),
        return() {
          stream.close()
          return events.return()
        }
      }
    },
    async text() {
      let text = ''
      for await (const { event, data } of stream) {
        if (event !== 'message') continue
        if (typeof data !== 'string') throw new TypeError('text() takes messages that are text')
        text += data
      }
      if (!stream.complete) throw new DOMException('the stream was closed', 'AbortError')
      return text
    },
    close: () => finish(CLOSED),
    async stop() {
      const patiently = (work: Promise<Response>) =>
        withTimeout(work, idleTimeout, new AbortController().signal).catch(() => undefined)
      isStopping = true
      over.abort(CLOSED)
      // Only the head says what to stop.
      if (head) await patiently(head)
      isStopping = false
      stream.close()
      if (stream.complete || stream.id === undefined) return false
      return (await patiently(requests.stop(stream.id)))?.ok === true
    },
    retryNow: () => wake()
  }
  return stream
}
