import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import { awaited } from '../../sse/event.js'
import { describe } from '../../util/describe.js'

/**
 * Checks that an item is a string: the text of a token.
 *
 * @throws FST_SSE_EVENT_INVALID if it is not
 */
export function tokenOf(item: unknown): string {
  const token = awaited(item)
  if (typeof token === 'string') return token
  throw new FST_SSE_EVENT_INVALID(`a token must be a string, but it is ${describe(token)}`)
}
