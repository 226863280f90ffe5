import type { FastifyBaseLogger } from 'fastify'
import { errorForLog } from './errors/error-for-log.js'
import { isError } from './errors/thrown.js'

/** Logs any error, without keys. Log serializers fail on some proxies. @param fields what else the line has */
export function logError(
  log: FastifyBaseLogger,
  level: 'debug' | 'info' | 'warn' | 'error',
  err: unknown,
  message: string,
  fields?: object
): void {
  try {
    log[level]({ ...fields, err: isError(err) ? errorForLog(err) : err }, message)
  } catch {
    log[level](`${message}, with an error that cannot be logged`)
  }
}
