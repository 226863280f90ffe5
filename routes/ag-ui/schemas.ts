import { Type } from '@sinclair/typebox'
import { ErrorBody } from '../../plugin/toolkit.js'
import { type Refusals, streamHeaders } from '../refusals.js'

/**
 * What OpenAPI documents say of the routes. Each app gets objects of its own, since its hooks may add to them.
 */
export function agUiSchemas(
  { owner, limits }: Refusals,
  isResumable: boolean
): Readonly<Record<'post' | 'follow' | 'stop', object>> {
  const error = (description: string) => ({ ...ErrorBody, description })
  const params = Type.Object({ id: Type.String({ description: 'The id of the thread' }) })
  const nothing = (description: string) => ({ description, type: 'null' })
  return {
    post: {
      summary: 'Run the agent, for clients of AG-UI',
      body: runInput(),
      response: {
        200: { ...run(), ...streamHeaders(isResumable) },
        ...owner(error),
        ...limits(error),
        '4xx': error('The input is invalid, or the provider refused it'),
        '5xx': error('The run failed before its first event')
      }
    },
    follow: {
      summary: 'Follow the run of a thread from its start',
      params,
      response: {
        200: { ...run(), ...streamHeaders(true) },
        204: nothing('No run of this thread is running'),
        ...owner(error)
      }
    },
    stop: {
      summary: 'Stop the run of a thread',
      params,
      response: { 204: nothing('The run is being stopped, or none is running'), ...owner(error) }
    }
  }
}

function run() {
  const description = 'The events of a run, from RUN_STARTED to RUN_FINISHED or RUN_ERROR'
  const schema = { type: 'string', contentMediaType: 'text/event-stream' }
  return { description, content: { 'text/event-stream': { schema } } }
}

/** The main fields. Others are taken too. */
function runInput() {
  const roles = ['developer', 'system', 'user', 'assistant', 'tool', 'reasoning', 'activity']
  const Message = Type.Object(
    { id: Type.String(), role: Type.Union(roles.map(role => Type.Literal(role))) },
    { description: 'A message of AG-UI' }
  )
  return Type.Object({
    threadId: Type.String({ description: 'The id of the thread' }),
    runId: Type.String({ description: 'The id of the run' }),
    messages: Type.Array(Message, { minItems: 1 }),
    tools: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
    context: Type.Optional(Type.Array(Type.Object({ description: Type.String(), value: Type.String() }))),
    state: Type.Optional(Type.Unknown({ description: 'The state of the application' })),
    forwardedProps: Type.Optional(Type.Unknown({ description: 'Options of a request, and what the application adds' }))
  })
}
