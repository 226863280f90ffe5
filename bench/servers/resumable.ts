import Fastify from 'fastify'
import sseFrom from '../../plugin/index.js'
import { sourceOf } from '../source.js'
import { host } from './host.js'

const app = Fastify()
await app.register(sseFrom, { resumable: { onDisconnect: 'abort' } })
app.get('/*', (request, reply) => reply.sseFrom(({ signal }) => sourceOf(request.url, signal)))

await app.ready()
host(app.server)
