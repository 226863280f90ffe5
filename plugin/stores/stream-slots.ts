/**
 * Counts the running streams of each owner, on all nodes. An optional part of an `EventStore`: without it, each node
 * counts only its own.
 *
 * A slot has a lease of the store's `lease` milliseconds. It is renewed every third of this time, so that the slots of
 * a node that dies are free again. Any call may be repeated, since its answer may have been lost. A call that cannot
 * reach the storage rejects with `FST_SSE_STORE_UNAVAILABLE` within a bounded time; the node then counts alone.
 */
export interface StreamSlots {
  /**
   * Takes a slot, unless `limit` others are held.
   *
   * @param owner a hash of the owner
   * @param holder a name that no other slot has
   * @returns whether the holder has a slot, now or before. A slot that it had already is renewed.
   */
  take(owner: string, holder: string, limit: number): Promise<boolean>
  /** Renews the leases of slots. Those that have expired are taken again, whatever the limit: their streams run. */
  renew(owner: string, holders: readonly string[]): Promise<void>
  /** Gives a slot back. Does nothing if there is no such slot. */
  release(owner: string, holder: string): Promise<void>
}
