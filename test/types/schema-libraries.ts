import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import Fastify from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import Type1 from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'
import { openStream, type StreamEvent } from '../../client/index.js'
import sseFrom, { eventStream } from '../../plugin/index.js'

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const yes: true = true

const app = Fastify()
app.register(sseFrom)

const Zod = eventStream({
  message: z.string(),
  usage: z.object({ tokens: z.int(), cost: z.number().default(0) }),
  done: z.object({ finishReason: z.enum(['stop', 'length']) })
})
const TypeBox1 = eventStream({
  message: Type1.String(),
  usage: Type1.Object({ tokens: Type1.Integer(), cost: Type1.Optional(Type1.Number()) }),
  done: Type1.Object({ finishReason: Type1.Enum(['stop', 'length']) })
})
const Valibot = eventStream({
  message: toStandardJsonSchema(v.string()),
  usage: toStandardJsonSchema(v.object({ tokens: v.number() })),
  done: toStandardJsonSchema(v.object({ finishReason: v.picklist(['stop', 'length']) }))
})
const ArkType = eventStream({
  message: type('string'),
  usage: type({ tokens: 'number' }),
  done: type({ finishReason: "'stop' | 'length'" })
})

async function* answer() {
  yield 'a'
  yield { event: 'usage' as const, data: { tokens: 1 } }
  return { finishReason: 'stop' as const }
}
async function* wrong() {
  yield { event: 'usage' as const, data: { tokens: 'a' } }
  return { finishReason: 'stop' as const }
}

app.get('/zod', { schema: { response: { 200: Zod } } }, (_request, reply) => reply.sseFrom(answer))
app.get('/typebox-1', { schema: { response: { 200: TypeBox1 } } }, (_request, reply) => reply.sseFrom(answer))
app.get('/valibot', { schema: { response: { 200: Valibot } } }, (_request, reply) => reply.sseFrom(answer))
app.get('/arktype', { schema: { response: { 200: ArkType } } }, (_request, reply) => reply.sseFrom(answer))

app.get('/zod/wrong', { schema: { response: { 200: Zod } } }, (_request, reply) =>
  // @ts-expect-error the data of usage is an object with a number
  reply.sseFrom(wrong)
)
app.get('/typebox-1/wrong', { schema: { response: { 200: TypeBox1 } } }, (_request, reply) =>
  // @ts-expect-error the data of usage is an object with a number
  reply.sseFrom(wrong)
)
app.get('/valibot/wrong', { schema: { response: { 200: Valibot } } }, (_request, reply) =>
  // @ts-expect-error the data of usage is an object with a number
  reply.sseFrom(wrong)
)
app.get('/arktype/wrong', { schema: { response: { 200: ArkType } } }, (_request, reply) =>
  // @ts-expect-error the data of usage is an object with a number
  reply.sseFrom(wrong)
)

app
  .withTypeProvider<ZodTypeProvider>()
  .post('/provider', { schema: { body: z.object({ prompt: z.string() }), response: { 200: Zod } } }, (request, reply) =>
    reply.sseFrom(async function* () {
      yield request.body.prompt
      return { finishReason: 'stop' as const }
    })
  )

// What the client gets is what the schemas make of the data.

type DataOf<Event, Name> = Extract<Event, { event: Name }> extends { data: infer Data } ? Data : never
export const zod: Same<DataOf<StreamEvent<typeof Zod>, 'usage'>, { tokens: number; cost: number }> = yes
export const typeBox1: DataOf<StreamEvent<typeof TypeBox1>, 'usage'> = { tokens: 1 }
export const valibot: Same<DataOf<StreamEvent<typeof Valibot>, 'usage'>, { tokens: number }> = yes
export const arkType: Same<DataOf<StreamEvent<typeof ArkType>, 'usage'>, { tokens: number }> = yes
export const text: Same<DataOf<StreamEvent<typeof TypeBox1>, 'message'>, string> = yes
export const reason: Same<DataOf<StreamEvent<typeof TypeBox1>, 'done'>['finishReason'], 'stop' | 'length'> = yes

export async function read(): Promise<void> {
  for await (const event of openStream('/stream', { validate: Zod })) {
    if (event.event === 'usage') event.data.cost.toFixed()
    // @ts-expect-error the route declares no such event
    if (event.event === 'progress') continue
  }
}

// @ts-expect-error a JSON Schema has no types
eventStream({ message: { type: 'string' } })
// @ts-expect-error a number is no schema
eventStream({ message: 5 })
