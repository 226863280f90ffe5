import { checkNames, FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'
import { checkList } from './list.js'
import { normalOrigins } from './origins.js'

/** The options of `corsOptions`. */
export interface CorsOptions {
  /** The origins whose pages may read the answers, such as `'https://app.example.com'`. Required. */
  origins: readonly string[]
  /** Whether their requests may carry cookies. Default: `false`. */
  credentials?: boolean | undefined
  /** Headers of your own that the pages may read, beside those of the routes. Default: none. */
  exposedHeaders?: readonly string[] | undefined
}

/** Options for `@fastify/cors`. */
export interface FastifyCorsOptions {
  origin: string[]
  methods: string[]
  exposedHeaders: string[]
  credentials: boolean
  maxAge: number
}

/** What clients read of an answer: its stream, when to come again, and the id that a log has of the request. */
const EXPOSED = ['x-stream-id', 'retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id', 'request-id']

/** How long browsers may remember what is allowed: as long as any of them does. Seconds. */
const MAX_AGE = 7200

/**
 * Options for `@fastify/cors` (the CORS protocol of the Fetch standard), with which pages of other origins use the
 * ready routes: with the SDKs of OpenAI and Anthropic, `useChat`, `HttpAgent` or `openStream`. Any header of a request
 * is allowed, as each SDK has its own. Only the origins that you list may read answers. To guard what they cost too,
 * add `originGuard`.
 *
 * Register `@fastify/cors` before hooks that ask for a key: browsers send a preflight without one.
 *
 * @example
 * ```ts
 * await app.register(cors, corsOptions({ origins: ['https://app.example.com'] }))
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function corsOptions(options: CorsOptions): FastifyCorsOptions {
  checkNames(options, ['origins', 'credentials', 'exposedHeaders'])
  const { origins, credentials = false, exposedHeaders = [] } = options
  const origin = normalOrigins(origins)
  checkList('exposedHeaders', exposedHeaders, /^[\w!#$%&'*+.^`|~-]+$/, 'names of headers')
  if (typeof credentials !== 'boolean') throw new FST_SSE_OPTION_INVALID('credentials', 'takes true or false')
  if (credentials && exposedHeaders.includes('*')) {
    throw new FST_SSE_OPTION_INVALID(
      'exposedHeaders',
      'takes names with credentials: to browsers, * is one of them then'
    )
  }
  return {
    origin,
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: [...EXPOSED, ...exposedHeaders],
    credentials,
    maxAge: MAX_AGE
  }
}
