import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import {
  anthropicRoutes,
  chatRoutes,
  type Generate,
  type GenerateRequest,
  type InputLimits,
  openAiRoutes,
  responsesRoutes,
  streamRoutes
} from '../../routes/index.js'

type Json = Record<string, unknown>

/** An API of the ready routes: how it writes a request and an error. */
export interface Api {
  readonly name: string
  readonly url: string
  /** The least body of a request. */
  readonly least: Json
  /** A body with one message of the user, whose content has one part. */
  withPart(part: unknown): Json
  /** Whether a body is an error in the form of this API. */
  isError(body: unknown): boolean
  /** The message of an error. */
  messageOf(body: unknown): string
}

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })

const openAiForm = {
  isError: (body: unknown) => {
    const error = (body as { error?: Json })?.error
    const { message, type, param, code } = error ?? {}
    const isText = (value: unknown) => typeof value === 'string'
    return isText(message) && isText(type) && (param === null || isText(param)) && (code === null || isText(code))
  },
  messageOf: (body: unknown) => (body as { error: { message: string } }).error.message
}

const ownForm = {
  isError: (body: unknown) => {
    const { statusCode, error, message } = (body ?? {}) as Json
    return Number(statusCode) >= 400 && typeof error === 'string' && typeof message === 'string'
  },
  messageOf: (body: unknown) => (body as { message: string }).message
}

export const chatCompletions: Api = {
  name: 'chat completions',
  url: '/v1/chat/completions',
  least: { model: 'a', ...user('hi') },
  withPart: part => ({ model: 'a', ...user([part]) }),
  ...openAiForm
}

export const responsesApi: Api = {
  name: 'Responses',
  url: '/v1/responses',
  least: { model: 'a', input: 'hi' },
  withPart: part => ({ model: 'a', input: [{ role: 'user', content: [part] }] }),
  ...openAiForm
}

export const messagesApi: Api = {
  name: 'Messages',
  url: '/v1/messages',
  least: { model: 'a', max_tokens: 9, ...user('hi') },
  withPart: part => ({ model: 'a', max_tokens: 9, ...user([part]) }),
  isError: body => {
    const { type, error } = (body ?? {}) as { type?: unknown; error?: Json }
    return type === 'error' && typeof error?.type === 'string' && typeof error.message === 'string'
  },
  messageOf: openAiForm.messageOf
}

export const useChat: Api = {
  name: 'useChat',
  url: '/api/chat',
  least: { id: 'c', messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }] },
  withPart: part => ({ id: 'c', messages: [{ id: '1', role: 'user', parts: [part] }] }),
  ...ownForm
}

export const stream: Api = {
  name: '/stream',
  url: '/stream',
  least: user('hi'),
  withPart: part => user([part]),
  ...ownForm
}

export const everyApi: readonly Api[] = [chatCompletions, responsesApi, messagesApi, useChat, stream]

/** An app with the routes of every API for the model `a`, and what `generate` was asked. */
export async function appOf(t: Test, generate?: Generate, limits: InputLimits = {}) {
  const asked: GenerateRequest[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  const told: Generate = (request, context) => {
    asked.push(request)
    return generate?.(request, context) ?? hello()
  }
  await register(app, told, limits)
  /** Sends a body, an object or JSON as it is. */
  const post = async ({ url }: Api, body: object | string) => {
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    const headers = { 'content-type': 'application/json' }
    const response = await app.inject({ method: 'POST', url, payload, headers })
    return { status: response.statusCode, text: response.body }
  }
  /** Sends a wrong body, and gives the message of its 400. */
  const refused = async (t: Test, api: Api, body: object | string) => {
    const { status, text } = await post(api, body)
    t.equal(status, 400, `${api.name}: ${text.slice(0, 300)}`)
    if (status !== 400) return ''
    const error = JSON.parse(text)
    t.ok(api.isError(error), `${api.name} has its own form: ${text.slice(0, 300)}`)
    return api.messageOf(error)
  }
  return { app, asked, post, refused }
}

async function register(app: FastifyInstance, generate: Generate, limits: InputLimits): Promise<void> {
  await app.register(openAiRoutes, { generate, models: ['a'], ...limits })
  await app.register(responsesRoutes, { generate, models: ['a'], ...limits })
  await app.register(anthropicRoutes, { generate, ...limits })
  await app.register(chatRoutes, { generate, ...limits })
  await app.register(streamRoutes, { generate, ...limits })
}

async function* hello() {
  yield 'Hello'
  return { finishReason: 'stop' as const }
}
