import { channelOf } from '../observe/channel.js'

/** A call of the event store has failed. Each call counts, also one that is repeated. */
export interface StoreFailureMessage {
  /**
   * - `write`: the log of a stream could not be created, filled, or its lease not renewed
   * - `read`: a stream could not be read
   * - `slots`: the streams of an owner could not be counted
   */
  readonly operation: 'write' | 'read' | 'slots'
  /** What the store has thrown. */
  readonly error: unknown
}

/** What event stores fail at. */
const storeFailureChannel = channelOf<StoreFailureMessage>('store.failure')

/** Tells that a call of the event store has failed. */
export function tellStoreFailure(operation: StoreFailureMessage['operation'], error: unknown): void {
  if (storeFailureChannel.hasSubscribers) storeFailureChannel.publish({ operation, error })
}
