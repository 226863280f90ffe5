import swagger from '@fastify/swagger'
import { type TSchema, Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { eventStream } from '../../../plugin/index.js'
import { build } from '../../helpers/server.js'

interface MediaType {
  schema: { type: string; items: object }
  itemSchema: { required: string[]; properties: object; oneOf: EventSchema[] }
}

interface EventSchema {
  properties: { event: { const?: string; enum?: string[] }; data: Record<string, unknown> }
  required: string[]
}

/** What the OpenAPI document of an app says about the stream of a route. */
async function documented(t: Test, map: Record<string, TSchema>, openapi = '3.2.0') {
  const { app } = build(t)
  app.register(swagger, { openapi: { openapi, info: { title: 'a', version: '1' } } })
  await app.after()
  const Tokens = eventStream(map, 'The tokens of an answer')
  app.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom([]))
  await app.ready()
  const document = app.swagger() as unknown as {
    openapi: string
    paths: { '/': { get: { responses: { 200: { description: string; content: Record<string, MediaType> } } } } }
  }
  const response = document.paths['/'].get.responses[200]
  const type = response.content['text/event-stream'] as MediaType
  return { version: document.openapi, response, type, events: byName(type.itemSchema.oneOf) }
}

function byName(events: EventSchema[]): Record<string, { data: unknown; required: string[] }> {
  return Object.fromEntries(
    events.map(({ properties: { event, data }, required }) => [event.const ?? event.enum?.[0], { data, required }])
  )
}

function json(contentSchema: object) {
  return { type: 'string', contentMediaType: 'application/json', contentSchema }
}

for (const openapi of ['3.1.0', '3.2.0']) {
  t.test(`an OpenAPI ${openapi} document shows every event of a stream`, async t => {
    const { version, response, type, events } = await documented(
      t,
      {
        message: Type.String({ minLength: 1 }),
        usage: Type.Object({ tokens: Type.Integer() }),
        done: Type.Object({ finishReason: Type.String() })
      },
      openapi
    )
    t.equal(version, openapi)
    t.equal(response.description, 'The tokens of an answer')
    t.same(Object.keys(response.content), ['text/event-stream'])
    t.match(type.itemSchema, {
      properties: {
        event: { type: 'string' },
        data: { type: 'string' },
        id: { type: 'string' },
        retry: { type: 'integer', minimum: 0 }
      },
      required: ['data']
    })
    t.strictSame(events, {
      stopped: { data: json({ type: 'object', properties: {} }), required: ['event', 'data'] },
      done: {
        data: json({ type: 'object', required: ['finishReason'], properties: { finishReason: { type: 'string' } } }),
        required: ['event', 'data']
      },
      error: {
        data: json({
          type: 'object',
          required: ['statusCode', 'code', 'message'],
          properties: { statusCode: { type: 'integer' }, code: { type: 'string' }, message: { type: 'string' } }
        }),
        required: ['event', 'data']
      },
      message: { data: { type: 'string', minLength: 1 }, required: ['data'] },
      usage: {
        data: json({ type: 'object', required: ['tokens'], properties: { tokens: { type: 'integer' } } }),
        required: ['event', 'data']
      }
    })
  })
}

t.test('the schema is an array of events, for tools that do not know itemSchema', async t => {
  const { type } = await documented(t, { message: Type.String() })
  t.equal(type.schema.type, 'array')
  t.same(type.schema.items, type.itemSchema)
})

t.test('the default done and error events are described', async t => {
  const { events } = await documented(t, { message: Type.String() })
  t.same(Object.keys(events), ['message', 'done', 'error', 'stopped'])
  t.match(events.done, { data: json({ type: 'object' }) })
})

t.test('text is not described as JSON', async t => {
  const { events } = await documented(t, {
    text: Type.String(),
    literal: Type.Literal('a'),
    reason: Type.Union([Type.Literal('stop'), Type.Literal('length')])
  })
  for (const name of ['text', 'literal', 'reason']) t.notMatch(events[name]?.data, { contentMediaType: String }, name)
})

t.test('the response has a default description', async t => {
  t.equal(eventStream({ message: Type.String() }).description, 'Server-sent events')
})
