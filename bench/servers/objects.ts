import Fastify from 'fastify'
import sseFrom from '../../plugin/index.js'
import { objects } from '../source.js'
import { host } from './host.js'

const app = Fastify()
await app.register(sseFrom)
app.get('/hot', (_request, reply) =>
  reply.sseFrom(async function* () {
    for (const object of objects) yield object
  })
)

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
host(app.server)
