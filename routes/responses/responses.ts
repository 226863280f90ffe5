import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ResumableOptions } from '../../plugin/index.js'
import {
  type AnswerParts,
  answerOwner,
  ensurePlugin,
  type Finish,
  ownedBy,
  type Path,
  ResponseBuilder,
  responses,
  resumableOptions,
  sendJson,
  sendWhole
} from '../../plugin/toolkit.js'
import { invalid } from '../contract/fields.js'
import { toSnakeCase } from '../contract/snake-case.js'
import { checkOnFinish, type FinishOptions, withAsked } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions, type GenerateRequest, sourceOf } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { openAiErrorHandler } from '../openai-errors.js'
import { refusalsOf } from '../refusals.js'
import { checkReads, routeSettings } from '../route-settings.js'
import { checkModel, checkModels } from '../v1/allowed-models.js'
import { answerUnknownPaths } from '../v1/unknown-paths.js'
import { answerSteps } from './answer-steps.js'
import { type ResponsesRequest, readResponsesRequest } from './input.js'
import { newResponse } from './output.js'
import { responsesSchemas } from './schemas.js'
import { type ResolvedConversation, resolveConversation } from './stored/resolve.js'
import { addResponseById } from './stored/response-by-id.js'
import { RunningResponses } from './stored/running-responses.js'
import { StoredResponses } from './stored/stored-responses.js'

/** The options of `responsesRoutes`. */
export interface ResponsesRoutesOptions extends InputLimits, GenerateOptions, FinishOptions {
  /** The ids of the models that clients may ask for, at least one. Required. */
  models: readonly string[]
  /** Whether clients may ask for any model, not only for those in `models`. Default: `false`. */
  anyModel?: boolean | undefined
  /**
   * Whether responses are stored for as long as the event store keeps streams, so that clients can continue them, ask
   * for them, and have them run in the background. An object also says who owns a response (`owner`). Default: `true`,
   * with the `owner` of the plugin.
   */
  resumable?: boolean | Pick<ResumableOptions, 'owner' | 'anonymous'> | undefined
}

/**
 * A Fastify plugin with OpenAI's Responses API for one `generate`:
 *
 * - `POST /v1/responses` answers, with events or without, or in the background.
 * - `GET /v1/responses/:id` gives a response, or its events with `?stream=true`; `starting_after` says which.
 * - `POST /v1/responses/:id/cancel` stops a response in the background.
 * - `DELETE /v1/responses/:id` deletes a response.
 * - `GET /v1/responses/:id/input_items` lists what a response answers.
 *
 * Registers `sseFrom` if the app has not done so.
 *
 * @example
 * ```ts
 * app.register(responsesRoutes, { generate, models: ['small'], resumable: { owner: request => request.user.id } })
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function responsesRoutes(
  app: FastifyInstance,
  { generate, providerKey, models, anyModel = false, resumable = true, onFinish, ...rest }: ResponsesRoutesOptions
): Promise<void> {
  checkGenerate({ generate, providerKey })
  checkOnFinish(onFinish)
  checkModels(models)
  const limits = inputLimits(rest, ['generate', 'providerKey', 'models', 'anyModel', 'resumable', 'onFinish'])
  await ensurePlugin(app)
  const settings = { ...routeSettings(app), errorHandler: openAiErrorHandler }
  const { read, check } = checkReads(body => readResponsesRequest(body, limits))
  const kept = resumableOptions(app, resumable)
  const schemas = responsesSchemas(refusalsOf(app, kept))
  const whose = kept && { owner: kept.owner, anonymous: kept.anonymous }
  const stored = whose && new StoredResponses(app)
  const running = new RunningResponses()

  app.post(
    '/v1/responses',
    { ...settings, schema: schemas.create, preValidation: check, bodyLimit: limits.maxBodyBytes },
    (request, reply) =>
      // Nothing is asked for a stranger, whether the response is stored or not (R3).
      answerOwner(reply, whose ?? {}, async owner => {
        const asked = read(request.body)
        checkModel(anyModel ? undefined : models, asked.options.model)
        if (asked.background && stored === undefined) {
          throw invalid('background', 'is not supported: this server stores no responses')
        }
        const conversation = await resolveConversation(asked, owner, stored, limits)
        return answer(asked, conversation, owner, request, reply)
      })
  )
  answerUnknownPaths(app, 'openai', openAiErrorHandler)
  if (whose !== undefined && stored !== undefined) {
    addResponseById(app, settings, schemas, { stored, running }, whose)
  }

  async function answer(
    asked: ResponsesRequest,
    conversation: ResolvedConversation,
    owner: string | undefined,
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<FastifyReply> {
    const { stream, background } = asked
    const toGenerate = toGenerateRequest(asked, conversation)
    checkAccepted(generate, toGenerate, path => toParameter(path, conversation))
    const isStored = asked.store && stored !== undefined
    const head = newResponse({ ...asked, store: isStored })
    const own = { providerKey, ...withAsked(onFinish, toGenerate) }
    const builder = new ResponseBuilder(head, 0, asksForSeals(asked))
    const onComplete = async () => {
      const { items, inputCount } = conversation
      if (isStored) await stored.store(reply, owner, { items, inputCount, response: builder.response })
    }
    if (!stream && !background) {
      const toBody = async (parts: AnswerParts, finish: Finish) => {
        build(builder, parts, finish)
        await onComplete()
        return builder.response
      }
      return sendWhole(reply, sourceOf(generate, toGenerate, request), toBody, own)
    }
    const protocol = responses(builder)
    const { id } = head
    const steps = answerSteps(generate, toGenerate, request, reply, {
      beginsAtOnce: background,
      // One in the background is found by its stream.
      onBegin: () => isStored && !background && running.add(id, { owner, builder }),
      onComplete,
      onEnd: () => running.remove(id)
    })
    if (background) {
      const known = ownedBy(owner, whose ?? {})
      await reply.sseStart(steps, { protocol, ...own, resumable: { id, ...known } })
      if (stream) return reply.sseResume(id, { ...known, protocol, after: 0 })
      return sendJson(reply, { ...new ResponseBuilder(head).response, status: 'queued' })
    }
    return reply.sseFrom(steps, { protocol, resumable: false, ...own })
  }
}

/** Whether the client wants `encrypted_content`, without which it may keep no reasoning. */
function asksForSeals({ options: { extra } }: ResponsesRequest): boolean {
  return Array.isArray(extra?.include) && extra.include.includes('reasoning.encrypted_content')
}

/** Where the Responses API has what the contract has at a path. */
function toParameter([first, index]: Path, { paths }: ResolvedConversation): string {
  if (first === 'responseFormat') return 'text.format'
  if (first === 'reasoningEffort') return 'reasoning.effort'
  return typeof index === 'number' ? String(paths[index]) : toSnakeCase(String(first))
}

function toGenerateRequest(
  { options }: ResponsesRequest,
  { messages, foreign }: ResolvedConversation
): GenerateRequest {
  const asked: GenerateRequest = { api: 'responses', ...options, messages }
  return foreign.length === 0 ? asked : { ...asked, extra: { ...options.extra, input: foreign } }
}

function build(builder: ResponseBuilder, { parts }: AnswerParts, finish: Finish): void {
  for (const part of parts) builder.add(part)
  builder.finish(finish)
}
