import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A request that the server has received. */
export interface Call {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
  response: ServerResponse
  /** Whether the response is closed. */
  isOver: boolean
}

export interface ScriptedServer {
  url: string
  calls: Call[]
}

/** Answers one request. */
export type Script = (call: Call) => void

/**
 * Starts a server that runs a script for each request. Scripts may break HTTP. The last one serves all later requests.
 */
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

/** Begins an event stream, and leaves it open. */
export function events(text = ':\n', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    response.flushHeaders()
    response.write(text)
  }
}

/** Sends a complete event stream. */
export function all(text: string | Uint8Array = '', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    response.end(text)
  }
}

/** Begins an event stream, and breaks the connection. */
export function broken(text = ':\n', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    response.flushHeaders()
    response.write(text, () => response.destroy())
  }
}

/** Sends any other response. */
export function status(code: number, body: string | object = '', headers: Record<string, string> = {}): Script {
  return ({ response }) => {
    const type = typeof body === 'string' ? 'text/plain' : 'application/json'
    response.writeHead(code, { 'content-type': type, ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** Closes the connection without a response. */
export const hangUp: Script = ({ response }) => {
  response.destroy()
}

/** The last event. */
export const DONE = 'event: done\ndata: {}\n\n'
