import Fastify from 'fastify'
import sseFrom from '../../plugin/index.js'
import { sourceOf } from '../source.js'
import { host } from './host.js'

const app = Fastify()
await app.register(sseFrom)
app.get('/*', (request, reply) => reply.sseFrom(({ signal }) => sourceOf(request.url, signal)))

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
host(app.server)
