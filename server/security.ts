import type { FastifyHelmetOptions } from '@fastify/helmet'
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui'

/** Nothing but what the server itself serves, and nothing inline. */
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

/** What every response says to browsers. Whoever puts the server behind TLS decides on `strict-transport-security` there. */
export const securityHeaders: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    // No text can become markup, whatever script asks for it.
    directives: { ...policy, 'require-trusted-types-for': ["'script'"], 'trusted-types': ["'none'"] }
  },
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' }
}

/** A style sheet that the script of Swagger UI puts into its page as it starts, by its hash. */
const SWAGGER_STYLE = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/** Swagger UI has icons in its style sheet, and makes markup of what it has cleaned. */
export const docsPolicy: FastifySwaggerUiOptions['staticCSP'] = {
  ...policy,
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", SWAGGER_STYLE]
}
