import type { OwnerOptions } from './owner.js'

/**
 * What happens to a source when its last client has left, on any node (R4): `'abort'` stops it at once, `'continue'`
 * lets it run to its end, and `{ grace }` stops it unless a client comes back within that time.
 */
export type OnDisconnect =
  | 'abort'
  | 'continue'
  | {
      /** How long the source waits for a client. Milliseconds. */
      grace: number
    }

/**
 * How a stream survives a lost connection.
 *
 * @example
 * ```ts
 * resumable: { owner: request => request.user.id, onDisconnect: { grace: 60_000 } }
 * ```
 */
export interface ResumableOptions extends OwnerOptions {
  /**
   * The id of the stream: 1 to 128 letters, digits, `-` or `_`. If its owner has a stream with this id, the client gets
   * that stream from its start, and the source is not called. An id that can be guessed needs an `owner`. Default: 128
   * random bits.
   */
  id?: string | undefined
  /**
   * What happens to the source when its last client has left: see `OnDisconnect`. Default: `{ grace: 30000 }`.
   */
  onDisconnect?: OnDisconnect | undefined
}
