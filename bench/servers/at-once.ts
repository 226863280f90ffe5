import { createServer } from 'node:http'
import { sourceOf } from '../source.js'
import { DONE, disconnected, HEAD, host } from './host.js'

/**
 * The best that Node can do: no framework, and one write for all tokens that are ready in the same turn of the event
 * loop. It omits what a real server must do: line ends in tokens, slow clients, errors.
 *
 * @param newEncoder makes the function that encodes the tokens of one stream as events
 */
export function serveAtOnce(newEncoder: () => (token: string) => string): void {
  const server = createServer(async (request, response) => {
    response.writeHead(200, HEAD)
    const encode = newEncoder()
    let text = ''
    const flush = () => {
      if (text !== '') response.write(text)
      text = ''
    }
    for await (const token of sourceOf(request.url as string, disconnected(response))) {
      if (text === '') setImmediate(flush)
      text += encode(token)
    }
    response.end(text + DONE)
    text = ''
  })
  host(server)
}
