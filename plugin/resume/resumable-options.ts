import type { FastifyRequest } from 'fastify'

/** What becomes of a source when its last client is gone. */
export type OnDisconnect = 'abort' | 'continue' | { grace: number }

/** How a stream survives a lost connection. */
export interface ResumableOptions {
  /**
   * The id of the stream: 1 to 128 letters, digits, `-` or `_`. Where there is a stream of this id already, its client follows that
   * from the start and no other is made. Default: 128 random bits. Ids that can be guessed need an `owner`.
   */
  id?: string | undefined
  /**
   * Whose the stream is. Only a request of the same owner may follow or stop it; for any other it is not there. Default: whoever knows its id.
   */
  owner?: ((request: FastifyRequest) => string | undefined) | undefined
  /**
   * What becomes of the source when the last client is gone, on any node: `'abort'` stops it, `'continue'` lets it run to its end, `{ grace }`
   * waits so many milliseconds for one to come back. Default: `{ grace: 30000 }`.
   */
  onDisconnect?: OnDisconnect | undefined
}
