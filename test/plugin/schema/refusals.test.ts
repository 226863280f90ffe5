import { Type } from '@sinclair/typebox'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import Fastify from 'fastify'
import t from 'tap'
import Type1 from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import { openStream } from '../../../client/index.js'
import sseFrom, { type DataSchema, eventStream } from '../../../plugin/index.js'
import { textFormOf } from '../../../plugin/schema/text-form.js'
import { injectSse } from '../../../testing/index.js'
import { errorFrame, sourceServer } from '../../helpers/source-server.js'

/** A Standard Schema that no library has made. */
function handMade(validate: (value: unknown) => unknown, json: object = { type: 'object' }): DataSchema {
  const jsonSchema = { output: () => json }
  return { '~standard': { version: 1, vendor: 'own', validate, jsonSchema } } as unknown as DataSchema
}

const secretOf = (input: unknown): string => JSON.stringify(input).slice(2, 12)

t.test('kind: no message of any library shows the data, whole or in part', async t => {
  const leaks: Record<string, [schema: DataSchema, data: unknown, where: string]> = {
    'ArkType, a number': [type('number < 5'), 424242, 'but it is a number'],
    'ArkType, text': [type('string < 5'), 'sk-424242', 'but it is a string'],
    'ArkType, an array': [type('string[] < 2'), ['sk-424242', 'b'], 'but it is an array'],
    'ArkType, an object': [
      type({ key: 'string' }).narrow((_data, ctx) => ctx.mustBe('short')),
      { key: 'sk-424242' },
      'but it is an object'
    ],
    'ArkType, a property': [type({ a: { b: 'number < 5' } }), { a: { b: 424242 } }, 'at /a/b, but it is a number'],
    'zod, a part of it': [
      z.object({ key: z.string() }).refine(() => false, { error: ({ input }) => secretOf(input) }),
      { key: 'sk-424242' },
      'but it is an object'
    ],
    'zod, where there is nothing': [
      z.object({ key: z.string() }).refine(() => false, { path: ['no'], error: ({ input }) => secretOf(input) }),
      { key: 'sk-424242' },
      'at /no, but it is undefined'
    ],
    'zod, a flag': [z.boolean({ error: ({ input }) => String(input) }), 424242, 'but it is a number'],
    valibot: [
      toStandardJsonSchema(
        v.object({
          key: v.pipe(
            v.string(),
            v.maxLength(2, ({ input }) => input.slice(0, 6))
          )
        })
      ),
      { key: 'sk-424242' },
      'at /key, but it is a string'
    ],
    'a hand-made schema': [
      handMade(value => ({ issues: [{ message: `no ${secretOf(value)}`, path: [{ key: 'key' }] }] })),
      { key: 'sk-424242' },
      'at /key, but it is a string'
    ]
  }
  for (const [name, [schema, data, where]] of Object.entries(leaks)) {
    const ask = sourceServer(t, { schema: { response: { 200: eventStream({ message: schema }) } } })
    const { error } = await ask([data])
    t.match(error, { code: 'FST_SSE_EVENT_INVALID' }, name)
    t.match(error.message, new RegExp(`declares: It does not match,? ?${where}$`.replace(',? ?but', ', but')), name)
    t.notMatch(JSON.stringify([error, ask.log]), /sk-|424/, name)
  }
})

