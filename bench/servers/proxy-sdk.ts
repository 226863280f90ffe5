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

await app.ready()
host(app.server)
