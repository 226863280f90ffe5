import type { EventStreamSchema } from '../plugin/schema/event-schema.js'
import { EventReader } from './event-reader.js'
import { makeRequests } from './requests.js'
import type { OpenStreamOptions, OptionsArgument, SseStream, ValidatedOptions } from './types.js'
import { withTimeout } from './with-timeout.js'

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
  const { resume, lastEventId, idleTimeout = 45_000 } = options
  const requests = makeRequests(String(url), options)
  let isRead = false
  const stream: SseStream = {
    id: resume,
    lastEventId,
    complete: false,
    reconnects: 0,
    [Symbol.asyncIterator]() {
      if (isRead) throw new TypeError('a stream can be read only once')
      isRead = true
      const events = reader.events()
      return {
        next: () => events.next(),
        return() {
          stream.close()
          return events.return()
        }
      }
    },
    async text() {
      let text = ''
      for await (const { event, data } of stream) {
        if (event !== 'message') continue
        if (typeof data !== 'string') throw new TypeError('text() takes messages that are text')
        text += data
      }
      if (!stream.complete) throw new DOMException('the stream was closed', 'AbortError')
      return text
    },
    close: () => reader.end(),
    async stop() {
      await reader.endAfterHead()
      if (stream.complete || stream.id === undefined) return false
      const response = await withTimeout(requests.stop(stream.id), idleTimeout).catch(() => undefined)
      return response?.ok === true
    },
    retryNow: () => reader.retryNow()
  }
  const reader = new EventReader(stream, requests, { ...options, idleTimeout })
  return stream
}
