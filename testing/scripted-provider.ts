import Fastify, { type FastifyRequest } from 'fastify'
import { sseFrom } from '../plugin/index.js'
import {
  type AnswerPart,
  anthropicRoutes,
  type Finish,
  type GenerateRequest,
  openAiRoutes,
  responsesRoutes
} from '../routes/index.js'
import { type ScriptedSource, scriptedSource } from './scripted-source.js'

/** A request that the provider has received. */
export interface ProviderRequest {
  /** What it asks for, in the words of the contract of the ready routes, whatever API it came through. */
  readonly asked: GenerateRequest
  /** Its body as the client sent it. */
  readonly body: unknown
  readonly headers: FastifyRequest['headers']
  /** Its path and query. */
  readonly url: string
}

/** A server for a test, which answers as the test tells it to. */
export interface ScriptedProvider extends ScriptedSource<AnswerPart, Finish> {
  /** The base URL for OpenAI's SDK, such as `http://127.0.0.1:40123/v1`. Anthropic's takes `origin`. */
  readonly url: string
  /** The base URL for Anthropic's SDK. */
  readonly origin: string
  /** The requests so far, one for each run. */
  readonly requests: readonly ProviderRequest[]
  /** Stops the server, and breaks off what it is sending. */
  close(): Promise<void>
}

/**
 * Starts an OpenAI-compatible server on a free port of 127.0.0.1, for tests of code that uses an SDK. It serves Chat
 * Completions, Responses, and Anthropic's Messages, streaming and not. What it answers, the test gives it: text, or
 * parts such as calls of tools. An error before the first part is an error response with the `statusCode` of the error.
 *
 * @example
 * ```ts
 * const provider = await scriptedProvider()
 * const openai = new OpenAI({ baseURL: provider.url, apiKey: 'none', maxRetries: 0 })
 * provider.give('Hello', ' world')
 * provider.end({ finishReason: 'stop' })
 * ...
 * await provider.close()
 * ```
 *
 * @throws an error of `listen` if no port is free
 */
export async function scriptedProvider(): Promise<ScriptedProvider> {
  const source = scriptedSource<AnswerPart, Finish>()
  const requests: ProviderRequest[] = []
  const app = Fastify({ forceCloseConnections: true })
  const generate = (asked: GenerateRequest, context: { signal: AbortSignal; request: FastifyRequest }) => {
    const { body, headers, url } = context.request
    requests.push({ asked, body, headers, url })
    return source(context)
  }
  await app.register(sseFrom, { drainTimeout: 0 })
  const any = { models: ['scripted'], anyModel: true }
  await app.register(openAiRoutes, { generate, ...any })
  await app.register(responsesRoutes, { generate, ...any })
  await app.register(anthropicRoutes, { generate })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const origin = `http://127.0.0.1:${port}`
  return Object.assign(source, { url: `${origin}/v1`, origin, requests, close: () => app.close() })
}
