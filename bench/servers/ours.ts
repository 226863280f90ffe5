import Fastify from 'fastify'
import sseFrom from '../../plugin/index.js'
import { sourceOf } from '../source.js'
import { host } from './host.js'

const app = Fastify()
// `scale` opens more streams than a server takes by default.
await app.register(sseFrom, { maxStreams: 20_000 })
app.get('/*', (request, reply) => reply.sseFrom(({ signal }) => sourceOf(request.url, signal)))

await app.ready()
host(app.server)
