import { fastifySSE } from '@fastify/sse'
import Fastify from 'fastify'
import OpenAI from 'openai'
import { host } from './host.js'

type Body = OpenAI.Chat.ChatCompletionCreateParamsStreaming

const client = new OpenAI({ baseURL: process.env.UPSTREAM, apiKey: 'none' })

async function* chunks(body: Body, signal: AbortSignal): AsyncGenerator<{ data: object } | string> {
  for await (const data of await client.chat.completions.create(body, { signal })) yield { data }
  yield '[DONE]'
}

const app = Fastify()
await app.register(fastifySSE)
app.post<{ Body: Body }>('/v1/chat/completions', { sse: 'manual' }, async ({ body }, reply) => {
  const controller = new AbortController()
  reply.sse.onClose(() => controller.abort())
  await reply.sse.send(chunks(body, controller.signal))
})

await app.ready()
host(app.server)
