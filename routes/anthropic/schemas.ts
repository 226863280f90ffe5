import { Type } from '@sinclair/typebox'
import type { Refusals } from '../refusals.js'
import { AnthropicModel, AnthropicModelList, MAX_LIMIT } from './models.js'
import { AnthropicErrorBody, AnthropicMessage } from './output.js'

/**
 * What OpenAPI documents say of the routes. Each app gets objects of its own, since its hooks may add to them.
 */
export function anthropicSchemas({
  limits
}: Refusals): Readonly<Record<'messages' | 'countTokens' | 'models' | 'model', object>> {
  const error = (description: string) => ({ ...AnthropicErrorBody, description })
  return {
    messages: {
      summary: "Answer a conversation as Anthropic's Messages API does",
      body: messagesBody(),
      response: {
        200: answer(),
        ...limits(error),
        '4xx': error('The request is invalid or not supported, or the provider refused it'),
        '5xx': error('The answer failed before its first token')
      }
    },
    countTokens: {
      summary: 'Not supported: `generate` cannot count the tokens of a request',
      response: { 404: error('The server does not count tokens') }
    },
    models: {
      summary: 'List the models',
      querystring: Type.Partial(
        Type.Object({
          limit: Type.Integer({ minimum: 1, maximum: MAX_LIMIT }),
          after_id: Type.String(),
          before_id: Type.String()
        })
      ),
      response: { 200: AnthropicModelList, '4xx': error('The request is invalid') }
    },
    model: { summary: 'Show one model', response: { 200: AnthropicModel, '4xx': error('There is no such model') } }
  }
}

function answer() {
  return {
    description: 'The answer, or with `stream` its events, from message_start to message_stop',
    content: {
      'application/json': { schema: AnthropicMessage },
      'text/event-stream': {
        schema: {
          type: 'string',
          contentMediaType: 'text/event-stream',
          description: 'Events with their type as their name. The data of each is JSON with the same type.'
        }
      }
    }
  }
}

/** The main parameters. Others are taken too. */
function messagesBody() {
  const Blocks = (description: string) =>
    Type.Union([Type.String(), Type.Array(Type.Object({ type: Type.String() }))], { description })
  const Message = Type.Object(
    {
      role: Type.Union(['user', 'assistant', 'system'].map(role => Type.Literal(role))),
      content: Blocks('Text, or a list of blocks: text, image, document, tool_use, tool_result, thinking')
    },
    { description: 'A message of the conversation' }
  )
  return Type.Object(
    {
      model: Type.String({ description: 'The id of a model' }),
      messages: Type.Array(Message, { minItems: 1 }),
      max_tokens: Type.Optional(Type.Integer({ minimum: 1 })),
      system: Type.Optional(Blocks('What the model shall always heed')),
      stream: Type.Optional(Type.Boolean({ description: 'Whether to answer with events' })),
      tools: Type.Optional(Type.Array(Type.Object({ name: Type.String(), input_schema: Type.Object({}) }))),
      tool_choice: Type.Optional(Type.Object({ type: Type.String() })),
      thinking: Type.Optional(Type.Object({ type: Type.String() })),
      temperature: Type.Optional(Type.Number()),
      top_p: Type.Optional(Type.Number()),
      stop_sequences: Type.Optional(Type.Array(Type.String()))
    },
    { description: "The parameters of Anthropic's API" }
  )
}
