import type { SseEvent } from '../sse/event.js'

/** Where a `map` has what makes the events that are left when the source has ended. */
export const kRest = Symbol('fastify-sse-from.rest')

/** What turns items into events or the data of one. */
export interface ItemMap {
  (item: never): unknown
  /** @param returned the return value of the source */
  [kRest]?(returned: unknown): readonly SseEvent[]
}
