import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { ResumableOptions } from '../../plugin/index.js'
import { ensurePlugin, resumableOptions, uiMessages } from '../../plugin/toolkit.js'
import { type ActiveStreams, checkActiveStreams, LocalStreams } from '../active/active-streams.js'
import { addActiveStream, answerActively } from '../active/answers.js'
import { checkIdInUrl, maxIdLength } from '../active/id-in-url.js'
import { checkOnFinish, type FinishOptions } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { checkReads, routeSettings } from '../route-settings.js'
import { type ChatRequest, readChat } from './input.js'
import { chatSchemas } from './schemas.js'

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
  const maxLength = maxIdLength(app)
  const { read, check } = checkReads(body => checkAsked(readChat(body, limits)))
  const answers = { generate, providerKey, onFinish, resumable, activeStreams, options }

  app.post(
    '/api/chat',
    { ...settings, schema: schemas.post, preValidation: check, bodyLimit: limits.maxBodyBytes },
    (request, reply) => {
      const { asked, chat, isContinued } = read(request.body)
      // An answer that goes on with a message has the id of that message.
      const protocol = uiMessages({ messageId: isContinued ? undefined : `msg_${randomUUID()}` })
      return answerActively(answers, { asked, id: chat, protocol }, request, reply)
    }
  )
  if (options !== undefined) {
    addActiveStream(app, '/api/chat/:id/stream', {
      activeStreams,
      options,
      settings,
      schemas,
      protocol: () => uiMessages()
    })
  }

  /** @throws FST_SSE_INPUT_INVALID if no URL takes the id, or `generate` does not accept what the client asks for */
  function checkAsked(request: ChatRequest): ChatRequest {
    if (options !== undefined) checkIdInUrl('id', request.chat, maxLength)
    checkAccepted(generate, request.asked, ([first, index]) =>
      String(typeof index === 'number' ? request.origins[index] : first)
    )
    return request
  }
}
