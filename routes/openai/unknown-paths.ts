import type { FastifyInstance } from 'fastify'
import { FST_SSE_PATH_UNKNOWN } from '../errors.js'
import { openAiErrorHandler } from '../openai-errors.js'

/**
 * `/v1` as a pattern. Fastify takes one handler for each prefix and refuses to start with two, in whatever order they
 * are set. To its router this prefix is another one than the `/v1` of a scope of the app, which goes before it.
 */
const PREFIX = '/:version(^[vV]1$)'

/** Answers paths under `/v1` that are not there in OpenAI's form, unless a scope of the app answers them. */
export function answerUnknownPaths(app: FastifyInstance): void {
  app.register(
    async scope => {
      scope.setErrorHandler(openAiErrorHandler)
      scope.setNotFoundHandler(({ method, url }) => {
        const [path] = url.split('?')
        throw new FST_SSE_PATH_UNKNOWN(`${method} ${path}`)
      })
    },
    { prefix: PREFIX }
  )
}
