import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FST_SSE_OPTION_INVALID } from '../../plugin/errors.js'
import { errorEvent, logFailure, statusOf } from '../../plugin/framing/failure.js'
import { openAiError } from '../../plugin/framing/protocols/openai.js'
import { sseFrom } from '../../plugin/index.js'
import { kSseServer } from '../../plugin/plugin.js'
import type { SseServer } from '../../plugin/reply.js'
import type { SseSource } from '../../plugin/source/source.js'
import { collect } from '../collect.js'
import { FST_SSE_MODEL_NOT_FOUND } from '../errors.js'
import type { Finish } from '../stream/answer.js'
import { MAX_BODY } from '../stream/input.js'
import type { Generate } from '../stream/stream.js'
import { ChatInput, compileChatInput, toStreamInput } from './input.js'
import {
  ChatCompletion,
  ChatCompletionChunk,
  Completion,
  completionProtocol,
  ErrorBody,
  Model,
  ModelList,
  now,
  textOf
} from './output.js'

export interface OpenAiRoutesOptions {
  /** As for `streamRoutes`. What else the client has sent is in `request.body`, the model that it asks for too. */
  generate: Generate
  /** The ids of the models that clients may ask for. */
  models: readonly string[]
}

const errors = {
  '4xx': { ...ErrorBody, description: 'The request is wrong or not supported, or the provider refused it' },
  '5xx': { ...ErrorBody, description: 'The answer failed before its first token' }
} as const

const chatSchema = {
  summary: "Answer a conversation as OpenAI's chat completions do",
  body: ChatInput,
  response: {
    200: {
      description: 'The answer, or with `stream` its chunks as events, and [DONE]',
      content: {
        'application/json': { schema: ChatCompletion },
        'text/event-stream': {
          schema: {
            type: 'string',
            contentMediaType: 'text/event-stream',
            description: 'Events without a name. The data of each is a chunk as JSON; that of the last is [DONE].'
          },
          itemSchema: {
            type: 'object',
            properties: {
              data: { type: 'string', contentMediaType: 'application/json', contentSchema: ChatCompletionChunk }
            },
            required: ['data']
          }
        }
      }
    },
    ...errors
  }
} as const

const modelsSchema = { summary: 'The models', response: { 200: ModelList, ...errors } } as const
const modelSchema = { summary: 'One model', response: { 200: Model, ...errors } } as const

/**
 * `POST /v1/chat/completions`, `GET /v1/models` and `GET /v1/models/:id`: what clients of OpenAI's API need to be pointed
 * at this server, from the same `generate` as `/stream`. What `generate` cannot honour is refused by name.
 *
 * Registers the plugin where the app has not.
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function openAiRoutes(app: FastifyInstance, { generate, models }: OpenAiRoutesOptions): Promise<void> {
  if (typeof generate !== 'function') throw new FST_SSE_OPTION_INVALID('generate', 'takes a function')
  if (!isListOfTexts(models)) throw new FST_SSE_OPTION_INVALID('models', 'takes a list of at least one id')
  if (!app.hasReplyDecorator('sseFrom')) await app.register(sseFrom)
  const { openStreams: streams } = app.getDecorator<SseServer>(kSseServer)
  const created = now()

  app.post<{ Body: ChatInput }>(
    '/v1/chat/completions',
    { schema: chatSchema, validatorCompiler: compileChatInput, bodyLimit: MAX_BODY, errorHandler },
    async (request, reply) => {
      const { model, stream, stream_options: options } = request.body
      modelOf(model)
      const source: SseSource<string, Finish> = ({ signal }) =>
        generate(toStreamInput(request.body), { signal, request })
      const completion = new Completion(model)
      if (!stream) return whole(source, completion, reply)
      const protocol = completionProtocol(completion, options?.include_usage === true)
      return reply.sseFrom(source, { protocol, resumable: false })
    }
  )
  app.get('/v1/models', { schema: modelsSchema, errorHandler }, async () => {
    return { object: 'list', data: models.map(modelOf) }
  })
  // The id of a model may have slashes.
  app.get<{ Params: { '*': string } }>('/v1/models/*', { schema: modelSchema, errorHandler }, async request => {
    return modelOf(request.params['*'])
  })

  /** @throws FST_SSE_MODEL_NOT_FOUND */
  function modelOf(id: string): object {
    if (!models.includes(id)) throw new FST_SSE_MODEL_NOT_FOUND()
    return { id, object: 'model', created, owned_by: 'server' }
  }

  async function whole(source: SseSource<string, Finish>, completion: Completion, reply: FastifyReply) {
    let text = ''
    const result = await collect(source, reply, streams, token => {
      text += textOf(token)
    })
    return result === undefined ? reply : reply.send(completion.whole(text, result.returned))
  }
}

/** Answers with an error in OpenAI's form. */
function errorHandler(error: FastifyError & { param?: string | null }, request: FastifyRequest, reply: FastifyReply) {
  logFailure(request.log, error)
  const { param = null } = error
  const code = error instanceof FST_SSE_MODEL_NOT_FOUND ? { code: 'model_not_found' } : {}
  reply
    .code(statusOf(error))
    .headers(((error as { headers?: object }).headers as Record<string, string>) ?? {})
    .send({ error: { ...openAiError(errorEvent(error).data), ...code, param } })
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(text => typeof text === 'string' && text !== '')
}
