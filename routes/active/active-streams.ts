import { FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'

/** A chat, or a thread of AG-UI. Those of different owners may have the same id. */
export interface Chat {
  /** The id that the client has given it. */
  readonly id: string
  /** The owner of its streams; `undefined` if they have none. */
  readonly owner: string | undefined
}

/**
 * Knows which stream answers a chat at the moment, so that a page that is loaded again finds it. With several servers,
 * keep it where all of them can see it.
 *
 * @example
 * ```ts
 * const activeStreams: ActiveStreams = {
 *   get: async ({ owner, id }) => (await redis.get(`chat:${owner}:${id}`)) ?? undefined,
 *   set: ({ owner, id }, stream) => redis.set(`chat:${owner}:${id}`, stream, 'EX', 3600),
 *   delete: ({ owner, id }, stream) => redis.eval(DELETE_IF_EQUAL, 1, `chat:${owner}:${id}`, stream)
 * }
 * ```
 */
export interface ActiveStreams {
  /** The id of the stream that answers a chat, `undefined` if none does. */
  get(chat: Chat): string | undefined | Promise<string | undefined>
  /**
   * The source of a stream starts to answer a chat. It replaces an earlier one. A stream that a limit refuses is never
   * set. The answer does not wait for it, nor for `delete`.
   */
  set(chat: Chat, stream: string): unknown
  /** A stream has ended. It is still the one of its chat, unless a later one has replaced it. */
  delete(chat: Chat, stream: string): unknown
}

/** @throws FST_SSE_OPTION_INVALID */
export function checkActiveStreams(streams: ActiveStreams): void {
  const isComplete = (['get', 'set', 'delete'] as const).every(name => typeof streams?.[name] === 'function')
  if (!isComplete) throw new FST_SSE_OPTION_INVALID('activeStreams', 'takes an object with get, set and delete')
}

/** The streams of one server. */
export class LocalStreams implements ActiveStreams {
  readonly #streams = new Map<string, string>()

  get(chat: Chat): string | undefined {
    return this.#streams.get(keyOf(chat))
  }

  set(chat: Chat, stream: string): void {
    this.#streams.set(keyOf(chat), stream)
  }

  delete(chat: Chat, stream: string): void {
    if (this.get(chat) === stream) this.#streams.delete(keyOf(chat))
  }
}

function keyOf({ id, owner }: Chat): string {
  return JSON.stringify([id, owner])
}
