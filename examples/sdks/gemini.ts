import { GoogleGenAI } from '@google/genai'
import type { FastifyInstance } from 'fastify'

const gemini = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY })

export default async (app: FastifyInstance) => {
  app.get<{ Querystring: { prompt: string } }>('/gemini', ({ query: { prompt } }, reply) =>
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
