import { Type } from '@sinclair/typebox'
import type { Refusals } from '../refusals.js'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const open = { additionalProperties: true }

const ErrorBody = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: nullable(Type.String()),
    code: nullable(Type.String())
  })
})

const Response = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal('response'),
    created_at: Type.Integer(),
    model: Type.String(),
    status: Type.String({ description: 'queued, in_progress, completed, incomplete, failed or cancelled' }),
    output: Type.Array(Type.Object({ id: Type.String(), type: Type.String() }, open)),
    error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
    incomplete_details: nullable(Type.Object({ reason: Type.String() })),
    usage: nullable(
      Type.Object({ input_tokens: Type.Integer(), output_tokens: Type.Integer(), total_tokens: Type.Integer() }, open)
    )
  },
  { ...open, description: 'A response' }
)

/** The schema of each route. */
export type ResponsesSchemas = Readonly<Record<'create' | 'get' | 'cancel' | 'delete' | 'inputItems', object>>

/**
 * What OpenAPI documents say of the routes. Each app gets objects of its own, since its hooks may add to them.
 */
export function responsesSchemas({ owner, limits }: Refusals): ResponsesSchemas {
  const error = (description: string) => ({ ...ErrorBody, description })
  const errors = () => ({
    ...owner(error),
    '4xx': error('The request is invalid, or there is no such response'),
    '5xx': error('The answer failed before its first token')
  })
  const params = () => Type.Object({ id: Type.String({ description: 'The id of a response' }) })
  return {
    create: {
      summary: "Answer as OpenAI's Responses API does",
      body: body(),
      response: { 200: withEvents('The response, or with `stream` its events'), ...limits(error), ...errors() }
    },
    get: {
      summary: 'Give a response, or its events',
      params: params(),
      querystring: Type.Object({
        stream: Type.Optional(Type.Boolean({ description: 'Whether to answer with events' })),
        starting_after: Type.Optional(
          Type.Integer({ minimum: 0, description: 'The sequence_number of the last event that the client has' })
        )
      }),
      response: { 200: withEvents('The response, or with `stream` its events'), ...errors() }
    },
    cancel: {
      summary: 'Stop a response that runs in the background',
      params: params(),
      response: { 200: Response, ...errors() }
    },
    delete: {
      summary: 'Delete a response, and stop it if it still runs',
      params: params(),
      response: {
        200: Type.Object({ id: Type.String(), object: Type.Literal('response'), deleted: Type.Literal(true) }),
        ...errors()
      }
    },
    inputItems: {
      summary: 'List the items that a response answers',
      params: params(),
      querystring: Type.Object({
        order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        after: Type.Optional(Type.String())
      }),
      response: {
        200: Type.Object({ object: Type.Literal('list'), data: Type.Array(Type.Object({}, open)) }, open),
        ...errors()
      }
    }
  }
}

function withEvents(description: string) {
  const data = { type: 'string', contentMediaType: 'application/json' }
  return {
    description,
    content: {
      'application/json': { schema: Response },
      'text/event-stream': {
        schema: {
          type: 'string',
          contentMediaType: 'text/event-stream',
          description: 'The name of each event is its type; the data of the last one, which has no name, is [DONE].'
        },
        itemSchema: {
          type: 'object',
          properties: { event: { type: 'string' }, data },
          required: ['data']
        }
      }
    }
  }
}

/** The main parameters. Others are taken too. */
function body() {
  const text = (description: string) => Type.Optional(Type.String({ description }))
  const flag = (description: string) => Type.Optional(Type.Boolean({ description }))
  return Type.Object(
    {
      model: Type.String({ description: 'The id of a model' }),
      input: Type.Optional(
        Type.Union([Type.String(), Type.Array(Type.Object({}, open))], {
          description:
            'Text, or a list of messages, function calls and their outputs, reasoning, and references to items'
        })
      ),
      instructions: text('What the model shall always heed'),
      previous_response_id: text('The response that this one continues'),
      stream: flag('Whether to answer with events'),
      background: flag('Whether to go on without the client'),
      store: flag('Whether the response is kept. Default: true'),
      tools: Type.Optional(Type.Array(Type.Object({ type: Type.String() }, open))),
      tool_choice: Type.Optional(Type.Unknown({ description: 'auto, none, required, or the function to call' })),
      text: Type.Optional(Type.Object({ format: Type.Optional(Type.Object({ type: Type.String() }, open)) }, open)),
      reasoning: Type.Optional(Type.Object({ effort: text('How much the model may think') }, open)),
      temperature: Type.Optional(Type.Number()),
      top_p: Type.Optional(Type.Number()),
      max_output_tokens: Type.Optional(Type.Integer({ minimum: 1 }))
    },
    { ...open, description: "The parameters of OpenAI's Responses API" }
  )
}
