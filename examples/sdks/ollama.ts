import type { FastifyInstance } from 'fastify'
import { type ChatResponse, Ollama } from 'ollama'

const host = process.env.OLLAMA_HOST
const ollama = new Ollama({ host })
const textOf = (chunk: ChatResponse) => chunk.message?.content || undefined

interface Ask {
  Querystring: { prompt: string }
}

/** Without a prompt it is a 400, and the provider is not asked. */
const schema = {
  querystring: { type: 'object', properties: { prompt: { type: 'string', minLength: 1 } }, required: ['prompt'] }
}

export default async (app: FastifyInstance) => {
  app.get<Ask>('/ollama', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      () => ollama.chat({ model: 'llama3.2', messages: [{ role: 'user', content: prompt }], stream: true }),
      { map: textOf }
    )
  )

  // Stops it also while the model is being loaded, which `chat` waits for.
  app.get<Ask>('/ollama/loading', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) => {
        const stoppable: typeof fetch = (url, init) => fetch(url, { ...init, signal })
        return new Ollama({ host, fetch: stoppable }).chat({
          model: 'llama3.2',
          messages: [{ role: 'user', content: prompt }],
          stream: true
        })
      },
      { map: textOf }
    )
  )
}
