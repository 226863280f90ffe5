import swagger from '@fastify/swagger'
import { FormatRegistry, Type } from '@sinclair/typebox'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import Fastify from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider
} from 'fastify-type-provider-zod'
import t from 'tap'
import Type1 from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import { openStream } from '../../../client/index.js'
import sseFrom, { type DataSchema, eventStream, withEventStreams } from '../../../plugin/index.js'
import { DONE, errorFrame, sourceServer } from '../../helpers/source-server.js'

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  }
})

/** The same events, declared with each library. */
const libraries = {
  'TypeBox 0.34': {
    message: Type.String(),
    usage: Type.Object({ tokens: Type.Integer(), cost: Type.Optional(Type.Number()) }),
    reason: Type.Union([Type.Literal('stop'), Type.Literal('length')]),
    list: Type.Array(Type.Object({ a: Type.Union([Type.String(), Type.Null()]) }))
  },
  'TypeBox 1': {
    message: Type1.String(),
    usage: Type1.Object({ tokens: Type1.Integer(), cost: Type1.Optional(Type1.Number()) }),
    reason: Type1.Enum(['stop', 'length']),
    list: Type1.Array(Type1.Object({ a: Type1.Union([Type1.String(), Type1.Null()]) }))
  },
  zod: {
    message: z.string(),
    usage: z.object({ tokens: z.int(), cost: z.number().optional() }),
    reason: z.enum(['stop', 'length']),
    list: z.array(z.object({ a: z.string().nullable() }))
  },
  valibot: {
    message: toStandardJsonSchema(v.string()),
    usage: toStandardJsonSchema(v.object({ tokens: v.pipe(v.number(), v.integer()), cost: v.optional(v.number()) })),
    reason: toStandardJsonSchema(v.picklist(['stop', 'length'])),
    list: toStandardJsonSchema(v.array(v.object({ a: v.nullable(v.string()) })))
  },
  ArkType: {
    message: type('string'),
    usage: type({ tokens: 'number.integer', 'cost?': 'number' }),
    reason: type("'stop' | 'length'"),
    list: type({ a: 'string | null' }).array()
  }
} satisfies Record<string, Record<string, DataSchema>>

