import type { IncomingHttpHeaders } from 'node:http'
import type { onRequestHookHandler } from 'fastify'
import { checkNames } from '../../plugin/toolkit.js'
import { FST_SSE_ORIGIN_REFUSED } from '../errors.js'
import { hostOf } from './host-of.js'
import { normalOrigin, normalOrigins } from './origins.js'

/** The options of `originGuard`. */
export interface OriginGuardOptions {
  /**
   * The origins of other sites whose pages may send requests, such as `'https://app.example.com'`. They also need CORS
   * to read the answers: see `corsOptions`. Default: none.
   */
  origins?: readonly string[] | undefined
}

/**
 * A hook that refuses what pages of other sites send, with `FST_SSE_ORIGIN_REFUSED` (403). Any page can send requests
 * to any server that its reader can reach, and the server would pay for the answers: with EventSource and `fetch`, but
 * also with an image, a script, a form or a link, which CORS does not stop.
 *
 * Browsers say where a request comes from: in `sec-fetch-site` (Fetch Metadata), or where they do not send that, in
 * `origin` and `referer`. A request of a browser that says nothing is refused. Clients that are no browsers, such as
 * curl and SDKs, send none of these and pass.
 *
 * @example
 * ```ts
 * app.addHook('onRequest', originGuard({ origins: ['https://app.example.com'] }))
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function originGuard(options: OriginGuardOptions = {}): onRequestHookHandler {
  checkNames(options, ['origins'])
  const { origins = [] } = options
  const allowed = new Set(normalOrigins(origins))
  return (request, _reply, done) => {
    done(isWelcome(request.headers, hostOf(request) ?? '', allowed) ? undefined : new FST_SSE_ORIGIN_REFUSED())
  }
}

function isWelcome(headers: IncomingHttpHeaders, host: string, allowed: ReadonlySet<string>): boolean {
  const { origin, referer, 'sec-fetch-site': site } = headers
  if (origin !== undefined && allowed.has(normalOrigin(origin) ?? '')) return true
  // `none`: the user has typed the address, or opened a bookmark.
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  // Browsers send `sec-fetch-site` only over TLS and to the own machine, and older ones never.
  if (origin !== undefined) return isOf(host, origin)
  if (!isBrowser(headers)) return true
  return referer !== undefined && (isOf(host, referer) || allowed.has(originOf(referer)))
}

/** Whether a URL is one of the server's own, under the host that the request names. */
function isOf(host: string, url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host: other } = new URL(url)
  const own = `${protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === other
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : ''
}

/** All browsers send both headers, with whatever they request. Scripts send the second one only if told to. */
function isBrowser({ 'user-agent': agent = '', 'accept-language': language }: IncomingHttpHeaders): boolean {
  return agent.startsWith('Mozilla/') && language !== undefined
}
