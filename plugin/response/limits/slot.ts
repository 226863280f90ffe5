/** A place among the streams that may run at the same time. It is taken when a source starts. */
export interface Slot {
  /** Gives it back. Further calls do nothing. */
  release(): void
}

/**
 * Takes a slot for the stream of a request.
 *
 * @param owner the hash of its owner, if that is known already
 * @throws FST_SSE_SERVER_BUSY, FST_SSE_OWNER_BUSY, FST_SSE_OWNER_INVALID, and any error of `owner`. If it gives a
 *   promise, that may reject with them.
 */
export type TakeSlot = (owner?: string) => Slot | Promise<Slot>

/** The seconds after which a client that was refused may try again, in a header that its response gets. */
export function retryAfter(ms: number): { headers: { 'retry-after': string } } {
  return { headers: { 'retry-after': String(Math.ceil(ms / 1000)) } }
}