for (const [library, map] of Object.entries(libraries)) {
  t.test(`events that are declared with ${library}`, async t => {
    const Events = eventStream(map)
    const ask = sourceServer(t, { schema: { response: { 200: Events } } })

    t.test('are sent as they are declared', async t => {
      const { text } = await ask([
        'a\nb',
        { event: 'usage', data: { tokens: 1, secret: 2 } },
        { event: 'reason', data: 'stop' },
        { event: 'list', data: [{ a: null, secret: 3 }, { a: 'x' }] }
      ])
      t.equal(
        text,
        'data: a\ndata: b\n\nevent: usage\ndata: {"tokens":1}\n\nevent: reason\ndata: stop\n\n' +
          `event: list\ndata: [{"a":null},{"a":"x"}]\n\n${DONE}`
      )
    })

    t.test('are refused where they are not, without showing them', async t => {
      const wrong = [5, { event: 'usage', data: { tokens: 'sk-12345' } }, { event: 'reason', data: 'sk-12345' }]
      for (const item of [...wrong, { event: 'list', data: [{ a: 'x' }, { a: ['sk-12345'] }] }]) {
        const { status, error } = await ask([item])
        t.equal(status, 500)
        t.match(error, { code: 'FST_SSE_EVENT_INVALID', message: /^invalid event: the data of "\w+" is not what/ })
        t.notMatch(error.message, '12345')
      }
      const { error } = await ask([{ event: 'usage', data: { tokens: 'a' } }])
      t.match(error.message, /at \/tokens, but it is a string$/)
      const { text } = await ask(['a', { event: 'usage', data: { tokens: 0.5 } }])
      t.equal(text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
    })

    t.test('are documented', async t => {
      const app = Fastify()
      t.teardown(() => app.close())
      await app.register(swagger, { openapi: { openapi: '3.2.0', info: { title: 'a', version: '1' } } })
      await app.register(sseFrom)
      app.get('/', { schema: { response: { 200: Events } } }, (_request, reply) => reply.sseFrom([]))
      await app.ready()
      const { content } = (JSON.parse(JSON.stringify(app.swagger())) as Document).paths['/'].get.responses[200]
      const data = content['text/event-stream'].itemSchema.oneOf.map(({ properties }) => properties.data)
      const [message, usage, reason, list] = data as [Json, Json, Json, Json]
      t.match(message, { type: 'string' })
      t.notOk('contentSchema' in message)
      t.match(usage, {
        type: 'string',
        contentMediaType: 'application/json',
        contentSchema: {
          type: 'object',
          properties: { tokens: { type: 'integer' }, cost: { type: 'number' } },
          required: ['tokens']
        }
      })
      t.notOk('contentSchema' in reason, 'a text')
      t.match(list, { contentSchema: { type: 'array', items: { type: 'object', required: ['a'] } } })
      t.notMatch(JSON.stringify(data), /\$schema|~/)
    })

    t.test('are checked by the client', async t => {
      const read = async (body: string) => {
        const headers = { 'content-type': 'text/event-stream' }
        const events = []
        for await (const { event, data } of openStream('/', {
          validate: Events as typeof zodEvents,
          end: 'reason',
          fetch: async () => new Response(body, { headers })
        })) {
          events.push([event, data])
        }
        return events
      }
      t.strictSame(await read('data: 42\n\nevent: usage\ndata: {"tokens":1}\n\nevent: reason\ndata: stop\n\n'), [
        ['message', '42'],
        ['usage', { tokens: 1 }],
        ['reason', 'stop']
      ])
      await t.rejects(read('event: usage\ndata: {"tokens":"1"}\n\n'), {
        code: 'SSE_EVENT_INVALID',
        message: /is not what the route declares: .* at \/tokens, but it is a string/
      })
      await t.rejects(read('event: other\ndata: 1\n\n'), /declares no event "other"/)
    })
  })
}

interface Json {
  [key: string]: unknown
}
interface Document {
  paths: {
    '/': {
      get: {
        responses: {
          200: { content: { 'text/event-stream': { itemSchema: { oneOf: { properties: { data: Json } }[] } } } }
        }
      }
    }
  }
}

const zodEvents = eventStream(libraries.zod)

t.test('what a schema makes of data is sent', async t => {
  const map = {
    message: z.string().trim(),
    usage: z.object({ tokens: z.int().default(7) }),
    any: z.looseObject({ a: z.number() }),
    note: z.discriminatedUnion('type', [
      z.object({ type: z.literal('a'), a: z.number() }),
      z.object({ type: z.literal('b'), b: z.string() })
    ]),
    tree: Tree,
    pair: z.tuple([z.string(), z.number()]),
    record: z.record(z.string(), z.number())
  }
  const ask = sourceServer(t, { schema: { response: { 200: eventStream(map) } } })
  const { text } = await ask(
    [
      ' a ',
      { event: 'usage', data: {} },
      { event: 'any', data: { a: 1, b: { c: 2 } } },
      { event: 'note', data: { type: 'b', b: 'x', secret: 1 } },
      { event: 'tree', data: { name: 'a', children: [{ name: 'b', children: [], secret: 1 }] } },
      { event: 'pair', data: ['a', 1] },
      { event: 'record', data: { a: 1 } }
    ],
    { end: false }
  )
  t.strictSame(text.match(/(?<=data: ).*/g), [
    'a',
    '{"tokens":7}',
    '{"a":1,"b":{"c":2}}',
    '{"type":"b","b":"x"}',
    '{"name":"a","children":[{"name":"b","children":[]}]}',
    '["a",1]',
    '{"a":1}'
  ])
})

t.test('a recursive schema says of which schema its references are', async t => {
  const { itemSchema } = eventStream({ tree: Tree }).content['text/event-stream'] as { itemSchema: object }
  const text = JSON.stringify(itemSchema)
  const [, id] = /"contentSchema":{"\$id":"([^"]+)"/.exec(text) ?? []
  t.match(text, `"items":{"$ref":"${id}#"}`)
})

