import type { FastifyError, FastifyInstance } from 'fastify'
import {
  chatCompletion,
  ensurePlugin,
  FST_SSE_OPTION_INVALID,
  makeErrorHandler,
  openAiError,
  sendJson,
  sendWhole
} from '../../plugin/toolkit.js'
import { FST_SSE_MODEL_NOT_FOUND } from '../errors.js'
import { checkGenerate, type Generate, sourceOf } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { checkInput, routeSettings } from '../route-settings.js'
import { type ChatInput, chatInput, messagesOf } from './input.js'
import { completionEnd, type Model, newCompletion, now, wholeCompletion } from './output.js'
import { openAiSchemas } from './schemas.js'

/** The options of `openAiRoutes`. */
export interface OpenAiRoutesOptions extends InputLimits {
  /**
   * Answers a conversation, as for `streamRoutes`. Required. `context.request.body` holds the rest of what the client
   * sent, among it the `model`.
   */
  generate: Generate
  /** The ids of the models that clients may ask for, at least one. Required. */
  models: readonly string[]
}

/** Answers with an error as OpenAI's API does. */
const errorHandler = makeErrorHandler((data, error: FastifyError & { param?: string | null }) => {
  const { param = null } = error
  const code = error instanceof FST_SSE_MODEL_NOT_FOUND ? { code: 'model_not_found' } : {}
  return { error: { ...openAiError(data), ...code, param } }
})

/**
 * A Fastify plugin with `POST /v1/chat/completions`, `GET /v1/models` and `GET /v1/models/:id`, so that clients of
 * OpenAI's API work with this server. It takes the same `generate` as `streamRoutes`. A parameter that has no effect on
 * `generate` is refused by name, unless it has its default value. Registers `sseFrom` if the app has not done so.
 *
 * @example
 * ```ts
 * app.register(openAiRoutes, { generate, models: ['small', 'large'] })
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function openAiRoutes(
  app: FastifyInstance,
  { generate, models, ...rest }: OpenAiRoutesOptions
): Promise<void> {
  checkGenerate(generate)
  if (!isListOfIds(models)) throw new FST_SSE_OPTION_INVALID('models', 'takes a list of at least one id')
  const limits = inputLimits(rest)
  await ensurePlugin(app)
  const created = now()
  const settings = { ...routeSettings(app), errorHandler }
  const input = chatInput(limits)
  const schemas = openAiSchemas(input.schema)

  app.post<{ Body: ChatInput }>(
    '/v1/chat/completions',
    {
      ...settings,
      schema: schemas.chat,
      preValidation: checkInput({ body: input.check }),
      bodyLimit: limits.maxBodyBytes
    },
    async (request, reply) => {
      const { model, messages, stream, stream_options: options } = request.body
      modelOf(model)
      const head = newCompletion(model)
      const source = sourceOf(generate, messagesOf(messages), request)
      if (!stream) return sendWhole(reply, source, (text, returned) => wholeCompletion(head, text, returned))
      const includeUsage = options?.include_usage === true
      const protocol = chatCompletion({ head, includeUsage, endOf: completionEnd })
      return reply.sseFrom(source, { protocol, resumable: false })
    }
  )
  app.get('/v1/models', { ...settings, schema: schemas.models }, (_request, reply) =>
    sendJson(reply, { object: 'list', data: models.map(modelOf) })
  )
  // The id of a model may contain slashes.
  app.get<{ Params: { '*': string } }>('/v1/models/*', { ...settings, schema: schemas.model }, (request, reply) =>
    sendJson(reply, modelOf(request.params['*']))
  )

  /** @throws FST_SSE_MODEL_NOT_FOUND */
  function modelOf(id: string): Model {
    if (!models.includes(id)) throw new FST_SSE_MODEL_NOT_FOUND()
    return { id, object: 'model', created, owned_by: 'server' }
  }
}

function isListOfIds(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(id => typeof id === 'string' && id !== '')
}
