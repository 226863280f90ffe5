import { EventList } from './event-list.js'
import type { LogEnd } from './event-store.js'
import type { Tenant } from './memory-room.js'

/** A log in a `MemoryStore`. Its times are on the clock of `performance.now()`. */
export interface MemoryLog extends Tenant {
  readonly id: string
  readonly producer: string
  readonly protocol: string | undefined
  events: EventList
  /** Whether the producer fills the events itself. */
  isShared: boolean
  end: LogEnd | undefined
  stop: boolean
  followedUntil: number
  leaseUntil: number
  /** When it is deleted. */
  expires: number
}

/** A copy that its producer does not fill. */
export function copyOf(events: EventList): EventList {
  const copy = new EventList()
  copy.appendAll(events.slice(0, events.length))
  return copy
}

/** Whether another node follows a log. */
export function isFollowed(log: MemoryLog): boolean {
  return log.followedUntil > performance.now()
}
