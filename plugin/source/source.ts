import type { Readable } from 'node:stream'
import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import type { FastifyRequest } from 'fastify'
import { FST_SSE_SOURCE_INVALID } from '../errors.js'
import { describe } from '../util/errors/describe.js'
import { ignoreRejection, isPromiseLike } from '../util/promise.js'
import type { StreamAbort } from './stream-abort.js'

/**
 * What the plugin can read items from. The streams of LLM SDKs are async iterables.
 *
 * @template T the items
 * @template R the return value of a generator
 */
export type SourceIterable<T, R = unknown> =
  | AsyncIterable<T, R>
  | (Iterable<T, R> & object)
  | ReadableStream<T>
  | Readable

/** The signal of a source. Like any AbortSignal, but what it knows of its reason is typed. */
export interface SourceSignal extends AbortSignal {
  /** Why the stream ended its source (S8); `undefined` as long as it has not. */
  readonly reason: StreamAbort | undefined
}

/** What the function form of a source receives. */
export interface SourceContext {
  /**
   * Aborted as soon as the stream ends early: the client left, the source failed, or the server closes. Its `reason`
   * says why. Pass it to the provider's SDK, so that the provider stops too. Unlike `request.signal` of Fastify 5, it
   * is not aborted when the body of the request has been read.
   */
  readonly signal: SourceSignal
  /**
   * The `Last-Event-ID` of the request, which a client sends when it reconnects (WHATWG HTML, section 9.2.4), from its
   * header or its query; `undefined` without one.
   */
  readonly lastEventId: string | undefined
  /** The request that the stream answers. */
  readonly request: FastifyRequest
}

/**
 * Where the items of a stream come from. Prefer the function form: its signal exists before the SDK is called, and it
 * is never called for a HEAD request, for a client that has left, or for a client that already has the whole answer.
 *
 * @example
 * ```ts
 * reply.sseFrom(({ signal }) => openai.responses.create({ model, input, stream: true }, { signal }))
 * ```
 *
 * @template T the items
 * @template R the return value, which is the data of the last event
 */
export type SseSource<T, R = unknown> =
  | SourceIterable<T, R>
  | Promise<SourceIterable<T, R>>
  | ((context: SourceContext) => SourceIterable<T, R> | Promise<SourceIterable<T, R>>)

/**
 * How a source is read.
 *
 * @template T the items
 */
export interface SourceOptions<T = never> {
  /**
   * Returns `true` for the item that completes the answer. It is called with each item as the source yields it, before
   * `map`. A source that ends without such an item fails with `FST_SSE_SOURCE_TRUNCATED`, because most SDKs end a
   * truncated answer exactly like a complete one. Default: every end is the end of a complete answer.
   *
   * @example
   * ```ts
   * isComplete: chunk => chunk.choices[0]?.finish_reason != null
   * ```
   */
  isComplete?: ((item: T) => boolean) | undefined
  /**
   * Returns the usage in an item as the source yields it, or in its return value, for the `usage` of `onFinish`: an
   * object with the numbers of tokens, `undefined` if there is none. Default: where OpenAI, Anthropic, the AI SDK,
   * Gemini, LangChain, Ollama and the `generate` of the ready routes have it.
   */
  usageOf?: { usageOf(item: T): object | undefined }['usageOf'] | undefined
}

/** A cancellable iterator over any kind of source. */
export interface Source {
  next(): Promise<IteratorResult<unknown, unknown>> | IteratorResult<unknown, unknown>
  /**
   * Stops the source, also while `next()` is pending, without waiting for it.
   *
   * @param abort why, for sources that take a reason
   * @param onError called with each error that stopping causes, now or later
   */
  cancel(abort: StreamAbort, onError: (error: unknown) => void): void
}

/** What known sources offer, in addition to an iterator, to stop them. */
interface Stoppable {
  controller?: { abort?: unknown }
  abort?: unknown
  cancel?: unknown
  destroy?: unknown
}

