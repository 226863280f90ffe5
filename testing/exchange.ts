import { Agent, type IncomingHttpHeaders, request as sendRequest } from 'node:http'
import { connect, constants } from 'node:http2'
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

/** Sends a request to an app over a connection within the process: the app need not listen. */
export async function exchange(app: InjectableApp, ask: Ask): Promise<Exchange> {
  await app.ready()
  const socket = await connectTo(app, ask.remoteAddress)
  return app.initialConfig.http2 ? exchange2(socket, ask) : exchange1(socket, ask)
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
    session.on('error', reject)
    const stream = session.request(
      {
        [constants.HTTP2_HEADER_METHOD]: method,
        [constants.HTTP2_HEADER_PATH]: url,
        ...headers
      },
      { endStream: body === undefined }
    )
    stream.on('error', reject)
    stream.on('close', () => session.destroy())
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
