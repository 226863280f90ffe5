import type { FastifyInstance } from 'fastify'
import type { Protocol, ResumableOptions } from '../../plugin/index.js'
import { type AnswerPart, ensurePlugin, resumableOptions } from '../../plugin/toolkit.js'
import { checkOnFinish, type FinishOptions } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions, type GenerateRequest } from '../generate.js'
import { type InputLimits, inputLimits, type Limits } from '../limits.js'
import { type Refusals, refusalsOf } from '../refusals.js'
import { checkReads, routeSettings } from '../route-settings.js'
import { type ActiveStreams, checkActiveStreams, LocalStreams } from './active-streams.js'
import { type ActiveStreamSettings, addActiveStream, answerActively } from './answers.js'
import { checkIdInUrl, maxIdLength } from './id-in-url.js'
import { TrackedStreams } from './tracked-streams.js'

/** The options of routes whose clients ask for a running answer by the id of its chat or thread. */
export interface ActiveRoutesOptions extends InputLimits, GenerateOptions, FinishOptions {
  /**
   * Whether a client that is loaded again gets the answer that it has lost. An object also says who owns an answer
   * (`owner`), and what happens to one whose clients have all left (`onDisconnect`). Default: `true`, with the plugin's
   * options.
   */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
  /** Knows which stream answers a chat or a thread. Default: a map in the memory of this server. */
  activeStreams?: ActiveStreams | undefined
}

/** A request as an API has read it. */
interface ActiveRequest {
  readonly asked: GenerateRequest
  /** Where the client has put each message. */
  readonly origins: readonly string[]
}

/** What is different in each API. */
export interface ActiveApi<Request extends ActiveRequest> {
  /** The path of the `POST`. That of a running answer is `/:id/stream` below it. */
  readonly path: string
  /** The field that has the id of the chat or the thread. */
  readonly idField: string
  /** Makes the schemas of the routes. */
  schemas(refusals: Refusals, isResumable: boolean): ActiveStreamSettings['schemas'] & { readonly post: object }
  /** @throws FST_SSE_INPUT_INVALID */
  read(body: unknown, limits: Limits): Request
  idOf(request: Request): string
  /** The framing of an answer to a request. */
  protocolOf(request: Request): Protocol<AnswerPart>
  /** The framing for a client that follows what is running. */
  followProtocolOf(id: string): Protocol<AnswerPart>
}

/**
 * Adds a `POST` that answers and, if streams are resumable, `GET` and `DELETE` of a running answer.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export async function addActiveRoutes<Request extends ActiveRequest>(
  app: FastifyInstance,
  {
    generate,
    providerKey,
    onFinish,
    resumable = true,
    activeStreams: known = new LocalStreams(),
    ...rest
  }: ActiveRoutesOptions,
  api: ActiveApi<Request>
): Promise<void> {
  const { path, idField } = api
  checkGenerate({ generate, providerKey })
  checkOnFinish(onFinish)
  checkActiveStreams(known)
  const activeStreams = new TrackedStreams(known)
  const limits = inputLimits(rest, ['generate', 'providerKey', 'onFinish', 'resumable', 'activeStreams'])
  await ensurePlugin(app)
  const settings = routeSettings(app)
  const options = resumableOptions(app, resumable)
  const schemas = api.schemas(refusalsOf(app, options), options !== undefined)
  const maxLength = maxIdLength(app)
  const answers = { generate, providerKey, onFinish, activeStreams, options }
  const { read, check } = checkReads(body => checkAsked(api.read(body, limits)))

  app.post(
    path,
    { ...settings, schema: schemas.post, preValidation: check, bodyLimit: limits.maxBodyBytes },
    (request, reply) => {
      const asked = read(request.body)
      const answer = { asked: asked.asked, id: api.idOf(asked), protocol: api.protocolOf(asked) }
      return answerActively(answers, answer, request, reply)
    }
  )
  if (options !== undefined) {
    const protocol = (id: string) => api.followProtocolOf(id)
    addActiveStream(app, `${path}/:id/stream`, { activeStreams, options, settings, schemas, protocol })
  }

  /** @throws FST_SSE_INPUT_INVALID if no URL takes the id, or `generate` does not accept what the client asks for */
  function checkAsked(request: Request): Request {
    if (options !== undefined) checkIdInUrl(idField, api.idOf(request), maxLength)
    checkAccepted(generate, request.asked, ([first, index]) =>
      String(typeof index === 'number' ? request.origins[index] : first)
    )
    return request
  }
}
