import type { EventStreamSchema } from '../plugin/schema/event-schema.js'
import { makeRequests } from './connection/requests.js'
import { responseError } from './connection/response.js'
import { withTimeout } from './connection/with-timeout.js'
import { unreachable } from './errors.js'
import { EventReader } from './events/event-reader.js'
import type { OpenStreamOptions, OptionsArgument, ValidatedOptions } from './options.js'
import type { SseStream } from './types.js'

/**
 * Opens a stream of server-sent events, and reads it over as many connections as it takes. The first request is sent
 * when the reading begins.
 *
 * ```ts
 * const stream = openStream<typeof Tokens>('/stream', { body: { prompt } })
 * for await (const event of stream) {
 *   if (event.event === 'message') output.append(event.data)
 * }
 * ```
 *
 * No event is given out twice, and none is left out: a stream that cannot be continued fails. A request that is not
 * idempotent is sent again only after a refusal (408, 429, 503), with a `Last-Event-ID`, or with an `Idempotency-Key`
 * of the caller.
 *
 * @template Schema the type of what `eventStream` returned: the schema of the route
 * @param url may be relative in a page
 * @param options see `OpenStreamOptions`
 * @returns the stream, to be read by a loop or by `text()`
 * @throws TypeError for a body that JSON cannot carry, or a `lastEventId` that a header cannot carry. Anything that
 *   fails later is thrown by the loop, or by `text()`.
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
  /** Whether `stop()` was called, and not the server the first to say that the stream was stopped. */
  let isAsked = false
  const stream: { -readonly [Name in keyof SseStream]: SseStream[Name] } = {
    id: resume,
    lastEventId,
    complete: false,
    stopped: false,
    stopError: undefined,
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
        if (typeof data !== 'string') throw new TypeError('text() requires messages that are strings')
        text += data
      }
      if (!stream.complete) {
        throw new DOMException(`the stream was ${stream.stopped ? 'stopped' : 'closed'}`, 'AbortError')
      }
      return text
    },
    close: () => reader.end(),
    async stop() {
      const { stopped, complete } = stream
      const unknown = await reader.endAfterHead()
      if (stopped && !isAsked) return true
      if (complete) return false
      isAsked = stream.stopped = true
      stream.stopError = unknown
      if (stream.id === undefined) return false
      try {
        const response = await withTimeout(requests.stop(stream.id), idleTimeout)
        const { ok, status } = response
        // The server does not know the stream, so there is nothing to stop.
        stream.stopError =
          ok || status === 404 || status === 410
            ? undefined
            : responseError(response, await withTimeout(response.text(), idleTimeout))
        return ok
      } catch (cause) {
        stream.stopError = unreachable(cause, requests.address)
        return false
      }
    },
    retryNow: () => reader.retryNow()
  }
  const reader = new EventReader(stream, requests, { ...options, idleTimeout })
  return stream
}
