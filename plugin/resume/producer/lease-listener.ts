import type { LeaseStatus } from '../../stores/event-store.js'

/** Reacts to changes of a producer's lease. */
export interface LeaseListener {
  /** Called when the lease was renewed. */
  onLease(status: LeaseStatus): void
  /** Called when the stream no longer belongs to this producer (R2): its id has another, or it was ended as lost. */
  onFenced(): void
  /** Called when the store can no longer say who follows elsewhere: it is silent, or has given the log up. */
  onCutOff(): void
  /** Called when the store has no room for the log. Nothing more is written. */
  onStoreFull(): void
}