/**
 * Opens a source that is not a function or a promise.
 *
 * @throws FST_SSE_SOURCE_INVALID if it cannot be iterated
 */
export function toSource(value: unknown): Source {
  holdErrors(value)
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    if (isReadableStream(value)) return new ReaderSource(value)
    if (isAsyncIterable(value)) return new IteratorSource(value, opened(value[Symbol.asyncIterator]()))
    if (isIterable(value)) return new IteratorSource(value, opened(value[Symbol.iterator]()))
  }
  throw new FST_SSE_SOURCE_INVALID(value instanceof Uint8Array ? 'a buffer' : describe(value))
}

/** Refuses the promise that a method gives which is async by mistake. */
function opened<T extends object>(iterator: T): T {
  if (!isPromiseLike(iterator)) return iterator
  ignoreRejection(iterator)
  throw new FST_SSE_SOURCE_INVALID('an iterable that gives a promise instead of an iterator')
}

/** Stops a source that is never read: an SDK's stream that is already open, or the promise of one. */
export function discardSource(value: unknown, abort: StreamAbort, onError: (error: unknown) => void): void {
  if (typeof value === 'function') return
  try {
    if (isPromiseLike(value)) value.then(resolved => discardSource(resolved, abort, onError), onError)
    else toSource(value).cancel(abort, onError)
  } catch (error) {
    onError(error)
  }
}

/**
 * Prevents a source that fails before it is read from ending the process (E7): a promise that rejects early, or a
 * Readable whose file does not exist. A later reader still gets the error.
 */
export function holdErrors(value: unknown): void {
  if (value instanceof Promise) value.catch(() => {})
  if (isReadable(value)) value.on('error', () => {})
}

function isReadable(value: unknown): value is Readable {
  const { pipe, on } = (value ?? {}) as Partial<Readable>
  return typeof pipe === 'function' && typeof on === 'function'
}

function isReadableStream(value: object): value is ReadableStream<unknown> {
  return typeof (value as Partial<ReadableStream>).getReader === 'function'
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
}

function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
}

/**
 * Reads a web stream. The iterator of the stream would lock it, and a locked stream refuses `cancel()`: only its reader
 * can stop a pending read (WHATWG Streams, section 4.2.4).
 */
class ReaderSource implements Source {
  readonly #reader: ReadableStreamDefaultReader<unknown>

  constructor(stream: ReadableStream<unknown>) {
    if (stream.locked) throw new FST_SSE_SOURCE_INVALID('a ReadableStream that another reader has locked')
    this.#reader = stream.getReader()
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    return this.#reader.read() as Promise<IteratorResult<unknown, unknown>>
  }

  cancel(abort: StreamAbort, onError: (error: unknown) => void): void {
    attempt(() => this.#reader.cancel(abort), onError)
  }
}

class IteratorSource implements Source {
  readonly #owner: object
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>

  constructor(owner: object, iterator: AsyncIterator<unknown> | Iterator<unknown>) {
    this.#owner = owner
    this.#iterator = iterator
  }

  next(): Promise<IteratorResult<unknown, unknown>> | IteratorResult<unknown, unknown> {
    return this.#iterator.next()
  }

  cancel(abort: StreamAbort, onError: (error: unknown) => void): void {
    // An async generator queues return() behind a pending next(). So the methods that stop it at once come first.
    attempt(() => call((this.#owner as Stoppable).controller, 'abort', abort), onError)
    for (const method of ['abort', 'cancel', 'destroy'] as const) attempt(() => call(this.#owner, method), onError)
    attempt(() => this.#iterator.return?.(), onError)
  }
}

function call(owner: object | undefined, method: keyof Stoppable, ...reason: [StreamAbort?]): unknown {
  const stop = (owner as Stoppable | undefined)?.[method]
  return typeof stop === 'function' ? stop.call(owner, ...reason) : undefined
}

function attempt(stop: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = stop()
    if (isPromiseLike(result)) result.then(undefined, onError)
  } catch (error) {
    onError(error)
  }
}
