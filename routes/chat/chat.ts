import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ResumableOptions } from '../../plugin/index.js'
import { ensurePlugin, FST_SSE_OPTION_INVALID, ownerOf, resumableOptions, uiMessages } from '../../plugin/toolkit.js'
import { checkOnFinish, type FinishOptions, withAsked } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { checkReads, routeSettings } from '../route-settings.js'
import { type ActiveStreams, LocalStreams } from './active-streams.js'
import { type ChatRequest, readChat } from './input.js'
import { chatSchemas } from './schemas.js'
import { trackedSource } from './tracked-source.js'

/** The options of `chatRoutes`. */
export interface ChatRoutesOptions extends InputLimits, GenerateOptions, FinishOptions {
  /**
   * Whether a page that is loaded again gets the answer that it has lost. An object also says who owns an answer
   * (`owner`), and what happens to one whose clients have all left (`onDisconnect`). Default: `true`, with the plugin's
   * options.
   */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
  /** Knows which stream answers a chat. Default: a map in the memory of this server. */
  activeStreams?: ActiveStreams | undefined
}

interface ById {
  Params: { id: string }
}

/**
 * A Fastify plugin with the routes that `useChat` of the AI SDK asks for:
 *
 * - `POST /api/chat` answers a chat.
 * - `GET /api/chat/:id/stream` follows the running answer of a chat from its start, as `useChat({ resume: true })` does
 *   when its page is loaded. It is 204 if there is none.
 * - `DELETE /api/chat/:id/stream` stops it.
 *
 * Without resumable streams there is only the first. Registers `sseFrom` if the app has not done so.
 *
 * @example
 * ```ts
 * app.register(chatRoutes, { generate, resumable: { owner: request => request.user.id } })
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function chatRoutes(
  app: FastifyInstance,
  { generate, providerKey, onFinish, resumable = true, activeStreams = new LocalStreams(), ...rest }: ChatRoutesOptions
): Promise<void> {
  checkGenerate({ generate, providerKey })
  checkOnFinish(onFinish)
  checkActiveStreams(activeStreams)
  const limits = inputLimits(rest, ['generate', 'providerKey', 'onFinish', 'resumable', 'activeStreams'])
  await ensurePlugin(app)
  const settings = routeSettings(app)
  const schemas = chatSchemas()
  const options = resumableOptions(app, resumable)
  const { read, check } = checkReads(body => checkAsked(readChat(body, limits)))

  app.post(
    '/api/chat',
    { ...settings, schema: schemas.post, preValidation: check, bodyLimit: limits.maxBodyBytes },
    (request, reply) => answer(read(request.body), request, reply)
  )
  if (options !== undefined) addStreamOfChat(options)

  async function answer({ asked, chat, isContinued }: ChatRequest, request: FastifyRequest, reply: FastifyReply) {
    const owner = await ownerOf(request, options ?? {})
    const tracked = trackedSource(generate, asked, request, activeStreams)
    // An answer that goes on with a message has the id of that message.
    const protocol = uiMessages({ messageId: isContinued ? undefined : `msg_${randomUUID()}` })
    reply.sseFrom(tracked.source, {
      protocol,
      providerKey,
      resumable: ownedBy(owner, resumable, options),
      ...withAsked(onFinish, asked)
    })
    const stream = reply.getHeader('x-stream-id')
    if (typeof stream === 'string') tracked.begin({ id: chat, owner }, stream)
    return reply
  }

  function addStreamOfChat(own: ResumableOptions): void {
    app.get<ById>('/api/chat/:id/stream', { ...settings, schema: schemas.follow }, async (request, reply) => {
      const owner = await ownerOf(request, own)
      const stream = await activeStreams.get({ id: request.params.id, owner })
      if (stream === undefined) return reply.code(204).send()
      const known = own.owner && (() => owner)
      return reply.sseResume(stream, { protocol: uiMessages(), owner: known, anonymous: own.anonymous })
    })
    app.delete<ById>('/api/chat/:id/stream', { ...settings, schema: schemas.stop }, async (request, reply) => {
      const owner = await ownerOf(request, own)
      const stream = await activeStreams.get({ id: request.params.id, owner })
      if (stream !== undefined) await app.sseStreams.stop(stream, { owner })
      return reply.code(204).send()
    })
  }

  /** @throws FST_SSE_INPUT_INVALID if `generate` does not accept what the client asks for */
  function checkAsked(request: ChatRequest): ChatRequest {
    checkAccepted(generate, request.asked, ([first, index]) =>
      String(typeof index === 'number' ? request.origins[index] : first)
    )
    return request
  }
}

/** The options of a stream whose owner is known already, so that its function is called once for each request. */
function ownedBy(
  owner: string | undefined,
  given: NonNullable<ChatRoutesOptions['resumable']>,
  { owner: ownerOption }: ResumableOptions = {}
): ChatRoutesOptions['resumable'] {
  if (ownerOption === undefined) return given
  return { ...(typeof given === 'object' && given), owner: () => owner }
}

/** @throws FST_SSE_OPTION_INVALID */
function checkActiveStreams(streams: ActiveStreams): void {
  const isComplete = (['get', 'set', 'delete'] as const).every(name => typeof streams?.[name] === 'function')
  if (!isComplete) throw new FST_SSE_OPTION_INVALID('activeStreams', 'takes an object with get, set and delete')
}
