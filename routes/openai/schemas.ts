import { Type } from '@sinclair/typebox'
import type { Refusals } from '../refusals.js'
import { ChatCompletion, ChatCompletionChunk, Model, ModelList, OpenAiErrorBody } from './output.js'

/**
 * What OpenAPI documents say of the routes. Each app gets objects of its own, since its hooks may add to them.
 */
export function openAiSchemas({ limits }: Refusals): Readonly<Record<'chat' | 'models' | 'model', object>> {
  const error = (description: string) => ({ ...OpenAiErrorBody, description })
  const errors = () => ({
    '4xx': error('The request is invalid or not supported, or the provider refused it'),
    '5xx': error('The answer failed before its first token')
  })
  return {
    chat: {
      summary: "Answer a conversation as OpenAI's chat completions do",
      body: chatBody(),
      response: { 200: answer(), ...limits(error), ...errors() }
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

/** The main parameters. Others are taken too. */
function chatBody() {
  const text = (description: string) => Type.Optional(Type.String({ description }))
  const Message = Type.Object(
    {
      role: Type.Union(['developer', 'system', 'user', 'assistant', 'tool'].map(role => Type.Literal(role))),
      content: Type.Optional(
        Type.Union([Type.String(), Type.Array(Type.Object({ type: Type.String() })), Type.Null()], {
          description: 'Text, or a list of parts: text, image_url, input_audio, file'
        })
      ),
      tool_calls: Type.Optional(Type.Array(Type.Object({}))),
      tool_call_id: text('The call that this message is the result of')
    },
    { description: 'A message of the conversation' }
  )
  return Type.Object(
    {
      model: Type.String({ description: 'The id of a model' }),
      messages: Type.Array(Message, { minItems: 1 }),
      stream: Type.Optional(Type.Boolean({ description: 'Whether to answer with events' })),
      stream_options: Type.Optional(Type.Object({ include_usage: Type.Optional(Type.Boolean()) })),
      tools: Type.Optional(Type.Array(Type.Object({ type: Type.Literal('function'), function: Type.Object({}) }))),
      tool_choice: Type.Optional(Type.Unknown({ description: 'auto, none, required, or the function to call' })),
      response_format: Type.Optional(Type.Object({ type: Type.String() })),
      temperature: Type.Optional(Type.Number()),
      top_p: Type.Optional(Type.Number()),
      max_completion_tokens: Type.Optional(Type.Integer({ minimum: 1 })),
      stop: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
      reasoning_effort: text('How much the model may think')
    },
    { description: "The parameters of OpenAI's API" }
  )
}
