import { createServer } from 'node:http'
import { sourceOf } from '../source.js'
import { DONE, disconnected, HEAD, host } from './host.js'

/** What people write by hand: no framework, and one write per token. */
const server = createServer(async (request, response) => {
  response.writeHead(200, HEAD)
  for await (const token of sourceOf(request.url as string, disconnected(response)))
    response.write(`data: ${token}\n\n`)
  response.end(DONE)
})

host(server)