t.test('every kind of schema of TypeBox 1 that JSON can carry', async t => {
  FormatRegistry.Set('even', text => text.length % 2 === 0)
  t.teardown(() => FormatRegistry.Delete('even'))
  const Even = Type1.Refine(Type1.Integer(), value => value % 2 === 0)
  const kinds: Record<string, { schema: DataSchema; good: [data: unknown, sent: string][]; bad: unknown[] }> = {
    literal: { schema: Type1.Literal(1), good: [[1, '1']], bad: [2] },
    boolean: { schema: Type1.Boolean(), good: [[true, 'true']], bad: [0] },
    null: { schema: Type1.Null(), good: [[null, 'null']], bad: [0] },
    enum: {
      schema: Type1.Enum(['a', 1]),
      good: [
        ['a', 'a'],
        [1, '1']
      ],
      bad: ['b', null]
    },
    tuple: {
      schema: Type1.Tuple([Type1.String(), Type1.Number()]),
      good: [[['a', 1], '["a",1]']],
      bad: [['a'], [1, 'a']]
    },
    record: { schema: Type1.Record(Type1.String(), Type1.Number()), good: [[{ a: 1 }, '{"a":1}']], bad: [{ a: 'b' }] },
    closed: {
      schema: Type1.Object({ a: Type1.Number() }, { additionalProperties: false }),
      good: [[{ a: 1 }, '{"a":1}']],
      bad: [{ a: 1, b: 2 }]
    },
    open: {
      schema: Type1.Object({}, { additionalProperties: Type1.Number() }),
      good: [[{ a: 1 }, '{"a":1}']],
      bad: [{ a: 'b' }]
    },
    intersection: {
      schema: Type1.Intersect([Type1.Object({ a: Type1.Number() }), Type1.Object({ b: Type1.Number() })]),
      good: [[{ a: 1, b: 2, c: 3 }, '{"a":1,"b":2}']],
      bad: [{ a: 1 }]
    },
    recursive: {
      schema: Type1.Cyclic({ A: Type1.Object({ n: Type1.String(), c: Type1.Array(Type1.Ref('A')) }) }, 'A'),
      good: [[{ n: 'a', c: [{ n: 'b', c: [], secret: 1 }] }, '{"n":"a","c":[{"n":"b","c":[]}]}']],
      bad: [{ n: 'a', c: [{}] }]
    },
    refined: { schema: Even, good: [[2, '2']], bad: [3, 'a'] },
    contains: {
      schema: Type1.Array(Type1.Number(), { contains: Type1.Literal(1) }),
      good: [[[1, 2], '[1,2]']],
      bad: [[2]]
    },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of TypeBox
    template: { schema: Type1.TemplateLiteral('a${string}'), good: [['ab', 'ab']], bad: ['b'] },
    email: { schema: Type1.String({ format: 'email' }), good: [['a@b.example', 'a@b.example']], bad: [1] },
    even: { schema: Type1.String({ format: 'even' }), good: [['ab', 'ab']], bad: ['abc'] },
    anything: { schema: Type1.Unknown(), good: [[{ a: 1 }, '{"a":1}']], bad: [undefined] },
    unsafe: { schema: Type1.Unsafe<'a'>({ type: 'string', const: 'a' }), good: [['a', 'a']], bad: ['b'] },
    keywords: {
      schema: Type1.Unsafe<object>({
        type: 'object',
        required: ['a'],
        properties: {
          a: { anyOf: [{ type: 'integer' }, { enum: ['x', null] }] },
          b: {},
          c: { type: 'array' },
          d: { type: 'object' },
          e: { const: 1 }
        }
      }),
      good: [
        [{ a: 1, b: [2], c: [3], d: {}, e: 1, f: 4 }, '{"a":1,"b":[2],"c":[3],"d":{},"e":1}'],
        [{ a: null }, '{"a":null}']
      ],
      bad: [{ a: 'y' }, { a: 1, c: 2 }, { a: 1, d: [] }, { a: 1, e: 2 }]
    }
  }
  const map = Object.fromEntries(Object.entries(kinds).map(([name, { schema }]) => [name, schema]))
  const ask = sourceServer(t, { schema: { response: { 200: eventStream(map) } } })
  for (const [event, { good, bad }] of Object.entries(kinds)) {
    for (const [data, sent] of good) {
      t.equal((await ask([{ event, data }], { end: false })).text, `event: ${event}\ndata: ${sent}\n\n`)
    }
    for (const data of bad) t.match((await ask([{ event, data }])).error, { code: 'FST_SSE_EVENT_INVALID' }, event)
  }
})

