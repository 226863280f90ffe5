import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import sseFrom, { eventStream } from '../../plugin/index.js'
import { sources } from '../source.js'
import { host } from './host.js'

const app = Fastify()
await app.register(sseFrom)
app.get('/hot', { schema: { response: { 200: eventStream({ message: Type.String() }) } } }, (_request, reply) =>
  reply.sseFrom(() => sources.hot())
)

await app.ready()
host(app.server)
