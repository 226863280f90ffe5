import type { EventStreamSchema } from '../plugin/event-schema.js'
import { makeStream } from './stream.js'
import type { OpenStreamOptions, OptionsArgument, SseStream, ValidatedOptions } from './types.js'

/**
 * Opens a stream of server-sent events and reads it over as many connections as it takes. The first request is sent when the
 * reading begins.
 *
 * ```ts
 * const stream = openStream<typeof Tokens>('/stream', { body: { prompt } })
 * for await (const event of stream) if (event.event === 'message') output.append(event.data)
 * ```
 *
 * @template Schema what `eventStream` has made: the schema of the route
 * @param url relative only where there is a page that it is relative to
 * @param options see `OpenStreamOptions`
 * @throws TypeError for a body that JSON cannot carry. What fails later is an `SseStreamError` of the loop, or of `text()`.
 */
export function openStream<Schema extends EventStreamSchema>(
  url: string | URL,
  options: ValidatedOptions<Schema>
): SseStream<Schema>
export function openStream<Schema extends EventStreamSchema = EventStreamSchema>(
  url: string | URL,
  ...options: OptionsArgument<Schema>
): SseStream<Schema>
export function openStream(url: string | URL, options: OpenStreamOptions = {}): SseStream {
  return makeStream(url, options)
}
