import { createServer } from 'node:http'
import { createSession } from 'better-sse'
import { sourceOf } from '../source.js'
import { host } from './host.js'

const server = createServer(async (request, response) => {
  const session = await createSession(request, response, { keepAlive: 15_000 })
  const controller = new AbortController()
  session.once('disconnected', () => controller.abort())
  for await (const token of sourceOf(request.url as string, controller.signal)) {
    // `push` throws if the client has left.
    if (!session.isConnected) return
    session.push(token)
  }
  response.end()
})

host(server)
