import Fastify from 'fastify'
import sseFrom from '../../plugin/index.js'
import { sourceOf } from '../source.js'
import { host } from './host.js'

const app = Fastify()
await app.register(sseFrom)
app.get('/*', (request, reply) =>
  reply.sseFrom(({ signal }) => sourceOf(request.url, signal), { json: ({ text }) => ({ text }) })
)

await app.ready()
host(app.server)
