import { Readable } from 'node:stream'
import accepts from 'accepts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FST_SSE_OPTION_INVALID, FST_SSE_STREAM_NOT_FOUND } from '../../plugin/errors.js'
import { codecOf } from '../../plugin/framing/route-codec.js'
import { sseFrom } from '../../plugin/index.js'
import { resumableOf } from '../../plugin/options.js'
import { kSseServer } from '../../plugin/plugin.js'
import type { SseServer } from '../../plugin/reply.js'
import type { ResumableOptions } from '../../plugin/resume/resumable-options.js'
import type { SourceIterable, SseSource } from '../../plugin/source/source.js'
import { awaited } from '../../plugin/sse/event.js'
import { collect } from '../collect.js'
import { FST_SSE_NOT_ACCEPTABLE } from '../errors.js'
import { Answer, ErrorBody, type Finish, Tokens } from './answer.js'
import {
  BodyInput,
  compileInput,
  MAX_BODY,
  NoQuery,
  PromptInput,
  StreamId,
  type StreamInput,
  toInput
} from './input.js'

/**
 * Answers a conversation: yields the text of each token and returns how the answer ended.
 *
 * @param context `signal` is aborted when the client leaves or the server closes; pass it on to the provider
 */
export type Generate = (
  input: StreamInput,
  context: { signal: AbortSignal; request: FastifyRequest }
) => SourceIterable<string, Finish> | Promise<SourceIterable<string, Finish>>

export interface StreamRoutesOptions {
  generate: Generate
  /**
   * Whether a client that has lost its connection gets the rest of its answer: `owner` says whose it is, `onDisconnect` what becomes
   * of an answer without clients. Default: `true`, and what the plugin's options say.
   */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
}

const EVENTS = 'text/event-stream'
const JSON_TYPE = 'application/json'

const response = {
  200: { ...Tokens, content: { ...Tokens.content, [JSON_TYPE]: { schema: Answer } } },
  204: { description: 'The client reconnected after the end of the answer and has all of it', type: 'null' },
  '4xx': { ...ErrorBody, description: 'The input is wrong, or the provider refused it' },
  '5xx': { ...ErrorBody, description: 'The answer failed before its first token' }
} as const

const againSchema = {
  summary: 'Follow an answer from its start, or from the Last-Event-ID',
  params: StreamId,
  response: {
    200: Tokens,
    204: response[204],
    404: { ...ErrorBody, description: "The answer is another owner's, or not there, where owners are told apart" },
    410: { ...ErrorBody, description: 'The answer, or what comes after the Last-Event-ID, is not there any more' }
  }
} as const

const stopSchema = {
  summary: 'Stop an answer for all who follow it',
  params: StreamId,
  response: {
    204: { description: 'It is being stopped, or had ended already', type: 'null' },
    404: { ...ErrorBody, description: "It is another owner's, or not there" }
  }
} as const

const getSchema = { summary: 'Answer a prompt', querystring: PromptInput, response }
const postSchema = { summary: 'Answer a prompt or a conversation', querystring: NoQuery, body: BodyInput, response }

/**
 * `GET /stream?prompt=` and `POST /stream` with `{ prompt }` or `{ messages }`: an answer as events, or for a client
 * that prefers `application/json` as one body, from the same `generate`. `GET /stream/:id` follows an answer that is
 * being made or was made a short time ago, `DELETE /stream/:id` stops it: the id is its `x-stream-id`.
 *
 * Registers the plugin where the app has not.
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function streamRoutes(
  app: FastifyInstance,
  { generate, resumable = true }: StreamRoutesOptions
): Promise<void> {
  if (typeof generate !== 'function') throw new FST_SSE_OPTION_INVALID('generate', 'takes a function')
  if (!app.hasReplyDecorator('sseFrom')) await app.register(sseFrom)
  const { openStreams: streams, settings } = app.getDecorator<SseServer>(kSseServer)

  app.get<{ Querystring: { prompt: string } }>(
    '/stream',
    { schema: getSchema, validatorCompiler: compileInput },
    (request, reply) => answer(toInput(request.query), request, reply)
  )
  app.post<{ Body: StreamInput | { prompt: string } }>(
    '/stream',
    { schema: postSchema, validatorCompiler: compileInput, bodyLimit: MAX_BODY },
    (request, reply) => answer(toInput(request.body), request, reply)
  )

  const resuming = resumableOf(settings, resumable)
  if (resuming !== undefined) addStreamById(app, resuming)

  async function answer(input: StreamInput, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    reply.header('vary', [reply.getHeader('vary'), 'accept'].flat().filter(Boolean).join(', '))
    const source: SseSource<string, Finish> = ({ signal }) => generate(input, { signal, request })
    const type = accepts(request.raw).type([EVENTS, JSON_TYPE])
    if (type === EVENTS) return reply.sseFrom(source, { resumable })
    if (type !== JSON_TYPE) throw new FST_SSE_NOT_ACCEPTABLE(`${EVENTS} or ${JSON_TYPE}`)
    return request.method === 'HEAD' ? reply.type(JSON_TYPE).send(Readable.from([])) : whole(source, reply)
  }

  /** The events of the stream, checked as they would be there, as one body. */
  async function whole(source: SseSource<string, Finish>, reply: FastifyReply): Promise<unknown> {
    const codec = codecOf(reply)
    let text = ''
    const result = await collect(source, reply, streams, token => {
      text += codec.encode(awaited(token), 'message')
    })
    if (result === undefined) return reply
    return reply.send({ text, ...JSON.parse(codec.encode(codec.result(result.returned), 'done')) })
  }
}

function addStreamById(app: FastifyInstance, { owner }: ResumableOptions): void {
  app.get<{ Params: { id: string } }>(
    '/stream/:id',
    { schema: againSchema, validatorCompiler: compileInput },
    (request, reply) => {
      if (accepts(request.raw).type([EVENTS]) !== EVENTS) throw new FST_SSE_NOT_ACCEPTABLE(EVENTS)
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
