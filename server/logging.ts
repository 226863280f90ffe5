import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify'

/** The settings of the log. It shows requests as Fastify does, without their queries: a prompt is nobody's business. */
export function loggerSettings(level: string) {
  return {
    level,
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        url: pathOf(request.url),
        host: request.host,
        remoteAddress: request.ip,
        remotePort: request.socket.remotePort
      })
    }
  } satisfies FastifyServerOptions['logger']
}

/** Answers requests for which there is no route. Fastify's own handler logs their queries too. */
export function answerNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler(({ method, url, log }, reply) => {
    const message = `there is no ${method} ${pathOf(url)}`
    log.info(message)
    return reply.code(404).send({ statusCode: 404, error: 'Not Found', message })
  })
}

function pathOf(url: string): string {
  return url.replace(/[?;#].*$/s, '')
}
