import { FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'

const PATH = '/chat/completions'

/** The URL of the chat completions. */
export interface Endpoint {
  url: string
  /** The same for the log, without the query: it may hold a key. */
  shown: string
}

/**
 * Adds `/chat/completions` to a base URL that does not have it yet. The query is kept.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function toEndpoint(baseURL: string): Endpoint {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new FST_SSE_OPTION_INVALID('baseURL', 'takes an http or https URL without a user name or password')
  }
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith(PATH) ? path : path + PATH
  url.hash = ''
  return { url: url.href, shown: `POST ${url.origin}${url.pathname}` }
}
