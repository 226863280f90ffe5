import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import { awaited } from '../../sse/event.js'
import { describe } from '../../util/describe.js'

/**
 * Checks an item of a source that yields the text of an answer, token by token.
 *
 * @returns the text of the token
 * @throws FST_SSE_EVENT_INVALID
 */
export function tokenOf(item: unknown): string {
  const token = awaited(item)
  if (typeof token === 'string') return token
  throw new FST_SSE_EVENT_INVALID(`a token must be a string, but it is ${describe(token)}`)
}
