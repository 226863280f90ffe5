import type { ResumableStreams } from './resumable-streams.js'

/** `app.sseStreams`: what a server can do to resumable streams beside sending them. */
export class SseStreams {
  readonly #streams: ResumableStreams

  constructor(replay: ResumableStreams) {
    this.#streams = replay
  }

  /**
   * Stops the source of a stream, on whatever node it runs. All who follow it get `event: error` with `FST_SSE_STREAM_STOPPED`.
   *
   * @param options `owner`: whose the stream has to be. Without it any stream is stopped, so ask first who asks.
   * @returns `false` where there is no such stream; `true` also where it has ended already
   * @throws FST_SSE_STORE_UNAVAILABLE
   */
  stop(id: string, options?: { owner: string | undefined }): Promise<boolean> {
    return this.#streams.stop(id, options ?? 'trusted')
  }
}
