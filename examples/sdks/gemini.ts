import { GoogleGenAI } from '@google/genai'
import type { FastifyInstance } from 'fastify'

const gemini = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY })

/** Without a prompt it is a 400, and the provider is not asked. */
const schema = {
  querystring: { type: 'object', properties: { prompt: { type: 'string', minLength: 1 } }, required: ['prompt'] }
}

export default async (app: FastifyInstance) => {
  app.get<{ Querystring: { prompt: string } }>('/gemini', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) =>
        gemini.models.generateContentStream({
          model: 'gemini-2.5-flash',
          contents: prompt,
          config: { abortSignal: signal }
        }),
      {
        map: chunk => chunk.text || undefined,
        isComplete: chunk => Boolean(chunk.candidates?.[0]?.finishReason)
      }
    )
  )
}
