import type { AddressInfo, Server } from 'node:net'
import { createInterface } from 'node:readline'
import { aborts } from '../source.js'

/** The questions that the bench may ask a server, one per line, and the answers, each a line of JSON. */
const answers: Record<string, () => unknown> = {
  /** Collects garbage, so that the remaining memory is what the open streams hold. */
  gc() {
    for (let i = 0; i < 3; i++) globalThis.gc?.()
    return true
  },
  /** When each stream was aborted since the last time the bench asked. */
  aborts() {
    const all = Object.fromEntries(aborts)
    aborts.clear()
    return all
  }
}

/** The number of connections that may wait to be accepted: the load generator opens thousands. */
const BACKLOG = 4096

/** Lets the bench use a server: listens, writes the port to stdout, and answers questions. */
export function host(server: Server): void {
  server.listen(0, '127.0.0.1', BACKLOG, () => {
    console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
  })
  const lines = createInterface({ input: process.stdin })
  lines.on('line', question => console.log(JSON.stringify(answers[question]?.() ?? null)))
  lines.on('close', () => process.exit())
}

/** A response over HTTP/1.1 or HTTP/2. */
interface Response {
  once(event: 'close', listener: () => void): unknown
  readonly writableFinished?: boolean
}

/** A signal that is aborted if the client leaves before the end. */
export function disconnected(response: Response): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

/** The headers of an event stream. */
export const HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }

/** The last event, as our plugin sends it. */
export const DONE = 'event: done\ndata: {}\n\n'

/** What an HTTP/2 server needs for TLS. */
export const TLS = { key: process.env.TLS_KEY, cert: process.env.TLS_CERT }
