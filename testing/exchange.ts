import {
  Agent,
  type IncomingHttpHeaders,
  request as sendRequest,
  validateHeaderName,
  validateHeaderValue
} from 'node:http'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Duplex, Readable } from 'node:stream'
import { connectTo, type InjectableApp } from './connection.js'

/** What is asked. */
export interface Ask {
  method: string
  /** The path and the query. */
  url: string
  headers: Record<string, string>
  body: string | Uint8Array | undefined
  remoteAddress: string
}

/** A response that has begun. */
export interface Exchange {
  status: number
  headers: IncomingHttpHeaders
  body: Readable
  /** Whether the server has ended the response, rather than broken it off. Known when the body is closed. */
  isWhole(): boolean
  /** Leaves, as a closed tab does. */
  leave(): void
}

/**
 * Sends a request to an app over a connection within the process: the app need not listen.
 *
 * @param signal ends the wait for the head of the response when it is aborted: rejects with its reason
 */
export async function exchange(app: InjectableApp, ask: Ask, signal: AbortSignal | undefined): Promise<Exchange> {
  check(ask)
  await app.ready()
  const socket = await connectTo(app, ask.remoteAddress)
  const leave = () => socket.destroy()
  try {
    signal?.throwIfAborted()
    signal?.addEventListener('abort', leave)
    const response = await (app.initialConfig.http2 ? exchange2(socket, ask) : exchange1(socket, ask))
    signal?.removeEventListener('abort', leave)
    return response
  } catch (error) {
    signal?.removeEventListener('abort', leave)
    socket.destroy()
    signal?.throwIfAborted()
    throw error
  }
}

/** Refuses over HTTP/2, too, what Node refuses over HTTP/1.1: it would send something else. */
function check({ method, url, headers }: Ask): void {
  validateHeaderName(method)
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  if (/[^\u0021-\u00ff]/.test(url)) {
    const code = 'ERR_UNESCAPED_CHARACTERS'
    throw Object.assign(new TypeError('the URL contains characters that must be escaped'), { code })
  }
}

function exchange1(socket: Duplex, { method, url, headers, body }: Ask): Promise<Exchange> {
  // With the option of the request instead, Node would ask the server to close the connection.
  const agent = Object.assign(new Agent({ keepAlive: true }), { createConnection: () => socket })
  return new Promise((resolve, reject) => {
    const request = sendRequest({ method, path: url, headers: { host: 'localhost', ...headers }, agent })
    request.on('error', reject)
    request.on('close', () => socket.destroy())
    request.on('response', response => {
      resolve({
        status: response.statusCode as number,
        headers: response.headers,
        body: response,
        isWhole: () => response.complete,
        leave: () => socket.destroy()
      })
    })
    request.end(body)
  })
}

function exchange2(socket: Duplex, { method, url, headers, body }: Ask): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const session = connect('http://localhost', { createConnection: () => socket })
    let cause: unknown
    // Whatever goes wrong also closes the stream.
    const keep = (error: unknown) => {
      cause ??= error
    }
    session.on('error', keep)
    const head = { [constants.HTTP2_HEADER_METHOD]: method, [constants.HTTP2_HEADER_PATH]: url, ...headers }
    const stream = requestOn(session, head, { endStream: body === undefined })
    stream.on('error', keep)
    stream.on('close', () => {
      session.destroy()
      const error = new Error('the app closed the connection without a response', { cause })
      reject(Object.assign(error, { code: 'ECONNRESET' }))
    })
    stream.on('response', ({ ':status': status = 0, ...rest }) => {
      resolve({
        status,
        headers: rest,
        body: stream,
        isWhole: () => stream.rstCode === constants.NGHTTP2_NO_ERROR && stream.readableEnded,
        leave: () => stream.close(constants.NGHTTP2_CANCEL)
      })
    })
    if (body !== undefined) stream.end(body)
  })
}

/** Node refuses some headers, and leaves the session open. */
function requestOn(
  session: ClientHttp2Session,
  ...asked: Parameters<ClientHttp2Session['request']>
): ClientHttp2Stream {
  try {
    return session.request(...asked)
  } catch (error) {
    session.destroy()
    throw error
  }
}
