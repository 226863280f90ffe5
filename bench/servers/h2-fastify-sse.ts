import { fastifySSE } from '@fastify/sse'
import Fastify from 'fastify'
import { sourceOf } from '../source.js'
import { host, TLS } from './host.js'

const app = Fastify({ http2: true, https: TLS })
await app.register(fastifySSE, { heartbeatInterval: 15_000 })
app.get('/*', { sse: 'only' }, async (request, reply) => {
  // The plugin does not cancel its source.
  const controller = new AbortController()
  reply.sse.onClose(() => controller.abort())
  await reply.sse.send(sourceOf(request.url, controller.signal))
})

await app.ready()
host(app.server)
