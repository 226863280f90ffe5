import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'
import OpenAI from 'openai'

const app = Fastify({ logger: true })
await app.register(sseFrom)

const openai = new OpenAI({ maxRetries: 0 }) // or it retries a 429 twice while your user waits

const querystring = {
  type: 'object',
  properties: { prompt: { type: 'string', minLength: 1 } },
  required: ['prompt'] // or the model is asked for "undefined"
}

app.get<{ Querystring: { prompt: string } }>('/stream', { schema: { querystring } }, (request, reply) =>
  reply.sseFrom(
    ({ signal }) =>
      openai.chat.completions.create(
        { model: 'gpt-5-mini', stream: true, messages: [{ role: 'user', content: request.query.prompt }] },
        { signal }
      ),
    {
      map: chunk => chunk.choices?.[0]?.delta?.content || undefined,
      isComplete: chunk => Boolean(chunk.choices?.[0]?.finish_reason)
    }
  )
)

await app.listen({ port: Number(process.env.PORT ?? 3000) })
