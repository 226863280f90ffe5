import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { checkNames, FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'
import { FST_SSE_API_KEY_REQUIRED } from '../errors.js'
import { checkList } from './list.js'

/** The options of `apiKeyGuard`. */
export interface ApiKeyGuardOptions {
  /** The keys that the server accepts, at least one: visible ASCII characters. Required. */
  keys: readonly string[]
}

const KEY = /^[\x21-\x7e]+$/

/**
 * A hook that lets requests pass that have one of the keys: as `authorization: Bearer <key>` (RFC 6750, section 2.1),
 * which is how clients of OpenAI's API send it, or as `x-api-key`, which is how those of Anthropic's do. All others get
 * `FST_SSE_API_KEY_REQUIRED` (401). A key in the query is not accepted, since queries end up in logs and histories. So
 * EventSource, which sends no headers, cannot pass.
 *
 * @example
 * ```ts
 * app.addHook('onRequest', apiKeyGuard({ keys: process.env.API_KEYS.split(',') }))
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function apiKeyGuard(options: ApiKeyGuardOptions): onRequestHookHandler {
  checkNames(options, ['keys'])
  const { keys } = options
  checkList('keys', keys, KEY, 'keys of visible ASCII characters')
  if (keys.length === 0) throw new FST_SSE_OPTION_INVALID('keys', 'takes at least one key')
  const digests = keys.map(digestOf)
  return ({ headers }, reply, done) => {
    const [, key = ''] = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
    const given = [key, ...[headers['x-api-key'] ?? ''].flat()].map(digestOf)
    // Neither the time of one comparison nor the number of comparisons may tell anything about the keys.
    const matches = digests.flatMap(each => given.filter(digest => timingSafeEqual(each, digest)))
    if (matches.length > 0) {
      done()
      return
    }
    reply.header('www-authenticate', 'Bearer')
    done(new FST_SSE_API_KEY_REQUIRED())
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
