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
   * Stops the source of a stream, on any node. All clients that follow the stream get `event: error` with
   * `FST_SSE_STREAM_STOPPED`.
   *
   * @param id the id of the stream: the `x-stream-id` header of its response
   * @param options `owner` is the required owner of the stream (R3). Without options any stream is stopped, so check
   *   first that the caller may do so.
   * @returns `false` if there is no such stream; `true` also if it has already ended
   * @throws FST_SSE_STORE_UNAVAILABLE
   */
  stop(id: string, options?: { owner: string | undefined }): Promise<boolean> {
    return this.#streams.stop(id, options ?? 'trusted')
  }
}
