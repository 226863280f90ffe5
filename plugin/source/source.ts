import type { Readable } from 'node:stream'
import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import type { FastifyRequest } from 'fastify'
import { FST_SSE_SOURCE_INVALID } from '../errors.js'
import { describe } from '../util/describe.js'
import { isPromiseLike } from '../util/promise.js'

/** What items can be read from. The streams of LLM SDKs are async iterables. */
export type SourceIterable<T, R = unknown> =
  | AsyncIterable<T, R>
  | (Iterable<T, R> & object)
  | ReadableStream<T>
  | Readable

/** What a source function is given. */
export interface SourceContext {
  /**
   * Aborted as soon as the stream is over for any reason but a complete end: the client left, the source failed, the
   * server closes. Pass it on to the provider's SDK, which is what stops the provider. Unlike `request.signal` of
   * Fastify 5 it is not aborted by the end of a request's body.
   */
  readonly signal: AbortSignal
  /** The `Last-Event-ID` header of the request, where a client reconnects. */
  readonly lastEventId: string | undefined
  readonly request: FastifyRequest
}

/**
 * Where the items of a stream come from. The function form is the one to prefer: its signal exists before the SDK is
 * called, and it is never called for a HEAD request, a client that has left, or one that has had the whole answer.
 */
export type SseSource<T, R = unknown> =
  | SourceIterable<T, R>
  | Promise<SourceIterable<T, R>>
  | ((context: SourceContext) => SourceIterable<T, R> | Promise<SourceIterable<T, R>>)

/** How a source is read. */
export interface SourceOptions<T = never> {
  /**
   * Whether the answer is complete with this item. It is called with each item as the source yields it, before `map`.
   * A source that ends without such an item fails with `FST_SSE_SOURCE_TRUNCATED`: the streams of most SDKs end in the
   * same way when the provider's answer was cut off. Only `true` counts. Default: every end is the end of a complete
   * answer.
   */
  isComplete?: ((item: T) => boolean) | undefined
}

/** One cancellable iterator, whatever the caller handed over. */
export interface Source {
  next(): Promise<IteratorResult<unknown, unknown>> | IteratorResult<unknown, unknown>
  /** Stops the source, also while `next()` is pending, without waiting for it. Tells `onError` what goes wrong with that. */
  cancel(onError: (error: unknown) => void): void
}

/** What the known sources have beside an iterator to stop them with. */
interface Stoppable {
  controller?: { abort?: unknown }
  abort?: unknown
  cancel?: unknown
  destroy?: unknown
}

/** @throws FST_SSE_SOURCE_INVALID */
export function toSource(value: unknown): Source {
  holdErrors(value)
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    if (isReadableStream(value)) return new ReaderSource(value)
    if (isAsyncIterable(value)) return new IteratorSource(value, value[Symbol.asyncIterator]())
    if (isIterable(value)) return new IteratorSource(value, value[Symbol.iterator]())
  }
  throw new FST_SSE_SOURCE_INVALID(value instanceof Uint8Array ? 'a buffer' : describe(value))
}

/** Stops what was handed over and never read: an SDK's stream that is open already, or the promise of one. */
export function discardSource(value: unknown, onError: (error: unknown) => void): void {
  if (typeof value === 'function') return
  try {
    if (isPromiseLike(value)) value.then(resolved => discardSource(resolved, onError), onError)
    else toSource(value).cancel(onError)
  } catch (error) {
    onError(error)
  }
}

/**
 * Keeps what fails before anybody reads it from ending the process: a promise that rejects meanwhile, a Readable whose
 * file is not there. Who reads it then is told all the same.
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

/** Its own iterator locks the stream, and a locked stream refuses `cancel()`: only a reader can stop a pending read. */
class ReaderSource implements Source {
  readonly #reader: ReadableStreamDefaultReader<unknown>

  constructor(stream: ReadableStream<unknown>) {
    if (stream.locked) throw new FST_SSE_SOURCE_INVALID('a ReadableStream that another reader has locked')
    this.#reader = stream.getReader()
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    return this.#reader.read() as Promise<IteratorResult<unknown, unknown>>
  }

  cancel(onError: (error: unknown) => void): void {
    attempt(() => this.#reader.cancel(), onError)
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

  cancel(onError: (error: unknown) => void): void {
    // An async generator queues return() behind a pending next(), so what can stop the source at once comes first.
    attempt(() => call((this.#owner as Stoppable).controller, 'abort'), onError)
    for (const method of ['abort', 'cancel', 'destroy'] as const) attempt(() => call(this.#owner, method), onError)
    attempt(() => this.#iterator.return?.(), onError)
  }
}

function call(owner: object | undefined, method: keyof Stoppable): unknown {
  const stop = (owner as Stoppable | undefined)?.[method]
  return typeof stop === 'function' ? stop.call(owner) : undefined
}

function attempt(stop: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = stop()
    if (isPromiseLike(result)) result.then(undefined, onError)
  } catch (error) {
    onError(error)
  }
}