t.test('eventStream names the event whose schema it cannot take', async t => {
  const wrong: [schema: unknown, why: RegExp][] = [
    [5, /takes a TypeBox schema or a Standard Schema with JSON Schema, but it is a number/],
    [undefined, /but it is undefined/],
    [{ type: 'string' }, /but it is an object/],
    [v.string(), /valibot without JSON Schema: pass it to toStandardJsonSchema\(\)/],
    [{ '~standard': { version: 1, vendor: 'own', validate: () => ({ value: 1 }) } }, /own without JSON Schema$/],
    [z.date(), /Date cannot be represented/],
    [z.string().transform(Number), /Transforms cannot be represented/],
    [Type1.BigInt(), /TypeBox 1's BigInt is not supported/],
    [Type1.Unsafe({ title: 'a' }), /TypeBox 1's schema without a type is not supported/]
  ]
  for (const [schema, why] of wrong) {
    t.throws(() => eventStream({ message: Type.String(), usage: schema as DataSchema }), {
      code: 'FST_SSE_EVENT_INVALID',
      statusCode: 500,
      message: new RegExp(`^invalid event: the schema of "usage" .*${why.source}`)
    })
  }
  const throwing = {
    get '~standard'() {
      throw 'no'
    }
  }
  t.throws(() => eventStream({ usage: throwing as never }), /the schema of "usage" no/)
})

t.test('a schema that cannot be asked at once refuses the event', async t => {
  const late = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: async () => {
        throw new Error('late')
      },
      jsonSchema: { output: () => ({ type: 'string' }) }
    }
  } as const
  let times = 0
  const fickle = z.string().refine(() => times++ % 2 === 1)
  const ask = sourceServer(t, { schema: { response: { 200: eventStream({ message: late, fickle }) } } })
  const { error } = await ask(['a'])
  t.match(error, { code: 'FST_SSE_EVENT_INVALID', message: 'the data of "message" cannot be checked' })
  t.match(ask.log.find(({ level }) => level === 50)?.err, {
    message: /cannot be checked/,
    stack: /its schema is asynchronous/
  })
  t.match(
    (await ask([{ event: 'fickle', data: 'a' }])).error.message,
    /declares: It does not match, but it is a string/
  )
})

t.test("a route in an app that has fastify-type-provider-zod's compilers", async t => {
  const app = Fastify().withTypeProvider<ZodTypeProvider>()
  t.teardown(() => app.close())
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'a', version: '1' } },
    transform: withEventStreams(jsonSchemaTransform)
  })
  await app.register(sseFrom)
  const Refusal = z.object({ why: z.string() })
  const Either = {
    ...zodEvents,
    content: { ...zodEvents.content, 'application/json': { schema: z.object({ text: z.string() }) } }
  }
  app.get('/either', { schema: { response: { 200: Either } } }, async (_request, reply) => reply.sseFrom(['a']))
  app.get('/other', { schema: { response: { 200: Refusal } } }, async () => ({ why: 'a' }))
  app.get('/none', async () => 'a')
  app.post(
    '/',
    { schema: { body: z.object({ prompt: z.string() }), response: { 200: zodEvents, 403: Refusal } } },
    (request, reply) => {
      if (request.body.prompt === 'no') return reply.code(403).send({ why: 'no' })
      return reply.sseFrom([request.body.prompt, { event: 'usage', data: { tokens: 1 } }])
    }
  )
  await app.ready()
  const ask = async (payload: object) => app.inject({ method: 'POST', url: '/', payload })
  t.equal((await ask({ prompt: 'a' })).body, `data: a\n\nevent: usage\ndata: {"tokens":1}\n\n${DONE}`)
  t.match(await ask({ prompt: 'no' }), { statusCode: 403, body: '{"why":"no"}' })
  t.equal((await ask({ prompt: 1 })).statusCode, 400)
  const { paths } = app.swagger() as { paths: Record<string, Record<string, { responses?: object }>> }
  const events = { schema: { type: 'array' }, itemSchema: { oneOf: [{ properties: { data: { type: 'string' } } }] } }
  const refusal = { type: 'object', properties: { why: { type: 'string' } } }
  t.match(paths, {
    '/': {
      post: {
        requestBody: {},
        responses: {
          200: { description: 'Server-sent events', content: { 'text/event-stream': events } },
          403: { content: { 'application/json': { schema: refusal } } }
        }
      }
    },
    '/either': {
      get: {
        responses: {
          200: {
            content: {
              'text/event-stream': events,
              'application/json': { schema: { properties: { text: { type: 'string' } } } }
            }
          }
        }
      }
    },
    '/other': { get: { responses: { 200: { content: { 'application/json': { schema: refusal } } } } } },
    '/none': {}
  })
})
