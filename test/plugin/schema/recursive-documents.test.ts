import swagger from '@fastify/swagger'
import { Type } from '@sinclair/typebox'
import { type } from 'arktype'
import Fastify from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider
} from 'fastify-type-provider-zod'
import t, { type Test } from 'tap'
import { Type as Type1 } from 'typebox'
import { z } from 'zod'
import sseFrom, { type DataSchema, eventStream, withEventStreams } from '../../../plugin/index.js'

const Zod = z.object({
  name: z.string(),
  get children() {
    return z.array(Zod)
  }
})
/** zod puts what refers to itself below `$defs` here. */
const Pair = z.object({ left: Zod, right: Zod })
const TypeBox = Type.Recursive(This => Type.Object({ name: Type.String(), children: Type.Array(This) }))
const TypeBox1 = Type1.Cyclic(
  { Node: Type1.Object({ name: Type1.String(), c: Type1.Array(Type1.Ref('Node')) }) },
  'Node'
)
const Module = Type.Module({ Leaf: Type.Object({ name: Type.String() }), Tree: Type.Array(Type.Ref('Leaf')) })
const ArkType = type.module({ Node: { name: 'string', 'children?': 'Node[]' } }).Node

const recursive: Record<string, DataSchema> = {
  zod: Zod,
  'zod, inside another': Pair,
  'TypeBox 0.34': TypeBox,
  'TypeBox 0.34, inside another': Type.Object({ tree: TypeBox }),
  'TypeBox 0.34, a module': Module.Import('Tree'),
  'TypeBox 1': TypeBox1,
  ArkType
}

type Stream = ReturnType<typeof eventStream>

/** The OpenAPI document of an app with one route for each stream. */
async function documentOf(t: Test, streams: Record<string, Stream>, openapi = '3.1.0') {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: { openapi, info: { title: 'a', version: '1' } } })
  await app.register(sseFrom)
  for (const [path, stream] of Object.entries(streams)) {
    app.get(path, { schema: { response: { 200: stream } } }, (_request, reply) =>
      reply.sseFrom([] as never, { json: () => ({}) as never })
    )
  }
  await app.ready()
  return app.swagger()
}

/** All references in a document, and those of them that lead nowhere. */
function references(document: object): { all: string[]; broken: string[] } {
  const all = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, pointer = '']) => pointer)
  const target = (pointer: string) =>
    pointer
      .slice(2)
      .split('/')
      .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((value, step) => Object(value)[step], document)
  return { all, broken: all.filter(pointer => !pointer.startsWith('#/') || target(pointer) === undefined) }
}

for (const [kind, schema] of Object.entries(recursive)) {
  for (const version of ['3.0.3', '3.1.0', '3.2.0']) {
    t.test(`${kind}: each reference of an OpenAPI ${version} document leads somewhere`, async t => {
      const document = await documentOf(t, { '/': eventStream({ tree: schema }) }, version)
      const { all, broken } = references(document)
      t.ok(all.length > 0)
      t.strictSame(broken, [])
    })
  }
}

t.test('several routes and JSON bodies with recursive schemas', async t => {
  const streams = Object.values(recursive).map((tree, i): [string, Stream] => [
    `/${i}`,
    eventStream({ message: Type.String(), tree, other: Zod }, { json: tree }) as Stream
  ])
  const document = await documentOf(t, Object.fromEntries(streams))
  const { all, broken } = references(document)
  t.ok(all.length > streams.length)
  t.strictSame(broken, [])
})

t.test('the schema that is referred to is that of the data', async t => {
  const document = await documentOf(t, { '/': eventStream({ tree: Zod }) })
  const { components } = document as { components: { schemas: Record<string, object> } }
  const [name = '', ...others] = Object.keys(components.schemas)
  t.strictSame(others, [])
  t.match(components.schemas[name], {
    type: 'object',
    properties: { name: { type: 'string' }, children: { items: { $ref: `#/components/schemas/${name}` } } }
  })
})

t.test('the transform of fastify-type-provider-zod keeps them', async t => {
  const app = Fastify().withTypeProvider<ZodTypeProvider>()
  t.teardown(() => app.close())
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'a', version: '1' } },
    transform: withEventStreams(jsonSchemaTransform)
  })
  await app.register(sseFrom)
  app.get('/', { schema: { response: { 200: eventStream({ tree: Zod }) } } }, (_request, reply) => reply.sseFrom([]))
  await app.ready()
  const { all, broken } = references(app.swagger())
  t.ok(all.length > 0)
  t.strictSame(broken, [])
})

t.test('a stream without recursive schemas has nothing for them', t => {
  t.notOk('allOf' in eventStream({ message: Type.String(), a: z.object({ b: z.string() }) }))
  t.end()
})

t.test('a default that refers to itself does no harm', t => {
  const itself: Record<string, unknown> = {}
  itself.self = itself
  t.doesNotThrow(() => eventStream({ a: Type.Object({ $ref: Type.Object({}, { default: itself }) }) }))
  t.end()
})

const named: Record<string, DataSchema> = {
  'TypeBox 0.34': Type.Object({ $ref: Type.Integer(), a: Type.String() }),
  'TypeBox 0.34, deep': Type.Array(Type.Union([Type.Null(), Type.Object({ $ref: Type.Integer() })])),
  zod: z.object({ $ref: z.int(), a: z.string() }),
  'TypeBox 1': Type1.Object({ $ref: Type1.Integer(), a: Type1.String() })
}

for (const [kind, schema] of Object.entries(named)) {
  t.test(`${kind}: a property with the name $ref`, async t => {
    const document = await documentOf(t, { '/': eventStream({ message: schema }, { json: schema }) as Stream })
    t.strictSame(references(document).all, [])
    const text = JSON.stringify(document)
    t.match(text, /"additionalProperties":{[^}]*"type":"integer"/, 'as @fastify/swagger writes a pattern')
    t.match(text, /"required":\["\$ref"/)
  })
}

t.test('its events and its body are checked and sent as ever', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  const Data = Type.Object({ $ref: Type.Integer() })
  const stream = eventStream({ message: Data }, { json: Data })
  app.get('/', { schema: { response: { 200: stream } } }, (_request, reply) =>
    reply.sseFrom([{ $ref: 5, secret: 1 }], { json: () => ({ $ref: 6 }) })
  )
  t.match((await app.inject('/')).body, 'data: {"$ref":5}\n\n')
  t.strictSame((await app.inject({ url: '/', headers: { accept: 'application/json' } })).json(), { $ref: 6 })
})
