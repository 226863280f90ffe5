import Fastify from 'fastify'
import { sourceOf } from '../source.js'
import { disconnected, host } from './host.js'

/** What people write by hand with Fastify. */
const app = Fastify()
app.get('/*', async (request, reply) => {
  let text = ''
  for await (const token of sourceOf(request.url, disconnected(reply.raw))) text += token
  return { text }
})

await app.ready()
host(app.server)
