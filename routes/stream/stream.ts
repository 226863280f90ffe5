import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ResumableOptions } from '../../plugin/index.js'
import {
  answerEvents,
  answerOwner,
  ensurePlugin,
  FST_SSE_STREAM_NOT_FOUND,
  lastEventIdParameter,
  negotiate,
  resumableOptions
} from '../../plugin/toolkit.js'
import { checkOnFinish, type FinishOptions, withAsked } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions, type GenerateRequest, sourceOf } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { refusalsOf } from '../refusals.js'
import { checkInput, routeSettings } from '../route-settings.js'
import { type BodyInput, checkParams, type PromptInput, requestOf, type StreamParams, streamInput } from './input.js'
import { toWholeAnswer } from './output.js'
import { type StreamSchemas, streamSchemas } from './schemas.js'

/** The options of `streamRoutes`. */
export interface StreamRoutesOptions extends InputLimits, GenerateOptions, FinishOptions {
  /**
   * Whether a client that has lost its connection gets the rest of its answer. An object also says who owns an answer
   * (`owner`), and what happens to one whose clients have all left (`onDisconnect`). Default: `true`, with the plugin's
   * options.
   */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
  /**
   * The names of further query parameters, which your hooks or the `owner` function read and check, such as `ticket`.
   * A query with any other parameter is refused. Default: none.
   */
  queryParameters?: readonly string[] | undefined
}

const EVENTS = 'text/event-stream'

/**
 * A Fastify plugin with the routes of one `generate`:
 *
 * - `GET /stream?prompt=` and `POST /stream` with `{ prompt }` or a `GenerateRequest` answer with events, or with one
 *   JSON body if the client prefers `application/json`.
 * - `GET /stream/:id` follows an answer that is running or ended a short time ago. The id is the `x-stream-id` of the
 *   answer's response.
 * - `DELETE /stream/:id` stops an answer.
 *
 * Without resumable streams there is no `/stream/:id`. Registers `sseFrom` if the app has not done so.
 *
 * @example
 * ```ts
 * app.register(streamRoutes, { generate, resumable: { owner: request => request.user.id } })
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function streamRoutes(
  app: FastifyInstance,
  { generate, providerKey, resumable = true, onFinish, queryParameters = [], ...rest }: StreamRoutesOptions
): Promise<void> {
  checkGenerate({ generate, providerKey })
  checkOnFinish(onFinish)
  const limits = inputLimits(rest, ['generate', 'providerKey', 'resumable', 'onFinish', 'queryParameters'])
  await ensurePlugin(app)
  const settings = routeSettings(app)
  const input = streamInput(limits, lastEventIdParameter(app), queryParameters)
  const options = resumableOptions(app, resumable)
  const schemas = streamSchemas(input.schemas, refusalsOf(app, options))

  app.get<{ Querystring: PromptInput }>(
    '/stream',
    { ...settings, schema: schemas.get, preValidation: checkInput({ query: input.checkPromptQuery }) },
    (request, reply) => answer(requestOf(request.query), request, reply)
  )
  app.post<{ Body: BodyInput }>(
    '/stream',
    {
      ...settings,
      schema: schemas.post,
      preValidation: checkInput({ query: input.checkNoQuery, body: input.checkBody }),
      bodyLimit: limits.maxBodyBytes
    },
    (request, reply) => answer(requestOf(request.body), request, reply)
  )

  if (options !== undefined) addStreamById(app, settings, schemas, options)

  async function answer(asked: GenerateRequest, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    checkAccepted(generate, asked, path => ['body', ...path].join('/'))
    const source = sourceOf(generate, asked, request)
    const own = { providerKey, ...withAsked(onFinish, asked) }
    const json: typeof toWholeAnswer = answer => {
      // The app may have a serializer for its replies.
      reply.serializer(JSON.stringify)
      return toWholeAnswer(answer)
    }
    return reply.sseFrom(source, { resumable, map: answerEvents(), json, ...own })
  }
}

type Settings = ReturnType<typeof routeSettings>

function addStreamById(
  app: FastifyInstance,
  settings: Settings,
  schemas: StreamSchemas,
  { owner, anonymous }: ResumableOptions
): void {
  const checkId = checkInput({ params: checkParams })
  app.get<{ Params: StreamParams }>(
    '/stream/:id',
    { ...settings, schema: schemas.follow, preValidation: checkId },
    (request, reply) => {
      negotiate(reply, [EVENTS])
      return reply.sseResume(request.params.id, { owner, anonymous })
    }
  )
  app.delete<{ Params: StreamParams }>(
    '/stream/:id',
    { ...settings, schema: schemas.stop, preValidation: checkId },
    (request, reply) =>
      answerOwner(reply, { owner, anonymous }, async known => {
        const isThere = await app.sseStreams.stop(request.params.id, { owner: known })
        if (!isThere) throw new FST_SSE_STREAM_NOT_FOUND()
        return reply.code(204).send()
      })
  )
}
