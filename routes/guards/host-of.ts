import type { FastifyRequest } from 'fastify'

/** The authority of a target in absolute form (RFC 9112, section 3.2.2). */
const AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i

/**
 * The host that a client has named, with its port. A target in absolute form and `:authority` go before the header
 * (RFC 9112, section 3.2.2; RFC 9113, section 8.3.1), which is where Fastify looks.
 *
 * @returns `undefined` if there is none, which HTTP/1.0 allows
 */
export function hostOf(request: FastifyRequest): string | undefined {
  const { headers } = request.raw
  // A proxy that the app trusts says which host its client has named.
  if (request.host !== (headers.host ?? headers[':authority'] ?? '')) return request.host
  return AUTHORITY.exec(request.originalUrl)?.[1] ?? (headers[':authority'] as string | undefined) ?? headers.host
}
