import { isPromiseLike } from '../../plugin/toolkit.js'
import type { ActiveStreams, Chat } from './active-streams.js'

/** What `activeStreams` of the application knows, without the streams that have ended here while it is being told. */
export class TrackedStreams {
  readonly #streams: ActiveStreams
  readonly #ended = new Set<string>()

  constructor(streams: ActiveStreams) {
    this.#streams = streams
  }

  get(chat: Chat): string | undefined | Promise<string | undefined> {
    const stream = this.#streams.get(chat)
    return isPromiseLike(stream) ? stream.then(late => this.#running(late)) : this.#running(stream)
  }

  /**
   * A stream begins to answer a chat.
   *
   * @param report gets what the application throws
   * @returns tells that the stream has ended. It may be called twice.
   */
  begin(chat: Chat, stream: string, report: (error: unknown) => void): () => void {
    const begun = attempt(() => this.#streams.set(chat, stream), report)
    let hasEnded = false
    return () => {
      if (!hasEnded) void this.#end(chat, stream, begun, report)
      hasEnded = true
    }
  }

  async #end(chat: Chat, stream: string, begun: Promise<void>, report: (error: unknown) => void): Promise<void> {
    this.#ended.add(stream)
    await begun
    await attempt(() => this.#streams.delete(chat, stream), report)
    this.#ended.delete(stream)
  }

  #running(stream: string | undefined): string | undefined {
    return stream !== undefined && this.#ended.has(stream) ? undefined : stream
  }
}

async function attempt(call: () => unknown, report: (error: unknown) => void): Promise<void> {
  try {
    await call()
  } catch (error) {
    report(error)
  }
}
