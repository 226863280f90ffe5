import { request as request1 } from 'node:http'
import { type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { until } from './until.js'

export interface OpenOptions {
  method?: string
  headers?: Record<string, string>
  /** Sent as JSON. The method is POST then, unless `method` names another. */
  body?: unknown
  http2?: boolean
}

/** One request on its own socket, and what has arrived of the response. */
export interface Client {
  status: number | undefined
  headers: Record<string, unknown>
  /** The chunks of the body as they arrived. */
  chunks: Buffer[]
  text(): string
  /** The events that an EventSource would have dispatched so far. */
  events(): EventSourceMessage[]
  /** `clean`: the response was complete. `broken`: it was not. */
  ended: 'clean' | 'broken' | undefined
  /** Stops reading from the socket, and goes on. */
  pause(): void
  resume(): void
  /** Disconnects, as a closed tab does. */
  leave(): void
  /** Waits for the head of the response. */
  head(): Promise<void>
  /** Waits until the body contains a text. */
  has(text: string): Promise<void>
  /** Waits for the end of the response. */
  end(): Promise<void>
}

export function open(url: string, options: OpenOptions = {}): Client {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body)
  const method = options.method ?? (body === undefined ? 'GET' : 'POST')
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers }
  const client: Client = {
    status: undefined,
    headers: {},
    chunks: [],
    ended: undefined,
    text: () => Buffer.concat(client.chunks).toString(),
    events: () => parseEvents(client.text()),
    pause: () => {},
    resume: () => {},
    leave: () => {},
    head: () => until('the head of the response', () => client.status !== undefined || client.ended),
    has: text => until(`"${text}" in the body`, () => client.text().includes(text)),
    end: () => until('the end of the response', () => client.ended)
  }
  const start = options.http2 ? open2 : open1
  start(client, new URL(url), method, headers, body)
  return client
}

/** Reads a whole response. */
export async function fetchAll(url: string, options: OpenOptions = {}): Promise<Client> {
  const client = open(url, options)
  await client.end()
  return client
}

export function parseEvents(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: event => events.push(event) })
  parser.feed(text)
  return events
}

function open1(client: Client, url: URL, method: string, headers: object, body: string | undefined): void {
  let socket: Socket | undefined
  const request = request1(url, { method, headers: { ...headers }, agent: false }, response => {
    client.status = response.statusCode
    client.headers = response.headers
    response.on('data', chunk => client.chunks.push(chunk))
    response.on('close', () => {
      client.ended ??= response.complete ? 'clean' : 'broken'
    })
    response.on('error', () => {})
    client.pause = () => {
      response.pause()
      socket?.pause()
    }
    client.resume = () => {
      socket?.resume()
      response.resume()
    }
  })
  request.on('socket', own => {
    socket = own
  })
  request.on('error', () => {
    client.ended ??= 'broken'
  })
  client.leave = () => request.destroy()
  request.end(body)
}

function open2(client: Client, url: URL, method: string, headers: object, body: string | undefined): void {
  const session = connect(url.origin)
  session.on('error', () => {
    client.ended ??= 'broken'
  })
  const stream: ClientHttp2Stream = session.request({
    [constants.HTTP2_HEADER_PATH]: url.pathname + url.search,
    [constants.HTTP2_HEADER_METHOD]: method,
    ...headers
  })
  stream.on('response', ({ ':status': status, ...rest }) => {
    client.status = status
    client.headers = rest
  })
  stream.on('data', chunk => client.chunks.push(chunk))
  stream.on('error', () => {})
  stream.on('close', () => {
    client.ended ??= stream.rstCode === constants.NGHTTP2_NO_ERROR ? 'clean' : 'broken'
    session.close()
  })
  client.pause = () => stream.pause()
  client.resume = () => stream.resume()
  client.leave = () => {
    stream.close(constants.NGHTTP2_CANCEL)
  }
  stream.end(body)
}
