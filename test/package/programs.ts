/** What a user writes: the same in an ES module and in CommonJS. */
export const typescript = `
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import sseFrom, { eventStream, type SseEvent } from 'fastify-sse-from'
import streamRoutes, { type Generate } from 'fastify-sse-from/routes'

const Tokens = eventStream({ message: Type.String(), usage: Type.Object({ tokens: Type.Integer() }) })
const comment: SseEvent = { comment: 'no schema' }
const generate: Generate = async function* () {
  yield 'Hi'
  return { finishReason: 'stop' }
}

const app = Fastify()
app.register(sseFrom, { heartbeat: false })
app.register(streamRoutes, { generate })
app.get('/untyped', (_request, reply) => reply.sseFrom([comment, 'anything']))
app.get('/typed', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  reply.sseFrom(async function* () {
    yield 'Hello'
    yield { event: 'usage', data: { tokens: 1 } }
  })
)
app.get('/wrong', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  // @ts-expect-error the data of usage is an object
  reply.sseFrom([{ event: 'usage', data: 'one' }])
)

async function main(): Promise<void> {
  for (const url of ['/typed', '/untyped', '/stream?prompt=hi']) {
    const { payload } = await app.inject({ url, headers: { accept: 'text/event-stream' } })
    process.stdout.write(payload)
  }
}
main()
`

/** As above without types, and without a name for the plugin. TypeScript checks it too, as editors do. */
export const javascript = `
const { Type } = require('@sinclair/typebox')
const app = require('fastify')()
const { sseFrom, eventStream } = require('fastify-sse-from')

app.register(require('fastify-sse-from'), { heartbeat: false })
const Tokens = eventStream({ message: Type.String() })
app.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(['Hello']))
app.inject('/').then(({ payload }) => process.stdout.write(typeof sseFrom + '\\n\\n' + payload))
`

/** Whether a process that loads an entry in both ways has it once. */
export const both = (entry: string) => `
import { createRequire } from 'node:module'
import * as all from '${entry}'
const required = createRequire(import.meta.url)('${entry}')
const same = required === (all.default ?? required) && Object.entries(all).every(([name, value]) => required[name] === value)
process.stdout.write(same ? 'once' : 'twice')
`
