import { fastifySSE } from '@fastify/sse'
import Fastify from 'fastify'
import OpenAI from 'openai'
import { host } from './host.js'

const client = new OpenAI({ baseURL: process.env.UPSTREAM, apiKey: 'none' })

async function* answer(prompt: string, signal: AbortSignal): AsyncGenerator<{ data: string }> {
  const stream = await client.chat.completions.create(
    { model: 'model', messages: [{ role: 'user', content: prompt }], stream: true },
    { signal }
  )
  for await (const chunk of stream) {
    const data = chunk.choices[0]?.delta.content
    if (data) yield { data }
  }
}

const app = Fastify()
await app.register(fastifySSE)
app.get<{ Querystring: { prompt: string } }>('/stream', { sse: 'only' }, async ({ query }, reply) => {
  const controller = new AbortController()
  reply.sse.onClose(() => controller.abort())
  await reply.sse.send(answer(query.prompt, controller.signal))
})

await app.ready()
host(app.server)
