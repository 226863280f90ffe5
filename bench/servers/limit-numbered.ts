import { createServer } from 'node:http'
import { newStreamId } from '../../plugin/replay/event-id.js'
import { sourceOf } from '../source.js'
import { DONE, HEAD, host, leaving } from './host.js'

/** The limit where each event has the id by which a client comes back to it. Nothing is kept for a client that does. */
const server = createServer(async (request, response) => {
  response.writeHead(200, HEAD)
  const id = newStreamId()
  let sequence = 0
  let text = ''
  const flush = () => {
    if (text !== '') response.write(text)
    text = ''
  }
  for await (const token of sourceOf(request.url as string, leaving(response))) {
    if (text === '') setImmediate(flush)
    text += `id: ${id}:${++sequence}\ndata: ${token}\n\n`
  }
  response.end(text + DONE)
  text = ''
})

host(server)
