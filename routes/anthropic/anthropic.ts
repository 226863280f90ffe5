import type { FastifyInstance } from 'fastify'
import { ensurePlugin, messages, type Path, sendWhole } from '../../plugin/toolkit.js'
import { toSnakeCase } from '../contract/snake-case.js'
import { FST_SSE_NO_TOKEN_COUNT } from '../errors.js'
import { checkOnFinish, type FinishOptions, withAsked } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions, sourceOf } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { refusalsOf } from '../refusals.js'
import { checkReads, routeSettings } from '../route-settings.js'
import { checkModel, checkModels } from '../v1/allowed-models.js'
import { apisOf } from '../v1/apis.js'
import { addModelsRoutes } from '../v1/models-routes.js'
import { answerUnknownPaths } from '../v1/unknown-paths.js'
import { anthropicErrorHandler } from './error-handler.js'
import { type MessageRequest, readMessageRequest } from './input.js'
import { modelInfo, modelsPage } from './models.js'
import { newMessage, wholeMessage } from './output.js'
import { anthropicSchemas } from './schemas.js'

/** The options of `anthropicRoutes`. */
export interface AnthropicRoutesOptions extends InputLimits, GenerateOptions, FinishOptions {
  /**
   * The ids of the models that clients may ask for, at least one. Default: any, and `GET /v1/models` lists those of
   * `openAiRoutes` with the same prefix. Clients such as Claude Code ask for several models by names of their own.
   */
  models?: readonly string[] | undefined
}

/**
 * A Fastify plugin with `POST /v1/messages`, `GET /v1/models` and `GET /v1/models/:id`, so that clients of Anthropic's
 * API work with this server. It takes the same `generate` as `streamRoutes`, which gets all that a request says: tools,
 * images, options, and in `extra` what only Anthropic's API has. Other paths under `/v1` are answered 404 in its
 * form, unless a scope of the app with this prefix has a handler of its own for them. It checks no key: a hook of the
 * app does, for `x-api-key` as for `authorization`. Registers `sseFrom` if the app has not done so.
 *
 * It may be registered together with `openAiRoutes`: clients that send `anthropic-version` get Anthropic's models and
 * errors, all others OpenAI's.
 *
 * @example
 * ```ts
 * app.register(anthropicRoutes, { generate })
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function anthropicRoutes(
  app: FastifyInstance,
  { generate, providerKey, models, onFinish, ...rest }: AnthropicRoutesOptions
): Promise<void> {
  checkGenerate({ generate, providerKey })
  checkOnFinish(onFinish)
  if (models !== undefined) checkModels(models)
  const limits = inputLimits(rest, ['generate', 'providerKey', 'models', 'onFinish'])
  await ensurePlugin(app)
  const settings = { ...routeSettings(app), errorHandler: anthropicErrorHandler }
  const schemas = anthropicSchemas(refusalsOf(app))
  const { read, check } = checkReads(body => checkAsked(readMessageRequest(body, limits)))

  app.post(
    '/v1/messages',
    { ...settings, schema: schemas.messages, preValidation: check, bodyLimit: limits.maxBodyBytes },
    async (request, reply) => {
      const { asked, stream } = read(request.body)
      checkModel(models, asked.model)
      const head = newMessage(asked.model)
      const source = sourceOf(generate, asked, request)
      const own = { providerKey, ...withAsked(onFinish, asked) }
      if (!stream) return sendWhole(reply, source, (answer, finish) => wholeMessage(head, answer, finish), own)
      return reply.sseFrom(source, { protocol: messages(head), resumable: false, ...own })
    }
  )
  app.post(
    '/v1/messages/count_tokens',
    { ...settings, schema: schemas.countTokens, bodyLimit: limits.maxBodyBytes },
    () => {
      throw new FST_SSE_NO_TOKEN_COUNT()
    }
  )

  answerUnknownPaths(app, 'anthropic', anthropicErrorHandler)
  const apis = apisOf(app)
  addModelsRoutes(app, settings, schemas, {
    api: 'anthropic',
    list: query => modelsPage(models ?? apis.models, query),
    show(id) {
      checkModel(models, id)
      return modelInfo(id)
    }
  })

  /** @throws FST_SSE_INPUT_INVALID if `generate` does not accept what the client asks for */
  function checkAsked(request: MessageRequest): MessageRequest {
    checkAccepted(generate, request.asked, path => toParameter(path, request))
    return request
  }
}

/** Where Anthropic's API has what the contract has at a path. */
function toParameter([first, index]: Path, { origins }: MessageRequest): string {
  if (first === 'responseFormat') return 'output_config.format'
  if (first === 'reasoningEffort') return 'output_config.effort'
  return typeof index === 'number' ? String(origins[index]) : toSnakeCase(String(first))
}
