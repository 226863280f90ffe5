import type { FastifyInstance } from 'fastify'
import { chatCompletion, ensurePlugin, type Path, sendWhole, withBrackets } from '../../plugin/toolkit.js'
import { toSnakeCase } from '../contract/snake-case.js'
import { checkOnFinish, type FinishOptions, withAsked } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions, sourceOf } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { openAiErrorHandler } from '../openai-errors.js'
import { refusalsOf } from '../refusals.js'
import { checkReads, routeSettings } from '../route-settings.js'
import { checkModel, checkModels } from '../v1/allowed-models.js'
import { apisOf } from '../v1/apis.js'
import { addModelsRoutes } from '../v1/models-routes.js'
import { answerUnknownPaths } from '../v1/unknown-paths.js'
import { type ChatRequest, readChatRequest } from './input.js'
import { type Model, newCompletion, now, wholeCompletion } from './output.js'
import { openAiSchemas } from './schemas.js'

/** The options of `openAiRoutes`. */
export interface OpenAiRoutesOptions extends InputLimits, GenerateOptions, FinishOptions {
  /** The ids of the models that clients may ask for, at least one. Required. */
  models: readonly string[]
  /** Whether clients may ask for any model, not only for those in `models`. Default: `false`. */
  anyModel?: boolean | undefined
}

/**
 * A Fastify plugin with `POST /v1/chat/completions`, `GET /v1/models` and `GET /v1/models/:id`, so that clients of
 * OpenAI's API work with this server. It takes the same `generate` as `streamRoutes`, which gets all that a request
 * says: tools, images, options, and in `extra` what only OpenAI's API has. Other paths under `/v1` are answered 404 in
 * OpenAI's form, unless a scope of the app with this prefix has a handler of its own for them. Registers `sseFrom` if
 * the app has not done so.
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
  { generate, providerKey, models, anyModel = false, onFinish, ...rest }: OpenAiRoutesOptions
): Promise<void> {
  checkGenerate({ generate, providerKey })
  checkOnFinish(onFinish)
  checkModels(models)
  const limits = inputLimits(rest, ['generate', 'providerKey', 'models', 'anyModel', 'onFinish'])
  await ensurePlugin(app)
  const created = now()
  const allowed = anyModel ? undefined : models
  const settings = { ...routeSettings(app), errorHandler: openAiErrorHandler }
  const schemas = openAiSchemas(refusalsOf(app))
  const { read, check } = checkReads(body => checkAsked(readChatRequest(body, limits)))

  app.post(
    '/v1/chat/completions',
    { ...settings, schema: schemas.chat, preValidation: check, bodyLimit: limits.maxBodyBytes },
    async (request, reply) => {
      const { asked, stream, includeUsage } = read(request.body)
      checkModel(allowed, asked.model)
      const head = newCompletion(asked.model)
      const source = sourceOf(generate, asked, request)
      const own = { providerKey, ...withAsked(onFinish, asked) }
      if (!stream) return sendWhole(reply, source, (answer, end) => wholeCompletion(head, answer, end), own)
      return reply.sseFrom(source, { protocol: chatCompletion({ head, includeUsage }), resumable: false, ...own })
    }
  )
  answerUnknownPaths(app, 'openai', openAiErrorHandler)
  apisOf(app).models = models
  addModelsRoutes(app, settings, schemas, {
    api: 'openai',
    list: () => ({ object: 'list', data: models.map(modelOf) }),
    show: modelOf
  })

  /** @throws FST_SSE_INPUT_INVALID if `generate` does not accept what the client asks for */
  function checkAsked(request: ChatRequest): ChatRequest {
    checkAccepted(generate, request.asked, toParameter)
    return request
  }

  /** @throws FST_SSE_MODEL_NOT_FOUND */
  function modelOf(id: string): Model {
    checkModel(allowed, id)
    return { id, object: 'model', created, owned_by: 'server' }
  }
}

/** Where OpenAI's API has what the contract has at a path. */
function toParameter([first, ...rest]: Path): string {
  return withBrackets([toSnakeCase(String(first)), ...rest])
}
