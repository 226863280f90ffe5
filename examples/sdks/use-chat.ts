import { randomUUID } from 'node:crypto'
import { openai } from '@ai-sdk/openai'
import { convertToModelMessages, streamText, type UIMessage } from 'ai'
import type { FastifyInstance } from 'fastify'

const model = openai.chat('gpt-5-mini')
const reasons = ['stop', 'length', 'content-filter', 'tool-calls']

/** The streams of the chats that are being answered. With several servers, keep them where all can see them. */
const streams = new Map<string, string>()

interface Ask {
  Body: { id: string; messages: UIMessage[] }
}

/** Without messages it is a 400, and the provider is not asked. */
const schema = {
  body: {
    type: 'object',
    properties: { id: { type: 'string', minLength: 1 }, messages: { type: 'array', minItems: 1 } },
    required: ['id', 'messages']
  }
}

export default async (app: FastifyInstance) => {
  app.post<Ask>('/api/chat', { schema }, async ({ body: { id: chat, messages } }, reply) => {
    const id = randomUUID()
    const prompt = await convertToModelMessages(messages)
    return reply.sseFrom(
      async function* ({ signal }) {
        streams.set(chat, id)
        try {
          const answer = streamText({ model, messages: prompt, abortSignal: signal, maxRetries: 0, onError() {} })
          yield* answer.toUIMessageStream({
            onError: error => {
              throw error
            }
          })
        } finally {
          streams.delete(chat)
        }
      },
      {
        protocol: 'ai-sdk',
        resumable: { id },
        isComplete: chunk => chunk.type === 'finish' && reasons.includes(String(chunk.finishReason))
      }
    )
  })

  // What `useChat({ resume: true })` asks for when its page is loaded.
  app.get<{ Params: { chat: string } }>('/api/chat/:chat/stream', ({ params: { chat } }, reply) => {
    const id = streams.get(chat)
    return id === undefined ? reply.code(204).send() : reply.sseResume(id, { protocol: 'ai-sdk' })
  })

  // To the server, `stop()` of `useChat` looks like a page that is gone. So the page calls this, too.
  app.delete<{ Params: { chat: string } }>('/api/chat/:chat/stream', async ({ params: { chat } }, reply) => {
    const id = streams.get(chat)
    const isStopped = id !== undefined && (await app.sseStreams.stop(id))
    return reply.code(isStopped ? 204 : 404).send()
  })
}
