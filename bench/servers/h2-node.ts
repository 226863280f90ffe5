import { createSecureServer } from 'node:http2'
import { sourceOf } from '../source.js'
import { DONE, disconnected, HEAD, host, TLS } from './host.js'

/** What people write by hand: no framework, and one write per token. */
const server = createSecureServer(TLS, async (request, response) => {
  response.writeHead(200, HEAD)
  for await (const token of sourceOf(request.url, disconnected(response))) response.write(`data: ${token}\n\n`)
  response.end(DONE)
})

host(server)
