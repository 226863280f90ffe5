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

/** A server, and a client that knows its events. */
export const client = `
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import sseFrom, { eventStream } from 'fastify-sse-from'
import { openStream, SseStreamError, type SseStream } from 'fastify-sse-from/client'

const Tokens = eventStream({
  message: Type.String(),
  usage: Type.Object({ tokens: Type.Integer() }),
  done: Type.Object({ finishReason: Type.String() })
})
const app = Fastify()
app.register(sseFrom)
app.post('/', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
  reply.sseFrom(async function* () {
    yield 'Hello'
    yield { event: 'usage', data: { tokens: 1 } }
    return { finishReason: 'stop' }
  })
)

async function main(): Promise<void> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const stream: SseStream<typeof Tokens> = openStream(url, { body: {}, validate: Tokens })
  const words: string[] = []
  for await (const event of stream) {
    if (event.event === 'message') words.push(event.data)
    if (event.event === 'usage') words.push(event.data.tokens.toFixed())
    if (event.event === 'done') words.push(event.data.finishReason)
    // @ts-expect-error the route declares no such event
    if (event.event === 'progress') words.push('')
  }
  const failed = await openStream(url, { maxRetries: 0 }).text().catch((error: unknown) => error)
  if (!(failed instanceof SseStreamError) || failed.statusCode !== 404) throw failed
  console.log(words.join(' '))
  await app.close()
}
main()
`

/** A page. */
export const browser = `
import { openStream } from 'fastify-sse-from/client'

const form = document.querySelector('form') as HTMLFormElement
const output = document.querySelector('output') as HTMLOutputElement
form.onsubmit = async () => {
  const controller = new AbortController()
  const stream = openStream('/stream', {
    body: Object.fromEntries(new FormData(form)),
    headers: { authorization: 'me' },
    credentials: 'include',
    signal: controller.signal,
    fetch: (url, init) => fetch(url, init),
    onOpen: ({ id }) => sessionStorage.setItem('answer', String(id)),
    onReconnect: ({ error }) => console.warn(error.message, error.cause)
  })
  for await (const { event, data } of stream) if (event === 'message') output.append(String(data))
}
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
