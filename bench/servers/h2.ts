import Fastify from 'fastify'
import sseFrom from '../../plugin/index.js'
import { sourceOf } from '../source.js'
import { host, TLS } from './host.js'

const app = Fastify({ http2: true, https: TLS })
await app.register(sseFrom)
app.get('/*', (request, reply) => reply.sseFrom(({ signal }) => sourceOf(request.url, signal)))

await app.ready()
host(app.server)
