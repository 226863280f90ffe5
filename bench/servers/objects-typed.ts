import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import sseFrom, { eventStream } from '../../plugin/index.js'
import { objects } from '../source.js'
import { host } from './host.js'

const Token = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  text: Type.String(),
  logprob: Type.Number(),
  final: Type.Boolean()
})

const app = Fastify()
await app.register(sseFrom)
app.get('/hot', { schema: { response: { 200: eventStream({ message: Token }) } } }, (_request, reply) =>
  reply.sseFrom(async function* () {
    for (const object of objects) yield object
  })
)

await app.ready()
host(app.server)
