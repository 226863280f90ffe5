import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A request that has arrived. */
export interface Call {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
  response: ServerResponse
  /** Whether its connection is gone. */
  isOver: boolean
}

export interface ScriptedServer {
  url: string
  calls: Call[]
}

/** Answers one request. */
export type Script = (call: Call) => void

/** A server that does what a test tells it to, whatever the rules are. The last script also answers what comes after it. */
export async function scriptedServer(t: Test, ...scripts: [Script, ...Script[]]): Promise<ScriptedServer> {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const call: Call = { method, url, headers, body: '', response, isOver: false }
    const script = scripts[Math.min(calls.length, scripts.length - 1)] as Script
    calls.push(call)
    response.on('close', () => {
      call.isOver = true
    })
    request.on('error', () => {})
    request.setEncoding('utf8')
    request.on('data', text => {
      call.body += text
    })
    request.on('end', () => script(call))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }
}

/** Begins a response of events, and sends what there is of it. */
export function events(text = ':\n', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    response.flushHeaders()
    response.write(text)
  }
}

/** A whole response of events. */
export function all(text: string | Uint8Array = '', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    response.end(text)
  }
}

/** A response of events that breaks off. */
export function broken(text = ':\n', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    response.flushHeaders()
    response.write(text, () => response.destroy())
  }
}

/** Any other response. */
export function status(code: number, body: string | object = '', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    const type = typeof body === 'string' ? 'text/plain' : 'application/json'
    response.writeHead(code, { 'content-type': type, ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** No response at all. */
export const hangUp: Script = ({ response }) => {
  response.destroy()
}

/** The last event. */
export const DONE = 'event: done\ndata: {}\n\n'
