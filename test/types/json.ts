import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import { z } from 'zod'
import sseFrom, { type CollectedAnswer, eventStream, type StreamOptions } from '../../plugin/index.js'

const app = Fastify()
app.register(sseFrom)

// Without a schema, everything can be made a body.

app.get('/untyped', (_request, reply) => reply.sseFrom(['a'], { json: ({ text, events }) => [text, events.length] }))
app.get('/untyped/mapped', (_request, reply) =>
  reply.sseFrom([1], { map: item => item.toFixed(), json: async ({ text }) => ({ text }) })
)
app.get('/untyped/unknown', (_request, reply) =>
  reply.sseFrom(['a'], {
    json: ({ events, result }) => {
      // @ts-expect-error nobody knows what the data is
      events[0]?.data.tokens
      // @ts-expect-error nor what the source returned
      return result.usage
    }
  })
)
app.get('/untyped/wrong', (_request, reply) =>
  // @ts-expect-error it is a function
  reply.sseFrom(['a'], { json: true })
)
const shared: StreamOptions<string> = { json: ({ text }: CollectedAnswer) => ({ text }) }
app.get('/untyped/shared', (_request, reply) => reply.sseFrom(['a'], shared))

// A route that declares its events knows their data.

const Tokens = eventStream({
  message: Type.String(),
  usage: Type.Object({ tokens: Type.Number() }),
  done: Type.Object({ finishReason: Type.String() })
})

async function* answer() {
  yield 'a'
  return { finishReason: 'stop' }
}

app.get('/events', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  reply.sseFrom(answer, {
    json({ text, events, result }) {
      const tokens = events.map(each => (each.event === 'usage' ? each.data.tokens.toFixed() : each.data))
      return { text: text.length, tokens, finishReason: result.finishReason.length }
    }
  })
)
app.get('/events/wrong', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  reply.sseFrom(answer, {
    json: ({ events, result }) => [
      // @ts-expect-error the route declares no such event
      events.filter(({ event }) => event === 'progress'),
      // @ts-expect-error the source returns nothing like it
      result.usage
    ]
  })
)

// A route that declares its body takes no other.

const Whole = eventStream(
  { message: Type.String(), done: Type.Object({ finishReason: Type.String() }) },
  { json: Type.Object({ text: Type.String(), finishReason: Type.String() }), description: 'An answer' }
)
app.get('/body', { schema: { response: { 200: Whole } } }, (_request, reply) =>
  reply.sseFrom(answer, { json: ({ text, result }) => ({ text, ...result }) })
)
app.get('/body/async', { schema: { response: { 200: Whole } } }, (_request, reply) =>
  reply.sseFrom(answer, { json: async ({ text, result }) => ({ text, ...result }) })
)
app.get('/body/missing', { schema: { response: { 200: Whole } } }, (_request, reply) =>
  // @ts-expect-error the body has a finishReason
  reply.sseFrom(answer, { json: ({ text }) => ({ text }) })
)
app.get('/body/wrong', { schema: { response: { 200: Whole } } }, (_request, reply) =>
  // @ts-expect-error the text is a string
  reply.sseFrom(answer, { json: ({ result }) => ({ text: 1, ...result }) })
)
const Zod = eventStream({ message: z.string() }, { json: z.object({ text: z.string(), n: z.number().default(0) }) })
app.get('/body/zod', { schema: { response: { 200: Zod } } }, (_request, reply) =>
  reply.sseFrom(['a'], { json: ({ text }) => ({ text }) })
)
app.get('/body/zod/wrong', { schema: { response: { 200: Zod } } }, (_request, reply) =>
  // @ts-expect-error the text is a string
  reply.sseFrom(['a'], { json: () => ({ text: 1 }) })
)
