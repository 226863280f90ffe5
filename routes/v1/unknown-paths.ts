import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { FST_SSE_PATH_UNKNOWN } from '../errors.js'
import { type ApiName, apiOfClient, apisOf, type ErrorHandler } from './apis.js'

/**
 * `/v1` as a pattern. Fastify takes one handler for each prefix and refuses to start with two, in whatever order they
 * are set. To its router this prefix is another one than the `/v1` of a scope of the app, which goes before it.
 */
const PREFIX = '/:version(^[vV]1$)'

/** What only Anthropic's API has. */
const MESSAGES = /\/v1\/messages(\/|\?|$)/i

/**
 * Answers paths under `/v1` that are not there in the form of an API, unless a scope of the app answers them. Where an
 * app has both APIs, each client gets the form of its own.
 */
export function answerUnknownPaths(app: FastifyInstance, api: ApiName, errorHandler: ErrorHandler): void {
  const { errorHandlers } = apisOf(app)
  const isFirst = errorHandlers.size === 0
  errorHandlers.set(api, errorHandler)
  if (!isFirst) return
  app.register(
    async scope => {
      scope.setErrorHandler((error: FastifyError, request, reply) => {
        const ofClient = errorHandlers.get(apiAskedFor(request)) ?? errorHandler
        ofClient(error, request, reply)
      })
      scope.setNotFoundHandler(({ method, url }) => {
        const [path] = url.split('?')
        throw new FST_SSE_PATH_UNKNOWN(`${method} ${path}`)
      })
    },
    { prefix: PREFIX }
  )
}

/** The API in whose form a client expects its answer. */
export function apiAskedFor(request: FastifyRequest): ApiName {
  return MESSAGES.test(request.url) ? 'anthropic' : apiOfClient(request)
}
