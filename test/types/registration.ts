import {
  type FastifyPluginAsyncTypebox,
  type FastifyPluginCallbackTypebox,
  type TypeBoxTypeProvider,
  TypeBoxValidatorCompiler
} from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  type RouteHandlerMethod
} from 'fastify'
import fp from 'fastify-plugin'
import sseFrom, { eventStream, sseFrom as named, type PluginOptions } from '../../plugin/index.js'

const Tokens = eventStream({ message: Type.String(), done: Type.Object({ finishReason: Type.String() }) })
const Refusal = Type.Object({ message: Type.String() })
async function* answer() {
  yield 'a'
  return { finishReason: 'stop' }
}

// Any kind of server.

export const http1 = Fastify()
http1.register(sseFrom)
http1.register(named, { heartbeat: false, retry: 1000, prefix: '/a', logLevel: 'warn' })
http1.register(sseFrom, () => ({ heartbeat: 1000 }))
// @ts-expect-error a heartbeat is a number or false
http1.register(sseFrom, { heartbeat: 'often' })
// @ts-expect-error no option has this name
http1.register(sseFrom, { heartBeat: 1000 })
export const options: PluginOptions = { drainTimeout: 0, heartbeat: undefined }

export const http2 = Fastify({ http2: true })
http2.register(sseFrom)
http2.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(answer))
http2.get('/wrong', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  // @ts-expect-error a message is a string
  reply.sseFrom([1], { end: false })
)

declare const logger: FastifyBaseLogger & { audit(text: string): void }
export const ownLogger = Fastify({ loggerInstance: logger })
ownLogger.register(sseFrom)
ownLogger.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(answer))

// Any way to write a route.

const app = Fastify()
app.get('/await', { schema: { response: { 200: Tokens } } }, async (_request, reply) => {
  await reply.sseFrom(answer)
})
app.get('/return-await', { schema: { response: { 200: Tokens } } }, async (_request, reply) => {
  return await reply.sseFrom(answer)
})
app.get('/no-return', { schema: { response: { 200: Tokens } } }, (_request, reply) => {
  reply.sseFrom(answer)
})
app.get('/chained', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  reply.code(200).header('x-model', 'm').sseFrom(answer)
)
app.get('/this', { schema: { response: { 200: Tokens } } }, function (_request, reply) {
  this.log.info('asked')
  return reply.sseFrom(answer)
})
app.route({
  method: 'POST',
  url: '/route',
  schema: { body: Type.Object({ prompt: Type.String() }), response: { 200: Tokens } },
  handler: (_request, reply) => reply.sseFrom(answer)
})
app.route({
  method: 'POST',
  url: '/route/wrong',
  schema: { response: { 200: Tokens } },
  // @ts-expect-error a message is a string
  handler: (_request, reply) => reply.sseFrom([1], { end: false })
})
app.post<{ Body: { prompt: string } }>('/generic', (request, reply) => reply.sseFrom([request.body.prompt]))
const handler: RouteHandlerMethod = (_request, reply) => reply.sseFrom(['a'])
app.get('/handler', handler)
function namedHandler(request: FastifyRequest<{ Querystring: { q: string } }>, reply: FastifyReply) {
  return reply.sseFrom([request.query.q])
}
app.get('/named-handler', namedHandler)

// With a type provider.

const typebox = Fastify().setValidatorCompiler(TypeBoxValidatorCompiler).withTypeProvider<TypeBoxTypeProvider>()
typebox.get(
  '/stream',
  { schema: { querystring: Type.Object({ q: Type.String() }), response: { 200: Tokens, 404: Refusal } } },
  (request, reply) => {
    if (request.query.q === '') return reply.code(404).send({ message: 'no prompt' })
    return reply.sseFrom(async function* ({ signal }) {
      signal.throwIfAborted()
      yield request.query.q
      return { finishReason: 'stop' }
    })
  }
)
typebox.get('/wrong', { schema: { response: { 200: Tokens, 404: Refusal } } }, (_request, reply) =>
  // @ts-expect-error a message is a string
  reply.sseFrom([1], { end: false })
)
typebox.get('/wrong-refusal', { schema: { response: { 200: Tokens, 404: Refusal } } }, (_request, reply) =>
  // @ts-expect-error the other responses of the route stay typed
  reply.code(404).send({ message: 1 })
)
typebox.get('/async', { schema: { response: { 200: Tokens } } }, async (_request, reply) => reply.sseFrom(answer))
typebox.route({
  method: 'POST',
  url: '/route',
  schema: { body: Type.Object({ prompt: Type.String() }), response: { 200: Tokens } },
  handler: (request, reply) =>
    reply.sseFrom(async function* () {
      yield request.body.prompt
      return { finishReason: 'stop' }
    })
})

const WithJson = {
  ...Tokens,
  content: { ...Tokens.content, 'application/json': { schema: Type.Object({ text: Type.String() }) } }
}
typebox.get('/json-too', { schema: { response: { 200: WithJson } } }, async (request, reply) => {
  if (request.headers.accept === 'application/json') return { text: 'a' }
  return reply.sseFrom(answer)
})

// In plugins that users write.

const plain: FastifyPluginAsync<{ model: string }> = async (instance, { model }) => {
  instance.get('/plain', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
    reply.header('x-model', model).sseFrom(answer)
  )
}
app.register(plain, { model: 'm' })
const withProvider: FastifyPluginAsyncTypebox = async instance => {
  instance.get('/provider', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(answer))
  instance.get('/provider/wrong', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
    // @ts-expect-error a message is a string
    reply.sseFrom([1], { end: false })
  )
}
app.register(withProvider)
const withCallback: FastifyPluginCallbackTypebox = (instance, _options, done) => {
  instance.get('/callback', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(answer))
  done()
}
app.register(withCallback)
app.register(async (instance: FastifyInstance) => {
  instance.get('/inline', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(answer))
})
const shared = fp(async (instance: FastifyInstance) => {
  await instance.register(sseFrom, { heartbeat: 1000 })
  instance.get('/shared', (_request, reply) => reply.sseFrom(['a']))
})
app.register(shared)

// Next to what other plugins add to replies.

declare module 'fastify' {
  interface FastifyReply {
    traceId: number
    trace(): string
  }
  interface FastifyInstance {
    tracer: string
  }
}
app.decorate('tracer', 'a')
app.decorateReply('traceId', 1)
app.decorateReply('trace', function () {
  return `${this.traceId} ${this.statusCode}`
})
app.addHook('onSend', async (_request, reply) => {
  reply.header('x-trace', reply.trace())
})
app.setErrorHandler((error, _request, reply) => reply.sseFrom([String(error)]))

function mark(reply: FastifyReply): FastifyReply {
  return reply.header('x-marked', '1')
}
app.get('/helper', { schema: { response: { 200: Tokens } } }, (_request, reply) => {
  mark(reply)
  return reply.sseFrom(answer)
})
typebox.get('/helper', { schema: { response: { 200: Tokens } } }, (_request, reply) => {
  mark(reply)
  return reply.sseFrom(answer)
})
http2.get('/helper', { schema: { response: { 200: Tokens } } }, (_request, reply) => {
  // @ts-expect-error Fastify's own rule: FastifyReply without type arguments is for HTTP/1.1
  mark(reply)
  return reply.sseFrom(answer)
})
