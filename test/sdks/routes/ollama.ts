import type { FastifyInstance } from 'fastify'
import { Ollama } from 'ollama'

const ollama = new Ollama({ host: process.env.OLLAMA_HOST ?? 'http://127.0.0.1:11434' })

export default async (app: FastifyInstance) => {
  app.get<{ Querystring: { prompt: string } }>('/ollama', ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      () => ollama.chat({ model: 'llama3.2', messages: [{ role: 'user', content: prompt }], stream: true }),
      {
        map: chunk => chunk.message.content || undefined,
        isComplete: chunk => chunk.done
      }
    )
  )
}
