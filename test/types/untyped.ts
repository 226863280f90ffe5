import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import Fastify from 'fastify'
import sseFrom, { eventStream } from '../../plugin/index.js'

const app = Fastify().withTypeProvider<TypeBoxTypeProvider>()
app.register(sseFrom, { heartbeat: false })
const Tokens = eventStream({
  message: Type.String(),
  usage: Type.Object({ n: Type.Number() }),
  done: Type.Object({ finishReason: Type.String() })
})
function helper(reply: FastifyReply): void {
  reply.header('x', 1)
}
app.get('/a', (_request, reply) => reply.sseFrom(['a', 'b']))
app.get('/b', async (_request, reply) => {
  return reply.sseFrom(async function* ({ signal }) {
    yield { event: 'x', data: signal.aborted }
  })
})
app.get(
  '/c',
  {
    schema: {
      querystring: Type.Object({ q: Type.String() }),
      response: { 200: Tokens, 400: Type.Object({ m: Type.String() }) }
    }
  },
  (request, reply) => {
    helper(reply)
    request.query.q.toUpperCase()
    return reply.sseFrom(async function* () {
      yield 'x'
      yield { event: 'usage', data: { n: 1 } }
      return { finishReason: 'stop' }
    })
  }
)
app.get('/d', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  // @ts-expect-error not declared
  reply.sseFrom(async function* () {
    yield { event: 'nope', data: 1 }
    return { finishReason: 'stop' }
  })
)
app.get('/e', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  // @ts-expect-error no result
  reply.sseFrom(async function* () {
    yield 'x'
  })
)
app.get('/f', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  reply.sseFrom([{ n: 1 }, { n: 2 }], { event: 'usage', end: false })
)
app.get('/g', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  // @ts-expect-error wrong data
  reply.sseFrom([{ n: 'x' }], { event: 'usage', end: false })
)
app.get('/h', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  reply.sseFrom([1, 2], { end: false, map: n => String(n) })
)
app.get('/i', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  // @ts-expect-error
  reply.sseFrom([1, 2], { end: false, map: n => n })
)
app.get('/j', (_request, reply) =>
  // @ts-expect-error a text is no source
  reply.sseFrom('text')
)
declare module 'fastify' {
  interface FastifyReply {
    foo: number
    bar(): string
  }
  interface FastifyInstance {
    baz: string
  }
}
app.decorateReply('foo', 1)
app.decorateReply('bar', function () {
  return String(this.statusCode)
})
app.decorate('baz', 'x')
