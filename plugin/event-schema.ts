import type { TSchema } from '@sinclair/typebox'

/** The events of a route: the name of each, and the schema of its data. Unnamed events are those of `message`. */
export type EventMap = Readonly<Record<string, TSchema>>

declare const events: unique symbol

/** What stands in a route's schema at `response: { 200: ... }` for a stream of these events. Made by `eventStream`. */
export interface EventStreamSchema<Events extends EventMap = EventMap> {
  readonly description: string
  readonly content: Readonly<Record<string, { schema: object; itemSchema?: object }>>
  /** The events, for the type checker only. */
  readonly [events]?: Events
}
