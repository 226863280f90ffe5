/** What a user writes, the same in an ES module and in CommonJS. */
export const typescript = `
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import sseFrom, { eventStream, type SseEvent } from 'fastify-sse-from'
import streamRoutes, { type Generate, openAiRoutes } from 'fastify-sse-from/routes'
import { openAiSource, type OpenAiOptions } from 'fastify-sse-from/sources'

const Tokens = eventStream({ message: Type.String(), usage: Type.Object({ tokens: Type.Integer() }) })
const comment: SseEvent = { comment: 'no schema' }
const generate: Generate = async function* () {
  yield 'Hi'
  return { finishReason: 'stop' }
}

const app = Fastify()
app.register(sseFrom, { heartbeat: false })
app.register(streamRoutes, { generate })
app.register(openAiRoutes, { generate, models: ['small'] })
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
  const headers = { accept: 'text/event-stream' }
  for (const url of ['/typed', '/untyped', '/stream?prompt=hi']) {
    const { payload } = await app.inject({ url, headers })
    process.stdout.write(payload)
  }
  const options: OpenAiOptions = {
    baseURL: await app.listen({ host: '127.0.0.1', port: 0 }) + '/v1',
    model: 'small'
  }
  const proxy = Fastify()
  proxy.register(streamRoutes, { generate: openAiSource(options) })
  process.stdout.write((await proxy.inject({ url: '/stream?prompt=hi', headers })).payload)
  await Promise.all([app.close(), proxy.close()])
}
main()
`

/** A server and a typed client of it. */
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

/** The script of a page. */
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
  if (!(await stream.stop()) && stream.stopError) console.warn(stream.stopError.code)
}
openStream('/stream', { validate: (event, data) => data })
`

/** The script of a page that shares the declaration of its events with its server. */
export const sharing = `
import { Type } from '@sinclair/typebox'
import { eventStream } from 'fastify-sse-from'
import { openStream } from 'fastify-sse-from/client'

const Tokens = eventStream({ message: Type.String(), usage: Type.Object({ tokens: Type.Integer() }) })
const body = 'data: 42\\n\\nevent: usage\\ndata: {"tokens":1}\\n\\nevent: usage\\ndata: {"tokens":"1"}\\n\\n'
const headers = { 'content-type': 'text/event-stream' }
const stream = openStream('/stream', { validate: Tokens, fetch: async () => new Response(body, { headers }) })
try {
  for await (const event of stream) console.log(event.event, event.data)
} catch (error) {
  console.log(String(error))
}
`

/** The script of a page that knows the events of the ready routes. */
export const ready = `
import { openStream } from 'fastify-sse-from/client'
import type { Tokens, WholeAnswer } from 'fastify-sse-from/routes'

const whole: WholeAnswer = { text: 'Hello', finishReason: 'stop' }
document.body.textContent = whole.text
for await (const event of openStream<typeof Tokens>('/stream', { body: { prompt: 'hi' } })) {
  if (event.event === 'done') document.title = event.data.finishReason
  // @ts-expect-error the route declares no such event
  if (event.event === 'progress') break
}
`

/** JavaScript that requires the plugin without naming an export. TypeScript checks it too, as editors do. */
export const javascript = `
const { Type } = require('@sinclair/typebox')
const app = require('fastify')()
const { sseFrom, eventStream } = require('fastify-sse-from')

app.register(require('fastify-sse-from'), { heartbeat: false })
const Tokens = eventStream({ message: Type.String() })
app.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) => reply.sseFrom(['Hello']))
app.inject('/').then(({ payload }) => process.stdout.write(typeof sseFrom + '\\n\\n' + payload))
`

/** Loads an entry point with `import` and with `require`, and tells whether the process has it once or twice. */
export const both = (entry: string) => `
import { createRequire } from 'node:module'
import * as all from '${entry}'
const required = createRequire(import.meta.url)('${entry}')
const isPlugin = required === (all.default ?? required)
const same = isPlugin && Object.entries(all).every(([name, value]) => required[name] === value)
process.stdout.write(same ? 'once' : 'twice')
`
