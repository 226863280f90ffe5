import { Type } from '@sinclair/typebox'
import { ErrorBody } from '../../plugin/toolkit.js'
import { type Refusals, streamHeaders } from '../refusals.js'

/**
 * What OpenAPI documents say of the routes. Each app gets objects of its own, since its hooks may add to them.
 */
export function chatSchemas(
  { owner, limits }: Refusals,
  isResumable: boolean
): Readonly<Record<'post' | 'follow' | 'stop', object>> {
  const error = (description: string) => ({ ...ErrorBody, description })
  const params = Type.Object({ id: Type.String({ description: 'The id of the chat' }) })
  const nothing = (description: string) => ({ description, type: 'null' })
  return {
    post: {
      summary: 'Answer a chat, for useChat of the AI SDK',
      body: chatBody(),
      response: {
        200: { ...answer(), ...streamHeaders(isResumable) },
        ...owner(error),
        ...limits(error),
        '4xx': error('The input is invalid, or the provider refused it'),
        '5xx': error('The answer failed before its first token')
      }
    },
    follow: {
      summary: 'Follow the running answer of a chat from its start',
      params,
      response: { 200: { ...answer(), ...streamHeaders(true) }, 204: nothing('No answer is running'), ...owner(error) }
    },
    stop: {
      summary: 'Stop the running answer of a chat',
      params,
      response: { 204: nothing('The answer is being stopped, or none is running'), ...owner(error) }
    }
  }
}

function answer() {
  const description = 'A UI message stream of the AI SDK: one event for each chunk, then [DONE]'
  const schema = { type: 'string', contentMediaType: 'text/event-stream' }
  return { description, content: { 'text/event-stream': { schema } } }
}

/** The main fields. The options of a request and others are taken too. */
function chatBody() {
  const Message = Type.Object(
    {
      id: Type.String(),
      role: Type.Union(['system', 'user', 'assistant'].map(role => Type.Literal(role))),
      parts: Type.Array(Type.Object({ type: Type.String() }))
    },
    { description: 'A UI message of the AI SDK' }
  )
  return Type.Object({
    id: Type.String({ description: 'The id of the chat' }),
    messages: Type.Array(Message, { minItems: 1 })
  })
}
