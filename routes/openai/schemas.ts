import type { TSchema } from '@sinclair/typebox'
import { ChatCompletion, ChatCompletionChunk, Model, ModelList, OpenAiErrorBody } from './output.js'

/**
 * What OpenAPI documents say of the routes. Each app gets objects of its own, since its hooks may add to them.
 */
export function openAiSchemas(body: TSchema): Readonly<Record<'chat' | 'models' | 'model', object>> {
  const errors = () => ({
    '4xx': { ...OpenAiErrorBody, description: 'The request is invalid or not supported, or the provider refused it' },
    '5xx': { ...OpenAiErrorBody, description: 'The answer failed before its first token' }
  })
  return {
    chat: {
      summary: "Answer a conversation as OpenAI's chat completions do",
      body,
      response: { 200: answer(), ...errors() }
    },
    models: { summary: 'List the models', response: { 200: ModelList, ...errors() } },
    model: { summary: 'Show one model', response: { 200: Model, ...errors() } }
  }
}

function answer() {
  const data = { type: 'string', contentMediaType: 'application/json', contentSchema: ChatCompletionChunk }
  return {
    description: 'The answer, or with `stream` its chunks as events, then [DONE]',
    content: {
      'application/json': { schema: ChatCompletion },
      'text/event-stream': {
        schema: {
          type: 'string',
          contentMediaType: 'text/event-stream',
          description: 'Events without a name. The data of each is a chunk as JSON; the data of the last is [DONE].'
        },
        itemSchema: { type: 'object', properties: { data }, required: ['data'] }
      }
    }
  }
}
