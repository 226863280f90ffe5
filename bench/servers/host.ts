import type { ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { createInterface } from 'node:readline'
import { aborts } from '../source.js'

/** What the bench may ask of a server, a line each. The answer is a line of JSON. */
const answers: Record<string, () => unknown> = {
  /** Frees what can be freed, so that the memory that is left is that of the open streams. */
  gc() {
    for (let i = 0; i < 3; i++) globalThis.gc?.()
    return true
  },
  /** Which streams were aborted, and when. Forgets them. */
  aborts() {
    const all = Object.fromEntries(aborts)
    aborts.clear()
    return all
  }
}

/** How many connections may wait to be taken: the load opens thousands. */
const BACKLOG = 4096

/** Makes a server one of the bench: it listens, says its port, and answers what it is asked. */
export function host(server: Server): void {
  server.listen(0, '127.0.0.1', BACKLOG, () => {
    console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
  })
  const lines = createInterface({ input: process.stdin })
  lines.on('line', question => console.log(JSON.stringify(answers[question]?.() ?? null)))
  lines.on('close', () => process.exit())
}

/** A signal that is aborted when the client has left before the end. */
export function leaving(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

/** What an event stream says of itself. */
export const HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }

/** The last event, as the plugin sends it. */
export const DONE = 'event: done\ndata: {}\n\n'
