import { isIP } from 'node:net'
import type { onRequestHookHandler } from 'fastify'
import { checkNames } from '../../plugin/toolkit.js'
import { FST_SSE_HOST_REFUSED } from '../errors.js'
import { hostOf } from './host-of.js'
import { checkList } from './list.js'

/** The options of `hostGuard`. */
export interface HostGuardOptions {
  /**
   * The names of the server beside `localhost` and its addresses, without a port: `'chat.example.com'`,
   * `'*.example.com'` for all names below one, or `'*'` for any, which turns the guard off. Default: none.
   */
  hosts?: readonly string[] | undefined
}

const HOST_NAME = /^(\*|(\*\.)?[a-z\d_-]+(\.[a-z\d_-]+)*)$/i

/** A host and its port (RFC 3986, section 3.2). */
const HOST = /^(\[[\da-f:.]+\]|[a-z\d._-]+)(:\d*)?$/i

/**
 * A hook that refuses requests for hosts that are not the server's own, with `FST_SSE_HOST_REFUSED` (421).
 *
 * A page that has its own name point to the address of this server (DNS rebinding) counts as the same origin to a
 * browser, and could read every answer. Its requests give it away by their `host`. Addresses and `localhost` are always
 * allowed: no page has them for a name. The port is not compared, since proxies change it.
 *
 * @example
 * ```ts
 * app.addHook('onRequest', hostGuard({ hosts: ['chat.example.com'] }))
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function hostGuard(options: HostGuardOptions = {}): onRequestHookHandler {
  checkNames(options, ['hosts'])
  const { hosts = [] } = options
  checkList('hosts', hosts, HOST_NAME, 'host names without a port')
  const allowed = ['localhost', '*.localhost', ...hosts].map(host => host.toLowerCase())
  return (request, _reply, done) => {
    const host = hostOf(request)
    // HTTP/1.0 may leave it out. Browsers never do.
    done(host === undefined || isAllowed(host, allowed) ? undefined : new FST_SSE_HOST_REFUSED())
  }
}

function isAllowed(host: string, allowed: readonly string[]): boolean {
  const [, name = ''] = HOST.exec(host.toLowerCase()) ?? []
  const plain = name.replace(/\.$/, '')
  if (allowed.includes('*') || isIP(plain.replace(/^\[(.*)\]$/, '$1')) > 0) return true
  return allowed.some(each => (each.startsWith('*.') ? plain.endsWith(each.slice(1)) : plain === each))
}
