import Fastify from 'fastify'
import OpenAI from 'openai'
import sseFrom from '../../plugin/index.js'
import { host } from './host.js'

const client = new OpenAI({ baseURL: process.env.UPSTREAM, apiKey: 'none' })

const app = Fastify()
await app.register(sseFrom)
app.get<{ Querystring: { prompt: string } }>('/stream', ({ query }, reply) =>
  reply.sseFrom(
    ({ signal }) =>
      client.chat.completions.create(
        { model: 'model', messages: [{ role: 'user', content: query.prompt }], stream: true },
        { signal }
      ),
    { map: chunk => chunk.choices[0]?.delta.content || undefined }
  )
)

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
host(app.server)
