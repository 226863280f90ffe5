import { createError } from '@fastify/error'
import { type Path, placeIn } from '../../plugin/toolkit.js'
import type { GenerateRequest } from '../../routes/generate.js'

/** The provider has no word for a part or an option of the request. The message names where the client has put it. */
export const FST_SSE_UNSUPPORTED = createError<'FST_SSE_UNSUPPORTED', 400, [string, string]>(
  'FST_SSE_UNSUPPORTED',
  '%s is not supported by this model%s',
  400
)

/**
 * The error for what a provider has no word for.
 *
 * @param path where the request has it
 * @param why what it is; `''` if the place says it
 */
export function unsupported(request: GenerateRequest, path: Path, why = ''): Error {
  const place = placeIn(request, path)
  return Object.assign(new FST_SSE_UNSUPPORTED(place, why === '' ? '' : `: ${why}`), { param: place })
}
