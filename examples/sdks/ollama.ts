import type { FastifyInstance } from 'fastify'
import { Ollama } from 'ollama'

const host = process.env.OLLAMA_HOST ?? 'http://127.0.0.1:11434'
const ollama = new Ollama({ host })

interface Ask {
  Querystring: { prompt: string }
}

export default async (app: FastifyInstance) => {
  app.get<Ask>('/ollama', ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      () => ollama.chat({ model: 'llama3.2', messages: [{ role: 'user', content: prompt }], stream: true }),
      { map: chunk => chunk.message?.content || undefined }
    )
  )

  // Stops it also while the model is being loaded, which `chat` waits for.
  app.get<Ask>('/ollama/loading', ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) => {
        const stoppable: typeof fetch = (url, init) =>
          fetch(url, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) })
        return new Ollama({ host, fetch: stoppable }).chat({
          model: 'llama3.2',
          messages: [{ role: 'user', content: prompt }],
          stream: true
        })
      },
      { map: chunk => chunk.message?.content || undefined }
    )
  )
}
