import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ResumableOptions } from '../../plugin/index.js'
import {
  ErrorBody,
  ensurePlugin,
  FST_SSE_STREAM_NOT_FOUND,
  negotiate,
  resumableOptions,
  sendWhole
} from '../../plugin/toolkit.js'
import { checkGenerate, finishOf, type Generate, type Message, sourceOf } from '../generate.js'
import { MAX_BODY } from '../limits.js'
import { BodyInput, compileInput, messagesOf, NoQuery, PromptInput, StreamParams } from './input.js'
import { Tokens, WholeAnswer } from './output.js'

/** The options of `streamRoutes`. */
export interface StreamRoutesOptions {
  /** Answers a conversation. Required. */
  generate: Generate
  /**
   * Whether a client that has lost its connection gets the rest of its answer. An object also says who owns an answer
   * (`owner`), and what happens to one whose clients have all left (`onDisconnect`). Default: `true`, with the plugin's
   * options.
   */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
}

const EVENTS = 'text/event-stream'
const JSON_TYPE = 'application/json'

const response = {
  200: { ...Tokens, content: { ...Tokens.content, [JSON_TYPE]: { schema: WholeAnswer } } },
  204: { description: 'The client reconnected after the end of the answer and has all of it', type: 'null' },
  '4xx': { ...ErrorBody, description: 'The input is invalid, or the provider refused it' },
  '5xx': { ...ErrorBody, description: 'The answer failed before its first token' }
} as const

const followSchema = {
  summary: 'Follow an answer from its start, or from the Last-Event-ID',
  params: StreamParams,
  response: {
    200: Tokens,
    204: response[204],
    404: { ...ErrorBody, description: 'Where answers have owners: no answer of this owner has this id' },
    410: { ...ErrorBody, description: 'The answer, or what follows the Last-Event-ID, is no longer there' }
  }
} as const

const stopSchema = {
  summary: 'Stop an answer for everyone who follows it',
  params: StreamParams,
  response: {
    204: { description: 'The answer is being stopped, or had already ended', type: 'null' },
    404: { ...ErrorBody, description: 'There is no such answer, or it has another owner' }
  }
} as const

const getSchema = { summary: 'Answer a prompt', querystring: PromptInput, response }
const postSchema = { summary: 'Answer a prompt or a conversation', querystring: NoQuery, body: BodyInput, response }

/**
 * A Fastify plugin with the routes of one `generate`:
 *
 * - `GET /stream?prompt=` and `POST /stream` with `{ prompt }` or `{ messages }` answer with events, or with one JSON
 *   body if the client prefers `application/json`.
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
  { generate, resumable = true }: StreamRoutesOptions
): Promise<void> {
  checkGenerate(generate)
  await ensurePlugin(app)

  app.get<{ Querystring: PromptInput }>(
    '/stream',
    { schema: getSchema, validatorCompiler: compileInput },
    (request, reply) => answer(messagesOf(request.query), request, reply)
  )
  app.post<{ Body: BodyInput }>(
    '/stream',
    { schema: postSchema, validatorCompiler: compileInput, bodyLimit: MAX_BODY },
    (request, reply) => answer(messagesOf(request.body), request, reply)
  )

  const options = resumableOptions(app, resumable)
  if (options !== undefined) addStreamById(app, options)

  async function answer(messages: Message[], request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const type = negotiate(reply, [EVENTS, JSON_TYPE])
    const source = sourceOf(generate, messages, request)
    if (type === EVENTS) return reply.sseFrom(source, { resumable })
    return sendWhole(reply, source, (text, returned): WholeAnswer => ({ text, ...finishOf(returned) }))
  }
}

function addStreamById(app: FastifyInstance, { owner }: ResumableOptions): void {
  app.get<{ Params: { id: string } }>(
    '/stream/:id',
    { schema: followSchema, validatorCompiler: compileInput },
    (request, reply) => {
      negotiate(reply, [EVENTS])
      return reply.sseResume(request.params.id, { owner })
    }
  )
  app.delete<{ Params: { id: string } }>(
    '/stream/:id',
    { schema: stopSchema, validatorCompiler: compileInput },
    async (request, reply) => {
      const isThere = await app.sseStreams.stop(request.params.id, { owner: owner?.(request) })
      if (!isThere) throw new FST_SSE_STREAM_NOT_FOUND()
      return reply.code(204).send()
    }
  )
}
