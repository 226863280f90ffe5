import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { sendJson } from '../../plugin/toolkit.js'
import { anthropicErrorHandler } from '../anthropic/error-handler.js'
import { openAiErrorHandler } from '../openai-errors.js'
import { apiAskedFor } from './unknown-paths.js'

/** A path under the `/v1` of any prefix, without its query. */
const UNDER_V1 = /^[^?]*\/v1(\/|\?|$)/i

/**
 * Answers a URL that the router cannot read, such as `/v1/%zz`, or whose id is longer than `maxParamLength`: under
 * `/v1` in the form of OpenAI's API or Anthropic's, elsewhere as Fastify does. Only the options of an app can say so,
 * since no plugin has such a URL.
 *
 * @example
 * ```ts
 * const app = Fastify({ frameworkErrors })
 * ```
 */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (UNDER_V1.test(request.url)) {
    const answer = apiAskedFor(request) === 'anthropic' ? anthropicErrorHandler : openAiErrorHandler
    answer(error, request, reply)
    return
  }
  const { statusCode = 400, code, message } = error
  sendJson(reply.code(statusCode), { error: 'Bad Request', code, message, statusCode })
}
