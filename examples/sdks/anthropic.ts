import Anthropic from '@anthropic-ai/sdk'
import type { FastifyInstance } from 'fastify'

const anthropic = new Anthropic({ maxRetries: 0 })

/** Without a prompt it is a 400, and the provider is not asked. */
const schema = {
  querystring: { type: 'object', properties: { prompt: { type: 'string', minLength: 1 } }, required: ['prompt'] }
}

export default async (app: FastifyInstance) => {
  app.get<{ Querystring: { prompt: string } }>('/anthropic', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) => {
        const messages = [{ role: 'user' as const, content: prompt }]
        return anthropic.messages.create(
          { model: 'claude-sonnet-5-5', max_tokens: 1024, messages, stream: true },
          { signal }
        )
      },
      {
        map: event =>
          event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : undefined,
        isComplete: event => event.type === 'message_stop'
      }
    )
  )
}
