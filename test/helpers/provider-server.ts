import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { until } from './until.js'

/** How a provider writes its answers. */
export interface Wire {
  /** The content type of a stream. */
  type: string
  /** What a stream begins with, before its first token. */
  start: string
  token(text: string): string
  /** What ends a whole answer. */
  finish(reason: string | undefined): string
  /** An error in the midst of a stream. */
  failure: string
  /** The body of a response with this status. */
  refusal(status: number): object
}

/** A request that the provider has got. */
export interface ProviderCall {
  body: { model: string; messages: unknown[]; stream: boolean; [key: string]: unknown }
  headers: IncomingMessage['headers']
  method: string | undefined
  url: string | undefined
  /** What tells its connection from others. */
  port: number | undefined
  response: ServerResponse
  /** Sends bytes of a stream as they are. */
  write(bytes: string | Uint8Array): void
  /** Sends what a stream begins with, if it has not. */
  start(): void
  /** Sends the text of a token. */
  token(text: string): void
  /** Sends the end of the answer as the provider does. */
  finish(reason?: string): void
  /** Sends an error in the midst of the answer. */
  fail(): void
  /** Answers with an error. */
  refuse(status: number): void
  /** Whether the client's connection is gone, and since when. */
  closed: boolean
  closedAt: number
}

export interface Provider {
  url: string
  calls: ProviderCall[]
  /** Waits for a call that was not given before, and gives it: of those that are like this, the first. */
  next(isIt?: (call: ProviderCall) => boolean): Promise<ProviderCall>
}

/**
 * A local server that speaks the wire format of a provider, or several told apart by the URL that is asked for. `answer`
 * says how it behaves.
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
  return async (isIt = () => true) => {
    const find = () => calls.find(call => !given.has(call) && isIt(call))
    await until('the provider is asked', find)
    const call = find() as ProviderCall
    given.add(call)
    return call
  }
}

/** An event of a stream of server-sent events. */
export function sse(data: object, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`
}
