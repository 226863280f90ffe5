/** What bundlers for browsers find in place of `index.ts`, so that a page can share the declaration of its events with its server. */
export { type EventMap, type EventStreamSchema, eventStream } from './schema/event-schema.js'
