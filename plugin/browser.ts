/**
 * Replaces `index.ts` in bundles for browsers, so that a page can share the declaration of its events with the server.
 */
export { type EventMap, type EventStreamOptions, type EventStreamSchema, eventStream } from './schema/event-schema.js'
