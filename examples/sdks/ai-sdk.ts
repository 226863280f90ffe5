import { openai } from '@ai-sdk/openai'
import { streamText } from 'ai'
import type { FastifyInstance } from 'fastify'

const model = openai.chat('gpt-5-mini')
const reasons = ['stop', 'length', 'content-filter', 'tool-calls']

interface Ask {
  Querystring: { prompt: string }
}

/** Without a prompt it is a 400, and the provider is not asked. */
const schema = {
  querystring: { type: 'object', properties: { prompt: { type: 'string', minLength: 1 } }, required: ['prompt'] }
}

export default async (app: FastifyInstance) => {
  app.get<Ask>('/full', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) => streamText({ model, prompt, abortSignal: signal, maxRetries: 0, onError() {} }).fullStream,
      {
        map: part => {
          if (part.type === 'error') throw part.error
          return part.type === 'text-delta' ? part.text : undefined
        },
        isComplete: part => part.type === 'finish' && Boolean(part.rawFinishReason)
      }
    )
  )

  app.get<Ask>('/ui', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(
      ({ signal }) =>
        streamText({ model, prompt, abortSignal: signal, maxRetries: 0, onError() {} }).toUIMessageStream({
          sendStart: false, // it would be sent before the provider has answered, and an error could have no status
          onError: error => {
            throw error
          }
        }),
      { isComplete: chunk => chunk.type === 'finish' && reasons.includes(String(chunk.finishReason)) }
    )
  )

  app.get<Ask>('/text', { schema }, ({ query: { prompt } }, reply) =>
    reply.sseFrom(async function* ({ signal }) {
      let failure: unknown
      const onError = ({ error }: { error: unknown }) => {
        failure = error
      }
      const result = streamText({ model, prompt, abortSignal: signal, maxRetries: 0, onError })
      yield* result.textStream
      if (failure !== undefined) throw failure
      if (!(await result.rawFinishReason)) throw new Error('the answer was cut off')
    })
  )
}