t.test('kind: an issue of any form refuses the event and its data only', async t => {
  const issues: Record<string, unknown> = {
    'no message': [{}],
    'steps that are no keys': [{ message: 'a', path: [null, undefined, Symbol('a')] }],
    'a step without a text': [{ message: 'a', path: [{ key: { toString: null } }] }],
    'a path that is no list': [{ message: 'a', path: 5 }],
    'no issue': [],
    null: null,
    'no list': 5
  }
  for (const [name, given] of Object.entries(issues)) {
    const map = { message: Type.String(), usage: handMade(() => ({ issues: given })) }
    const ask = sourceServer(t, { schema: { response: { 200: eventStream(map) } } })
    const { status, error } = await ask([{ event: 'usage', data: { a: 1 } }])
    t.match({ status, code: error.code }, { status: 500, code: 'FST_SSE_EVENT_INVALID' }, name)
    t.match(
      error.message,
      /^invalid event: the data of "usage" is not what the route declares: It does not match/,
      name
    )
    const { text } = await ask(['a', { event: 'usage', data: { a: 1 } }])
    t.equal(text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`, name)
  }
})

t.test('`validate` of a schema is a method', async t => {
  const standard = {
    version: 1,
    vendor: 'own',
    limit: 5,
    validate(value: unknown) {
      return Number(value) < this.limit ? { value } : { issues: [{ message: 'a' }] }
    },
    jsonSchema: { output: () => ({ type: 'number' }) }
  }
  const Events = eventStream({ message: { '~standard': standard } as DataSchema })
  const ask = sourceServer(t, { schema: { response: { 200: Events } } })
  t.equal((await ask([3], { end: false })).text, 'data: 3\n\n')
  t.match((await ask([7])).error, { code: 'FST_SSE_EVENT_INVALID' })
})

t.test('the log tells the error of a check that throws', async t => {
  const throwing = () => {
    throw new Error('no database')
  }
  const schemas: Record<string, DataSchema> = {
    zod: z.string().refine(throwing),
    'a property of zod': z.object({ a: z.string().refine(throwing) }),
    ArkType: type('string').narrow(throwing),
    'a hand-made schema': handMade(throwing)
  }
  for (const [name, schema] of Object.entries(schemas)) {
    const ask = sourceServer(t, { schema: { response: { 200: eventStream({ message: schema }) } } })
    const { error } = await ask([name === 'a property of zod' ? { a: 'a' } : 'a'])
    t.match(error, { code: 'FST_SSE_EVENT_INVALID', message: 'the data of "message" cannot be checked' }, name)
    const { err } = ask.log.find(({ level }) => level === 50) ?? {}
    t.match(err, { stack: /no database/ }, name)
    t.notMatch(err, { stack: /asynchronous/ }, name)
  }
  const late = z.string().refine(async () => true)
  let calls = 0
  const fickle = z.string().refine(() => {
    if (calls++ === 0) throw new Error('once')
    return true
  })
  for (const schema of [late, fickle]) {
    const ask = sourceServer(t, { schema: { response: { 200: eventStream({ message: schema }) } } })
    t.match((await ask(['a'])).error, { code: 'FST_SSE_EVENT_INVALID' })
    t.match(ask.log.find(({ level }) => level === 50)?.err, { stack: /its schema is asynchronous/ })
  }
})

t.test('a JSON body whose check throws is refused with a code', async t => {
  const boom = handMade(() => {
    throw new Error('no database')
  })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  const Answer = eventStream({ message: Type.String() }, { json: boom })
  app.get('/', { schema: { response: { 200: Answer } } }, (_request, reply) =>
    reply.sseFrom(['a'], { json: () => ({}) as never })
  )
  const response = await app.inject({ url: '/', headers: { accept: 'application/json' } })
  t.match(response.json(), { statusCode: 500, code: 'FST_SSE_BODY_INVALID', message: /it cannot be checked/ })
})

t.test('kind: clients read what was sent, whatever a schema makes of the text of it', async t => {
  const union = z.union([z.enum(['a', 'b']), z.number(), z.object({ a: z.number() })])
  const cases: Record<string, [schema: unknown, ...data: unknown[]]> = {
    'zod, a number with a fallback': [z.number().catch(0), 5, 0],
    'zod, a flag with a fallback': [z.boolean().catch(false), true, false],
    'zod, an object with a fallback': [z.object({ a: z.number() }).catch({ a: -1 }), { a: 1 }],
    'zod, a flag of anything': [z.coerce.boolean(), false, true],
    'zod, a number of anything': [z.coerce.number(), 5],
    'zod, text of anything': [z.coerce.string(), 'a', '5', '{"a":1}'],
    'zod, text with a fallback': [z.string().catch('a'), 'b', '5', ''],
    'zod, trimmed text': [z.string().trim(), 'a', '5'],
    'zod, a union with a fallback': [union.catch('a'), 'b', 5, { a: 1 }],
    'zod, a number or null': [z.number().nullable().catch(null), 5, null],
    'zod, constants': [z.literal([1, 2]).catch(1), 2],
    'zod, one constant': [z.literal(true).catch(true), true],
    'zod, an intersection': [z.intersection(z.object({ a: z.number() }), z.object({ b: z.number() })), { a: 1, b: 2 }],
    'zod, a recursive schema': [Tree.catch({ name: 'no', children: [] }), { name: 'a', children: [] }],
    'zod, anything': [z.unknown(), 'a', '{"a":1}'],
    'valibot, a number with a fallback': [toStandardJsonSchema(v.fallback(v.number(), 0)), 5],
    'ArkType, text or a number': [type('number | string'), 'a', 'b'],
    'ArkType, a recursive type': [type.module({ N: { n: 'string', 'k?': 'N[]' } }).N, { n: 'a', k: [{ n: 'b' }] }],
    'TypeBox, a recursive union': [
      Type.Recursive(This => Type.Union([Type.Object({ v: Type.Number() }), Type.Array(This)])),
      { v: 1 },
      [{ v: 1 }]
    ],
    'TypeBox, a module': [
      Type.Module({ A: Type.Union([Type.Ref('B'), Type.Null()]), B: Type.Object({ a: Type.String() }) }).Import('A'),
      { a: 'a' },
      null
    ]
  }
  for (const [name, [schema, ...data]] of Object.entries(cases)) {
    const Events = eventStream({ message: schema as DataSchema })
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(sseFrom)
    app.get('/', { schema: { response: { 200: Events } } }, (_request, reply) =>
      reply.sseFrom(data.map(data => ({ data })) as never)
    )
    const events = await (await injectSse(app, { url: '/', schema: Events })).events()
    const wanted = [...data, {}]
    t.strictSame(
      events.map(({ data }) => data),
      wanted,
      name
    )
    const read = []
    const fetch = async () =>
      new Response((await app.inject('/')).body, { headers: { 'content-type': 'text/event-stream' } })
    for await (const { data } of openStream('/', { validate: Events, fetch })) read.push(data)
    t.strictSame(read, wanted, name)
  }
})

const SELF = { $ref: '#' }

t.test('a schema may be that of text unless a keyword forbids it', async t => {
  const number = { type: 'number' }
  for (const schema of [
    {},
    { type: ['null', 'string'] },
    { enum: [1, 'a'] },
    { const: 'a' },
    { anyOf: [number, { oneOf: [number, {}] }] },
    { allOf: [{}, { type: 'string' }] },
    { $ref: 'elsewhere' },
    { $ref: '#/$defs/a', $defs: { a: { const: 'a' } } }
  ]) {
    t.not(textFormOf(schema), 'never', JSON.stringify(schema))
  }
  for (const schema of [
    number,
    { type: ['null', 'integer'] },
    { enum: [1, null] },
    { const: 1 },
    { anyOf: [number, SELF] },
    { oneOf: [number] },
    { allOf: [{}, number] },
    { $ref: 'a', $defs: { a: number } },
    { $ref: 'b#/definitions/a', definitions: { a: { anyOf: [number, { $ref: 'b#/definitions/a' }] } } }
  ]) {
    t.equal(textFormOf(schema), 'never', JSON.stringify(schema))
  }
})

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  }
})

t.test('text is read as the schema makes it where it is no JSON, and refused where it fits nothing', async t => {
  const read = async (schema: DataSchema, body: string) => {
    const headers = { 'content-type': 'text/event-stream' }
    const fetch = async () => new Response(body, { headers })
    for await (const { data } of openStream('/', { validate: eventStream({ message: schema }), fetch })) return data
    return undefined
  }
  const mixed = z.union([z.string().toUpperCase(), z.number()])
  t.equal(await read(mixed, 'data: ab\n\n'), 'AB')
  t.equal(await read(z.string().toUpperCase(), 'data: ab\n\n'), 'AB')
  t.equal(await read(z.union([z.string().toUpperCase(), z.boolean()]), 'data: [ab]\n\n'), '[AB]')
  t.equal(await read(mixed, 'data: {"a":1}\n\n'), '{"A":1}')
  await t.rejects(read(z.union([z.literal('a'), z.number()]), 'data: true\n\n'), { code: 'SSE_EVENT_INVALID' })
  await t.rejects(read(z.number(), 'data: a\n\n'), { code: 'SSE_EVENT_INVALID' })
})

t.test('kind: what JSON cannot carry is refused when it is declared', async t => {
  const decode = { decode: Number, encode: String }
  const kinds: Record<string, () => unknown> = {
    'ArkType Date': () => type('Date'),
    'ArkType bigint': () => type('bigint'),
    'ArkType Set': () => type('Set'),
    'ArkType Map': () => type.instanceOf(Map),
    'ArkType Function': () => type('Function'),
    'ArkType symbol': () => type('symbol'),
    'ArkType undefined': () => type('undefined'),
    'ArkType nested Date': () => type({ a: type({ when: 'Date' }).array() }),
    'ArkType morph': () => type('string').pipe(text => text.length),
    'ArkType parse': () => type({ a: 'string.numeric.parse' }),
    'ArkType date parse': () => type('string.date.parse'),
    'TypeBox Date': () => Type.Date(),
    'TypeBox nested Date': () => Type.Object({ a: Type.Array(Type.Union([Type.Null(), Type.Date()])) }),
    'TypeBox BigInt': () => Type.BigInt(),
    'TypeBox Uint8Array': () => Type.Uint8Array(),
    'TypeBox Function': () => Type.Function([], Type.String()),
    'TypeBox Constructor': () => Type.Constructor([], Type.String()),
    'TypeBox Symbol': () => Type.Symbol(),
    'TypeBox Undefined': () => Type.Undefined(),
    'TypeBox Void': () => Type.Void(),
    'TypeBox Promise': () => Type.Promise(Type.String()),
    'TypeBox Iterator': () => Type.Iterator(Type.String()),
    'TypeBox AsyncIterator': () => Type.AsyncIterator(Type.String()),
    'TypeBox RegExp': () => Type.RegExp(/a/),
    'TypeBox Transform': () => Type.Transform(Type.String()).Decode(Number).Encode(String),
    'TypeBox nested Transform': () =>
      Type.Object({ a: Type.Optional(Type.Transform(Type.String()).Decode(Number).Encode(String)) }),
    'TypeBox 1 Codec': () => Type1.Codec(Type1.String()).Decode(Number).Encode(String),
    'TypeBox 1 nested Codec': () => Type1.Object({ a: Type1.Codec(Type1.String()).Decode(Number).Encode(String) }),
    'TypeBox 1 Undefined': () => Type1.Undefined(),
    'TypeBox 1 Void': () => Type1.Void(),
    'TypeBox 1 BigInt': () => Type1.BigInt(),
    'TypeBox 1 Function': () => Type1.Function([], Type1.String()),
    'zod codec': () => z.codec(z.string(), z.number(), decode),
    'zod nested codec': () => z.object({ a: z.array(z.codec(z.string(), z.number(), decode)) }),
    'zod stringbool': () => z.stringbool(),
    'zod pipe': () => z.string().transform(Number).pipe(z.number()),
    'zod promise': () => z.promise(z.string()),
    'zod file': () => z.file(),
    'valibot date': () => toStandardJsonSchema(v.date())
  }
  for (const [name, make] of Object.entries(kinds)) {
    const code = { code: 'FST_SSE_EVENT_INVALID', message: /^invalid event: the schema of "usage" / }
    t.throws(() => eventStream({ usage: make() as DataSchema }), code, name)
    t.throws(() => eventStream({}, { json: make() as DataSchema }), /the schema of the JSON body/, name)
  }
  const sound = [
    type({ a: "string = 'd'", '+': 'delete' }),
    type('string.trim'),
    type('unknown'),
    z.string().pipe(z.email()),
    z.preprocess(Number, z.number()),
    Type.Object({ a: Type.Any({ default: { b: new Date() }, examples: [SELF] }) })
  ]
  for (const schema of sound) t.doesNotThrow(() => eventStream({ usage: schema as DataSchema }))
})

t.test('schemas of zod that contain each other are sent', async t => {
  const A = z.object({
    x: z.number(),
    get b() {
      return B.optional()
    }
  })
  const B = z.object({
    y: z.string(),
    get a() {
      return A.optional()
    }
  })
  const Events = eventStream({ message: z.union([A, B]), a: A })
  const ask = sourceServer(t, { schema: { response: { 200: Events } } })
  const { text } = await ask([
    { data: { x: 1, b: { y: 's', a: { x: 2, no: 1 } }, no: 1 } },
    { data: { y: 'k', a: { x: 1 } } },
    { event: 'a', data: { x: 1, b: { y: 's', no: 1 } } }
  ])
  t.match(
    text.match(/(?<=data: ).*/g)?.map(line => JSON.parse(line)),
    [{ x: 1, b: { y: 's', a: { x: 2 } } }, { y: 'k', a: { x: 1 } }, { x: 1, b: { y: 's' } }, {}]
  )
  t.notMatch(text, 'no')
})

t.test('a schema that the serializer cannot compile is refused when the route is declared', async t => {
  const wrong = handMade(value => ({ value }), { type: 'object', properties: { a: { type: 'date' } } })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  const declare = (response: object) => () =>
    app.get(`/${Math.random()}`, { schema: { response } }, (_request, reply) => reply.sseFrom([] as never))
  t.throws(declare({ 200: eventStream({ message: Type.String(), usage: wrong }) }), {
    code: 'FST_SSE_EVENT_INVALID',
    message: /^invalid event: the schema of "usage" cannot be compiled to a serializer: schema is invalid: .*\/a\/type/
  })
  t.throws(declare({ 200: eventStream({ message: Type.String() }, { json: wrong }) }), {
    code: 'FST_SSE_EVENT_INVALID',
    message: /^invalid event: the schema of the JSON body cannot be compiled/
  })
})

t.test('a schema is checked in an app that may not make code of text', async t => {
  const { restore } = t.intercept(globalThis, 'Function', {
    value: function refuse() {
      throw new EvalError('refused by the policy of the page')
    }
  })
  const Events = eventStream({ message: Type.Object({ n: Type.Integer() }) })
  restore()
  const ask = sourceServer(t, { schema: { response: { 200: Events } } })
  t.equal((await ask([{ n: 1, secret: 2 }], { end: false })).text, 'data: {"n":1}\n\n')
  t.match((await ask([{ n: 'a' }])).error.message, /Expected integer at \/n, but it is a string$/)
})
