import type { FastifyBaseLogger } from 'fastify'

/** Logs an error, whatever it is: the serializers of a log fail at frozen errors and at getters that throw. */
export function logError(
  log: FastifyBaseLogger,
  level: 'debug' | 'info' | 'warn' | 'error',
  err: unknown,
  message: string
): void {
  try {
    log[level]({ err }, message)
  } catch {
    log[level](`${message}, with an error that cannot be logged`)
  }
}
