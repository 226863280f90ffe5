import { FST_SSE_OPTION_INVALID } from '../errors.js'
import { isStreamId } from './log/event-id.js'
import { checkOwner } from './owner.js'
import type { ResumableStreams, StreamState } from './resumable-streams.js'

/** Which events `app.sseStreams.read` gives, and of whose stream. */
export interface ReadOptions {
  /**
   * The owner of the stream, or a promise of it: what the `owner` function of its route gave (R3). Default: none, so
   * that only a stream that has no owner is read.
   */
  owner?: string | undefined | PromiseLike<string | undefined>
  /** The number of the last event that is not needed. Default: 0, for all events. */
  after?: number | undefined
}

/**
 * `app.sseStreams`: controls the resumable streams of all nodes.
 *
 * @example
 * ```ts
 * app.delete('/chat/:id', async request => {
 *   const stopped = await app.sseStreams.stop(request.params.id, { owner: request.user.id })
 *   return { stopped }
 * })
 * ```
 */
export class SseStreams {
  readonly #streams: ResumableStreams

  constructor(streams: ResumableStreams) {
    this.#streams = streams
  }

  /**
   * Stops the source of a stream, on any node. A stop is not an error: all clients that follow the stream get
   * `event: stopped`, or what their protocol has for it, and then a regular end.
   *
   * @param id the id of the stream: the `x-stream-id` header of its response
   * @param options `owner` is the owner of the stream, or a promise of it: what the `owner` function of its route gave
   *   (R3). Without one, or with `undefined`, only a stream that has no owner is stopped.
   * @returns `false` if there is no such stream; `true` also if it has already ended
   * @throws FST_SSE_OWNER_INVALID, FST_SSE_STORE_UNAVAILABLE
   */
  async stop(
    id: string,
    options: { owner?: string | undefined | PromiseLike<string | undefined> } = {}
  ): Promise<boolean> {
    const owner = checkOwner(await options.owner, true)
    return isStreamId(id) && this.#streams.stop(id, this.#streams.accessOf(owner, true))
  }

  /**
   * Reads the events that a stream has so far, on any node, without a response. It waits for the first event, or for
   * the end of a stream that has none.
   *
   * @example
   * ```ts
   * const state = await app.sseStreams.read(id, { owner: request.user.id })
   * return { done: state?.hasEnded ?? true, events: state?.events.length ?? 0 }
   * ```
   *
   * @param id the id of the stream
   * @param options see `ReadOptions`
   * @returns `undefined` if there is no such stream
   * @throws FST_SSE_OPTION_INVALID, FST_SSE_OWNER_INVALID, FST_SSE_STORE_UNAVAILABLE; FST_SSE_POSITION_GONE if the
   *   events after `after` are no longer there
   */
  async read(id: string, options: ReadOptions = {}): Promise<StreamState | undefined> {
    const { after = 0 } = options
    if (!Number.isSafeInteger(after) || after < 0) {
      throw new FST_SSE_OPTION_INVALID('after', 'takes a whole number, 0 or more')
    }
    const owner = checkOwner(await options.owner, true)
    return isStreamId(id) ? this.#streams.readIfThere(id, this.#streams.accessOf(owner, true), after) : undefined
  }
}
