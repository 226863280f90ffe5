import { createServer } from 'node:http'
import { sourceOf } from '../source.js'
import { DONE, HEAD, host, leaving } from './host.js'

/**
 * What Node can do at best: no framework, and one write for all tokens that are ready in one turn of the event loop.
 * It does nothing else that a server must do: no line ends in tokens, no slow clients, no errors.
 *
 * @param newFrames gives what writes the tokens of one stream
 */
export function serveAtOnce(newFrames: () => (token: string) => string): void {
  const server = createServer(async (request, response) => {
    response.writeHead(200, HEAD)
    const frame = newFrames()
    let text = ''
    const flush = () => {
      if (text !== '') response.write(text)
      text = ''
    }
    for await (const token of sourceOf(request.url as string, leaving(response))) {
      if (text === '') setImmediate(flush)
      text += frame(token)
    }
    response.end(text + DONE)
    text = ''
  })
  host(server)
}
