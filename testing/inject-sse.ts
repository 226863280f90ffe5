import type { EventStreamSchema } from '../plugin/index.js'
import type { InjectableApp } from './connection.js'
import { type Ask, exchange } from './exchange.js'
import { InjectedResponse } from './injected-response.js'
import type { InjectedStream } from './injected-stream.js'
import type { InjectSseOptions } from './options.js'
import { urlOfStream, withQuery } from './urls.js'

/**
 * Requests a stream of an app that need not listen. The request goes through all of Node's HTTP and of Fastify, over a
 * connection within the process: hooks run, a client that leaves closes its connection, and one that stalls fills it.
 *
 * The events are received as they come, whether or not the test reads them.
 *
 * @example
 * ```ts
 * const stream = await injectSse(app, { url: '/stream', query: { prompt: 'Hi' }, schema: Tokens })
 * assert.equal(stream.status, 200)
 * for await (const { event, data } of stream) if (event === 'message') assert.equal(typeof data, 'string')
 * ```
 *
 * @param app it is made ready, and stays open: close it after the test
 * @param options what is asked, or only its URL
 * @returns the response, as soon as its head has arrived; also an error response
 * @throws whatever keeps the app from getting ready; an error with the code `ECONNRESET` if it closes the connection
 *   without a response, or has closed and not answered within 2 seconds; the reason of `signal`
 */
export async function injectSse<Schema extends EventStreamSchema = EventStreamSchema>(
  app: InjectableApp,
  options: InjectSseOptions<Schema> | string
): Promise<InjectedStream<Schema>> {
  const { schema, ...asked } = typeof options === 'string' ? { url: options } : options
  const { signal } = asked
  const stream = new InjectedResponse(await exchange(app, askOf(asked), signal), {
    schema,
    reconnect: (lastEventId, streamId, other) =>
      injectSse(app, { ...continued(asked, streamId), lastEventId, schema, ...other })
  })
  signal?.addEventListener('abort', () => stream.disconnect(), { once: true })
  return stream
}

/** What a client asks that comes back. A stream that a POST has begun is followed at its own URL, as clients do. */
function continued(asked: InjectSseOptions, streamId: string | undefined): InjectSseOptions {
  const { method, body, url, ...rest } = asked
  if (methodOf(asked) === 'GET' || streamId === undefined) return asked
  return { ...rest, url: urlOfStream(url, streamId) }
}

function methodOf({ method, body }: InjectSseOptions): string {
  return (method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase()
}

function askOf(options: InjectSseOptions): Ask {
  const { url, query = {}, headers = {}, body, lastEventId, remoteAddress = '127.0.0.1' } = options
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  return {
    method: methodOf(options),
    url: withQuery(url, query),
    headers: {
      ...(isRaw ? {} : { 'content-type': 'application/json' }),
      // Node writes headers as Latin-1, and clients send this one as UTF-8 (WHATWG HTML, section 9.2.4).
      ...(lastEventId === undefined ? {} : { 'last-event-id': Buffer.from(lastEventId).toString('latin1') }),
      ...lowerCase(headers)
    },
    body: isRaw ? body : JSON.stringify(body),
    remoteAddress
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
