import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance, type FastifySerializerCompiler, type FastifyServerOptions } from 'fastify'
import * as zodProvider from 'fastify-type-provider-zod'
import t, { type Test } from 'tap'
import { z } from 'zod'
import sseFrom, { eventStream } from '../../../plugin/index.js'
import { Random, seed } from '../../helpers/random.js'

const Tokens = eventStream({
  message: Type.String(),
  usage: Type.Object({ tokens: Type.Integer(), cost: Type.Optional(Type.Number()) }),
  note: Type.Union([Type.Object({ a: Type.String() }), Type.Array(Type.Integer()), Type.Null()]),
  done: Type.Object({ finishReason: Type.String() })
})

/** What an app may have set where its routes declare events. */
const settings: Record<string, (app: FastifyInstance) => unknown> = {
  nothing: () => {},
  'the serializer compiler of fastify-type-provider-zod': app =>
    app.setSerializerCompiler(zodProvider.serializerCompiler),
  'a serializer compiler that declares nothing': app => app.setSerializerCompiler(() => data => JSON.stringify(data)),
  'a serializer compiler that throws late': app =>
    app.setSerializerCompiler(() => data => JSON.stringify(z.string().parse(data))),
  'a reply serializer': app => app.setReplySerializer(() => 'nothing')
}

const forEvents = (app: FastifyInstance) =>
  app.route({
    method: 'GET',
    url: '/',
    schema: { response: { 200: Tokens } },
    handler: (_request, reply) =>
      reply.sseFrom(async function* () {
        yield 'a'
        yield { event: 'usage', data: { tokens: 1, secret: 2 } }
        yield { event: 'note', data: { a: 'b', secret: 2 } }
        yield { event: 'note', data: [1] }
        return { finishReason: 'stop', secret: 2 }
      })
  })

const EXPECTED =
  'data: a\n\nevent: usage\ndata: {"tokens":1}\n\nevent: note\ndata: {"a":"b"}\n\nevent: note\ndata: [1]\n\n' +
  'event: done\nid: fastify-sse-from:end\ndata: {"finishReason":"stop"}\n\n'

async function start(t: Test, setup: (app: FastifyInstance) => unknown, options: FastifyServerOptions = {}) {
  const app = Fastify(options)
  t.teardown(() => app.close())
  await app.register(sseFrom)
  await setup(app)
  return app
}

for (const [name, setup] of Object.entries(settings)) {
  t.test(`kind: a compiler of the app (${name}) changes no declared event`, async t => {
    const app = await start(t, app => {
      setup(app)
      forEvents(app)
    })
    t.equal((await app.inject('/')).body, EXPECTED)
  })
}

t.test('kind: a compiler of the app leaves the routes of the app that has it alone', async t => {
  const app = await start(t, app => {
    app.setValidatorCompiler(zodProvider.validatorCompiler)
    app.setSerializerCompiler(zodProvider.serializerCompiler)
    app.get(
      '/zod',
      { schema: { querystring: z.object({ a: z.coerce.number() }), response: { 200: z.object({ a: z.number() }) } } },
      async ({ query }) => {
        return { ...(query as object), secret: 1 }
      }
    )
    app.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(['a'], { end: false }))
  })
  t.equal((await app.inject('/zod?a=5')).body, '{"a":5}')
  t.equal((await app.inject('/')).body, 'data: a\n\n')
})

t.test('kind: a compiler of the app still serves the other responses of a route with events', async t => {
  const refusal = async (app: FastifyInstance, response: object, compiler?: FastifySerializerCompiler<unknown>) => {
    app.route({
      method: 'GET',
      url: '/refusal',
      schema: { response: { 200: Tokens, 403: response } },
      ...(compiler && { serializerCompiler: compiler }),
      handler: (_request, reply) => reply.code(403).send({ a: 'b', secret: 1 })
    })
  }
  const declared = { type: 'object', properties: { a: { type: 'string' } } }
  const body = async (setup: (app: FastifyInstance) => unknown) =>
    (await (await start(t, setup)).inject('/refusal')).body
  t.equal(await body(app => refusal(app, declared)), '{"a":"b"}')
  const zod = z.object({ a: z.string() })
  t.equal(await body(app => refusal(app.setSerializerCompiler(zodProvider.serializerCompiler), zod)), '{"a":"b"}')
  t.equal(await body(app => refusal(app, declared, () => () => 'own')), 'own')
  const shared = (app: FastifyInstance) => {
    app.get('/first', { schema: { response: { 200: declared } } }, async () => ({}))
    app.register(async child => {
      child.addSchema({ $id: 'shared', ...declared })
      await refusal(child, { $ref: 'shared#' })
    })
  }
  t.equal(await body(shared), '{"a":"b"}')
  const broken = await start(t, app => refusal(app, { $ref: 'missing#' }))
  await t.rejects(async () => void (await broken.ready()), { code: 'FST_ERR_SCH_SERIALIZATION_BUILD' })
})

t.test(`kind: a compiler of the app changes no declared event, generated (seed ${seed})`, async t => {
  const random = new Random(seed)
  for (let i = 0; i < 20; i++) {
    const names = ['a', 'b', 'c', 'd'].filter(() => random.chance(0.5))
    const types = names.map(() =>
      random.pick([Type.String(), Type.Integer(), Type.Boolean(), Type.Array(Type.Integer())])
    )
    const schema = Type.Object(Object.fromEntries(names.map((name, at) => [name, types[at] ?? Type.Null()])))
    const value = { string: 'x', integer: 5, boolean: true, array: [1, 2] }
    const declared = Object.fromEntries(names.map((name, at) => [name, value[types[at]?.type as keyof typeof value]]))
    const Own = eventStream({ message: schema })
    const bodies = []
    for (const setup of Object.values(settings)) {
      const app = await start(t, app => {
        setup(app)
        app.route({
          method: 'GET',
          url: '/',
          schema: { response: { 200: Own } },
          handler: (_request, reply) => reply.sseFrom([{ ...declared, secret: 1 }] as never[], { end: false })
        })
      })
      bodies.push((await app.inject('/')).body)
    }
    t.strictSame(
      bodies,
      bodies.map(() => `data: ${JSON.stringify(declared)}\n\n`)
    )
  }
})
