import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import {
  type AnswerPart,
  type Finish,
  type GenerateRequest,
  type StreamRoutesOptions,
  streamRoutes
} from '../../../routes/index.js'
import { buildApp } from '../../../server/app.js'
import { readEnvironment } from '../../../server/environment.js'
import { type OpenAiOptions, openAiSource } from '../../../sources/index.js'
import { openAiServer, type ProviderCall } from '../../helpers/openai-server.js'
import { serve } from '../../helpers/server.js'

export async function serveWith(t: Test, variables: Record<string, string>) {
  const app = await buildApp(readEnvironment({ LOG_LEVEL: 'silent', ...variables }))
  t.teardown(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

export async function proxy(t: Test, answer: (call: ProviderCall) => unknown) {
  const provider = await openAiServer(t, answer)
  const url = await serveWith(t, { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'sk-secret', OPENAI_MODEL: 'small' })
  return { provider, url }
}

/** A stream route over the source itself, for what the environment does not set. */
export function serveSource(t: Test, options: Partial<OpenAiOptions>, resumable?: StreamRoutesOptions['resumable']) {
  const generate = openAiSource({ model: 'small', ...options })
  return serve(t, app => app.register(streamRoutes, { generate, resumable }))
}

/** What the source has logged: `['debug', 'text', { fields }]`. */
export type Lines = [level: string, text: string, fields?: object][]

type Source = ReturnType<typeof openAiSource>

/** The answer of the source as whoever reads it has it. */
export function ask(
  options: Partial<OpenAiOptions> | Source,
  signal = new AbortController().signal,
  lines: Lines = [],
  asked: Partial<GenerateRequest> = {}
): AsyncGenerator<AnswerPart, Finish> {
  const at = (level: string) => (first: string | object, text?: string) => {
    lines.push(typeof first === 'string' ? [level, first] : [level, text ?? '', first])
  }
  const request = { log: { debug: at('debug'), info: at('info'), warn: at('warn') } } as unknown as FastifyRequest
  const source = typeof options === 'function' ? options : openAiSource({ model: 'small', ...options })
  const messages = [{ role: 'user' as const, content: 'hi' }]
  return source({ messages, ...asked }, { signal, request }) as AsyncGenerator<AnswerPart, Finish>
}

/** An answer and how it ended. What has come of it so far is in `tokens`. */
export async function whole(
  answer: AsyncGenerator<AnswerPart, Finish>,
  tokens: string[] = [],
  parts: AnswerPart[] = []
) {
  for (;;) {
    const { done, value } = await answer.next()
    if (done) return { tokens, ...value }
    parts.push(value)
    if (typeof value === 'string') tokens.push(value)
    else if (value.type === 'refusal') tokens.push(value.text)
  }
}

/** What the source makes of a body. */
export interface Outcome {
  text: string
  /** The texts and refusals. */
  tokens: string[]
  /** All parts. */
  parts: AnswerPart[]
  finish: Finish | undefined
  /** The message and the status of the error that it ended with, and the provider's words in its cause. */
  error: { message: string; status: number; words: string } | undefined
  lines: Lines
}

export interface Reply {
  status?: number
  type?: string | undefined
  headers?: Record<string, string>
  body: string | Buffer
}

export interface Replier {
  url: string
  calls: ProviderCall[]
  /** Asks the source, whose provider sends this body, or does what the function does. */
  (
    reply: string | Buffer | Reply | ((call: ProviderCall) => unknown),
    options?: Partial<OpenAiOptions>,
    asked?: Partial<GenerateRequest>
  ): Promise<Outcome>
}

/** A provider that answers each question with what the test says, one after the other. */
export async function replier(t: Test): Promise<Replier> {
  let answer: (call: ProviderCall) => unknown = () => {}
  const { url, calls } = await openAiServer(t, call => answer(call))
  const reply = async (
    given: Parameters<Replier>[0],
    options: Partial<OpenAiOptions> = {},
    asked: Partial<GenerateRequest> = {}
  ) => {
    answer = typeof given === 'function' ? given : call => send(call, given)
    return outcomeOf({ baseURL: url, ...options }, asked)
  }
  return Object.assign(reply, { url, calls })
}

function send({ response }: ProviderCall, given: string | Buffer | Reply): void {
  const reply: Reply = typeof given === 'string' || Buffer.isBuffer(given) ? { body: given } : given
  const { status = 200, type = 'text/event-stream', headers = {}, body } = reply
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(body)
}

/** Reads an answer to its end, whatever that is. */
export async function outcomeOf(
  options: Partial<OpenAiOptions> | Source,
  asked: Partial<GenerateRequest> = {}
): Promise<Outcome> {
  const lines: Lines = []
  const tokens: string[] = []
  const parts: AnswerPart[] = []
  try {
    const { tokens: _, ...finish } = await whole(ask(options, undefined, lines, asked), tokens, parts)
    return { text: tokens.join(''), tokens, parts, finish, error: undefined, lines }
  } catch (thrown) {
    const { message, statusCode: status, cause } = thrown as Error & { statusCode: number; cause?: Error }
    const error = { message, status, words: cause?.message ?? '' }
    return { text: tokens.join(''), tokens, parts, finish: undefined, error, lines }
  }
}

/** Takes connections and says nothing on them. */
export async function muteServer(t: Test) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => sockets.add(socket.on('error', () => {})))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { sockets, port: (server.address() as AddressInfo).port }
}

type Dispatcher = NonNullable<RequestInit['dispatcher']>

/** Has fetch send its requests with what `make` makes of what it sends them with by default. */
export function dispatchWith(t: Test, make: (own: Dispatcher) => Dispatcher) {
  // The first use of one of fetch's classes is what puts the dispatcher there, by one name or by two.
  new Headers()
  const names = [1, 2].map(version => Symbol.for(`undici.globalDispatcher.${version}`))
  const owns = names.filter(name => name in globalThis).map(name => [name, Reflect.get(globalThis, name)] as const)
  const made = make(owns.at(-1)?.[1])
  for (const [name] of owns) Reflect.set(globalThis, name, made)
  t.teardown(() => {
    for (const [name, own] of owns) Reflect.set(globalThis, name, own)
  })
}

/** Fetch with other limits than the 300 s, or 10 s to connect, that it comes with. */
export function limit(
  t: Test,
  limits: { headersTimeout?: number; bodyTimeout?: number; connect?: { timeout: number } }
) {
  dispatchWith(t, own => new (own.constructor as new (options: object) => Dispatcher)(limits))
}

/** An event whose data is JSON. */
export const dataOf = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
export const choiceOf = (choice: object) => dataOf({ choices: [choice] })
export const chunkOf = (content: unknown) => choiceOf({ delta: { content } })
export const endOf = (finish_reason: unknown) => choiceOf({ delta: {}, finish_reason })
export const STOP = endOf('stop')
export const DONE = 'data: [DONE]\n\n'
