import { ChatOpenAI } from '@langchain/openai'
import type { FastifyInstance } from 'fastify'

const model = new ChatOpenAI({ model: 'gpt-5-mini', maxRetries: 0 })

interface Ask {
  Querystring: { prompt: string }
}

/** Without a prompt it is a 400, and the provider is not asked. */
const schema = {
  querystring: { type: 'object', properties: { prompt: { type: 'string', minLength: 1 } }, required: ['prompt'] }
}

export default async (app: FastifyInstance) => {
  app.get<Ask>('/stream', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(({ signal }) => model.stream(prompt, { signal }), {
      map: chunk => chunk.text || undefined,
      isComplete: chunk => Boolean(chunk.response_metadata.finish_reason)
    })
  )

  app.get<Ask>('/events', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(({ signal }) => model.streamEvents(prompt, { signal, version: 'v2' }), {
      map: ({ event, data }) => (event === 'on_chat_model_stream' && data.chunk.text) || undefined,
      isComplete: ({ event, data }) =>
        event === 'on_chat_model_stream' && Boolean(data.chunk.response_metadata.finish_reason)
    })
  )
}
