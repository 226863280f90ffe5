export type { EventStreamSchema } from '../plugin/schema/event-schema.js'
export { SseStreamError } from './errors.js'
export { openStream } from './open-stream.js'
export type { Decoding, OpenStreamOptions, Reconnect, SseStream, StreamEvent } from './types.js'
