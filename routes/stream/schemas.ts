import { ErrorBody } from '../../plugin/toolkit.js'
import type { Refusals } from '../refusals.js'
import { Tokens, TokensOrWhole } from './events.js'
import { StreamParams, type streamInput } from './input.js'

type InputSchemas = ReturnType<typeof streamInput>['schemas']

/** The schema of each route. */
export type StreamSchemas = Readonly<Record<'get' | 'post' | 'follow' | 'stop', object>>

/**
 * What OpenAPI documents say of the routes. Each app gets objects of its own, since its hooks may add to them.
 */
export function streamSchemas(
  { promptQuery, noQuery, ownQuery, body }: InputSchemas,
  { owner, limits }: Refusals
): StreamSchemas {
  const nothing = (description: string) => ({ description, type: 'null' })
  const error = (description: string) => ({ ...ErrorBody, description })
  const own = ownQuery && { querystring: ownQuery }
  const hasAll = 'The client reconnected after the end of the answer and has all of it'
  const answers = () => ({
    200: TokensOrWhole,
    204: nothing(hasAll),
    ...owner(error),
    ...limits(error),
    '4xx': error('The input is invalid, or the provider refused it'),
    '5xx': error('The answer failed before its first token')
  })
  return {
    get: { summary: 'Answer a prompt', querystring: promptQuery, response: answers() },
    post: {
      summary: 'Answer a prompt or a conversation',
      querystring: noQuery,
      body,
      response: answers()
    },
    follow: {
      summary: 'Follow an answer from its start, or from the Last-Event-ID',
      params: StreamParams,
      ...own,
      response: {
        200: Tokens,
        204: nothing(hasAll),
        ...owner(error),
        404: error('Where answers have owners: no answer of this owner has this id'),
        410: error('The answer, or what follows the Last-Event-ID, is no longer there')
      }
    },
    stop: {
      summary: 'Stop an answer for everyone who follows it',
      params: StreamParams,
      ...own,
      response: {
        204: nothing('The answer is being stopped, or had already ended'),
        ...owner(error),
        404: error('There is no such answer, or it has another owner')
      }
    }
  }
}
