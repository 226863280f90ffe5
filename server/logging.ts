import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'

/** The settings of the log. It shows what Fastify shows, but no queries, since they hold prompts. */
export function logSettings(level: string) {
  return { logger: { level, serializers: { req: withoutQuery } }, logController: new LogWithoutPrompts() }
}

function withoutQuery({ method, url, host, ip, socket }: FastifyRequest) {
  return { method, url: pathOf(url), host, remoteAddress: ip, remotePort: socket.remotePort }
}

class LogWithoutPrompts extends Fastify.LogController {
  override routeNotFound({ method, url, log }: FastifyRequest): void {
    log.info(`there is no ${method} ${pathOf(url)}`)
  }

  /** The message about wrong input names what is wrong. In a query that is not encoded, that is part of the prompt. */
  override defaultErrorLog(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    if (error.code !== 'FST_SSE_INPUT_INVALID') super.defaultErrorLog(error, request, reply)
    else request.log.info({ res: reply, code: error.code }, 'the input is invalid')
  }
}

function pathOf(url: string): string {
  return url.replace(/[?;#].*$/s, '')
}
