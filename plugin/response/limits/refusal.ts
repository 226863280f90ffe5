import { channelOf } from '../../observe/channel.js'
import { reconnectDelay } from '../../util/timing/reconnect-delay.js'
import { retryAfter } from './slot.js'

/** A limit has refused a stream. It is told in the context of the request. */
export interface RefusalMessage {
  /** Its `code` says which limit: `FST_SSE_SERVER_BUSY`, `FST_SSE_OWNER_BUSY` or `FST_SSE_CONNECTION_BUSY`. */
  readonly error: Error & { readonly code: string }
}

/** What limits refuse. */
const refusalChannel = channelOf<RefusalMessage>('refusal')

/** Tells that a limit refuses a stream. @returns the error, which says when the client may try again */
export function refusal(error: RefusalMessage['error']): Error {
  if (refusalChannel.hasSubscribers) refusalChannel.publish({ error })
  return Object.assign(error, retryAfter(reconnectDelay()))
}
