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

await app.ready()
host(app.server)
