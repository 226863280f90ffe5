import type { FastifyBaseLogger } from 'fastify'

/** Logs any error. Log serializers fail on frozen errors and on getters that throw. */
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
