import type { FastifyInstance } from 'fastify'
import OpenAI from 'openai'

const openai = new OpenAI({ maxRetries: 0 })

interface Ask {
  Querystring: { prompt: string }
}

/** Without a prompt it is a 400, and the provider is not asked. */
const schema = {
  querystring: { type: 'object', properties: { prompt: { type: 'string', minLength: 1 } }, required: ['prompt'] }
}

export default async (app: FastifyInstance) => {
  app.get<Ask>('/chat', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) => {
        const messages = [{ role: 'user' as const, content: prompt }]
        return openai.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true }, { signal })
      },
      {
        map: chunk => chunk.choices?.[0]?.delta?.content || undefined,
        isComplete: chunk => Boolean(chunk.choices?.[0]?.finish_reason)
      }
    )
  )

  app.get<Ask>('/responses', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) => openai.responses.create({ model: 'gpt-5-mini', input: prompt, stream: true }, { signal }),
      {
        map: event => {
          if (event.type === 'error') throw new Error(event.message)
          if (event.type === 'response.failed') throw new Error(JSON.stringify(event.response.error))
          return event.type === 'response.output_text.delta' ? event.delta : undefined
        },
        isComplete: event => event.type === 'response.completed' || event.type === 'response.incomplete'
      }
    )
  )
}
