import { isStreamId } from './event-id.js'
import { checkOwner } from './owner.js'
import type { ResumableStreams } from './resumable-streams.js'

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
}
