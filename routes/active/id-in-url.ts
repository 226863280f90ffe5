import type { FastifyInstance } from 'fastify'
import { invalid } from '../contract/fields.js'

/** What Fastify takes unless it is told otherwise. Characters. */
const MAX_LENGTH = 100

interface LengthConfig {
  readonly maxParamLength?: number
  readonly routerOptions?: { readonly maxParamLength?: number }
}

/** The longest id that the path of a route takes (`maxParamLength` of Fastify). Characters. */
export function maxIdLength(app: Pick<FastifyInstance, 'initialConfig'>): number {
  const { maxParamLength = MAX_LENGTH, routerOptions } = app.initialConfig as LengthConfig
  return routerOptions?.maxParamLength ?? maxParamLength
}

/**
 * Refuses an id whose answer no client could follow, as the URL of that has the id. The path segments `.` and `..` are
 * other paths (RFC 3986, section 5.2.4), and half a surrogate pair has no form in UTF-8.
 *
 * @throws FST_SSE_INPUT_INVALID that names the field
 */
export function checkIdInUrl(field: string, id: string, maxLength: number): void {
  if (id.length > maxLength) throw invalid(field, `takes up to ${maxLength} characters, as URLs have it`)
  if (/\p{Cs}/u.test(id)) throw invalid(field, 'takes whole characters, and not half a surrogate pair')
  if (id === '.' || id === '..') throw invalid(field, 'takes neither . nor .., as URLs have it')
}
