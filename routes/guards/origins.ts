import { FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'

const TAKES = 'takes a list of origins that browsers send, such as https://app.example.com'

/** The form of an origin (RFC 6454, section 6.2), also with letters of other alphabets. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/(\[[\da-f:.]+\]|[^\s/?#@\\:*%<>[\]^|"'`{}]+)(:\d+)?$/i

/** Schemes that have no origin of their own: a browser sends `null` for a page of theirs. */
const WITHOUT_ORIGIN = ['about', 'blob', 'data', 'file', 'javascript', 'ws', 'wss']

/**
 * The origins of an option as browsers write them: in lower case, with the ASCII form of their host, and without the
 * port that their scheme has anyway.
 *
 * @throws FST_SSE_OPTION_INVALID if one is an origin that no browser sends
 */
export function normalOrigins(origins: readonly string[]): string[] {
  if (!Array.isArray(origins)) throw new FST_SSE_OPTION_INVALID('origins', TAKES)
  return origins.map(origin => {
    const normal = typeof origin === 'string' ? normalOrigin(origin) : undefined
    if (normal === undefined) throw new FST_SSE_OPTION_INVALID('origins', TAKES)
    return normal
  })
}

/** An origin as browsers write it; `undefined` if no browser sends it. */
export function normalOrigin(origin: string): string | undefined {
  // `URL` would remove control characters and soft hyphens, and take the rest for a host.
  if (!ORIGIN.test(origin) || /\p{C}/u.test(origin) || !URL.canParse(origin)) return undefined
  const { origin: known, protocol } = new URL(origin)
  if (WITHOUT_ORIGIN.includes(protocol.slice(0, -1))) return undefined
  return known === 'null' ? origin.toLowerCase() : known
}
