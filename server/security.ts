import type { FastifyHelmetOptions } from '@fastify/helmet'
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui'

/** Allows only what this server serves, and nothing inline. */
const policy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'"],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"]
}

/**
 * The security headers of every response. `strict-transport-security` is not among them: it belongs to whatever
 * terminates TLS.
 */
export const securityHeaders: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    // No script can turn text into markup.
    directives: { ...policy, 'require-trusted-types-for': ["'script'"], 'trusted-types': ["'none'"] }
  },
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' }
}

/** The hash of the style sheet that the script of Swagger UI adds to its page. */
const SWAGGER_STYLE = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/** Swagger UI has icons in its style sheet, and builds its page from sanitized markup. */
export const docsPolicy: FastifySwaggerUiOptions['staticCSP'] = {
  ...policy,
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", SWAGGER_STYLE]
}
