import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { until } from './until.js'

/** The wire format of a provider. */
export interface Wire {
  /** The content type of a stream. */
  type: string
  /** What precedes the first token of a stream. */
  start: string
  token(text: string): string
  /** What ends a complete answer. */
  finish(reason: string | undefined): string
  /** An error within a stream. */
  failure: string
  /** The body of an error response. */
  refusal(status: number): object
}

/** A request that the provider has received. */
export interface ProviderCall {
  body: { model: string; messages: unknown[]; stream: boolean; [key: string]: unknown }
  headers: IncomingMessage['headers']
  method: string | undefined
  url: string | undefined
  /** The client's port, which identifies the connection. */
  port: number | undefined
  response: ServerResponse
  /** Writes raw bytes of a stream. */
  write(bytes: string | Uint8Array): void
  /** Starts the stream, unless it has started. */
  start(): void
  /** Sends a token. */
  token(text: string): void
  /** Completes the answer. */
  finish(reason?: string): void
  /** Ends the stream with an error. */
  fail(): void
  /** Answers with an error response. */
  refuse(status: number): void
  /** Whether the response is closed. */
  closed: boolean
  /** When, on the clock of `performance.now`. */
  closedAt: number
}

export interface Provider {
  url: string
  calls: ProviderCall[]
  /** Waits for the first call that matches and that it has not returned before. Default: any call. */
  next(matches?: (call: ProviderCall) => boolean): Promise<ProviderCall>
}

/**
 * A local server that stands in for a provider.
 *
 * @param wire its wire format, or a function that chooses one by the URL of the request
 * @param answer called with each request
 */
export async function providerServer(
  t: Test,
  wire: Wire | ((url: string | undefined) => Wire),
  answer: (call: ProviderCall) => unknown = () => {}
): Promise<Provider> {
  const calls: ProviderCall[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const {
      type,
      start: first,
      token,
      finish,
      failure,
      refusal
    } = typeof wire === 'function' ? wire(request.url) : wire
    const write = (bytes: string | Uint8Array) => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': type })
      response.write(bytes)
    }
    const start = () => {
      if (response.headersSent) return
      response.writeHead(200, { 'content-type': type })
      response.flushHeaders()
      if (first !== '') response.write(first)
    }
    const send = (frame: string) => {
      start()
      response.write(frame)
    }
    const call: ProviderCall = {
      body: JSON.parse(Buffer.concat(chunks).toString()),
      headers: request.headers,
      method: request.method,
      url: request.url,
      port: request.socket.remotePort,
      response,
      write,
      start,
      token: text => send(token(text)),
      finish: reason => {
        send(finish(reason))
        response.end()
      },
      fail: () => {
        send(failure)
        response.end()
      },
      refuse: status => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(refusal(status)))
      },
      closed: false,
      closedAt: Number.NaN
    }
    response.on('close', () => {
      call.closed = true
      call.closedAt = performance.now()
    })
    calls.push(call)
    await answer(call)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, next: nextOf(calls) }
}

function nextOf(calls: ProviderCall[]): Provider['next'] {
  const given = new Set<ProviderCall>()
  return async (matches = () => true) => {
    const find = () => calls.find(call => !given.has(call) && matches(call))
    await until('the provider is asked', find)
    const call = find() as ProviderCall
    given.add(call)
    return call
  }
}

/** Formats a server-sent event. */
export function sse(data: object, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`
}
