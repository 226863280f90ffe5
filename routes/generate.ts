import type { FastifyRequest } from 'fastify'
import type { SourceSignal, SseSource } from '../plugin/index.js'
import {
  type AnswerPart,
  type Finish,
  FST_SSE_OPTION_INVALID,
  isGenerationObserved,
  keepPlaces,
  type PlaceOf,
  type ProviderKey,
  setAnswerer
} from '../plugin/toolkit.js'
import { type Feature, features, findUnaccepted } from './contract/accepts.js'
import { textOf } from './contract/content.js'
import { invalid } from './contract/fields.js'
import type { GenerateRequest } from './contract/request.js'

export type { AnswerPart, Finish, FinishReason, Usage } from '../plugin/toolkit.js'
export type { Feature } from './contract/accepts.js'
export type { AssistantPart, ContentPart } from './contract/content.js'
export type { Message } from './contract/message.js'
export type { GenerateRequest } from './contract/request.js'
export type { ResponseFormat, Tool, ToolChoice } from './contract/tool.js'

/** What `generate` knows of the request. */
export interface GenerateContext {
  /**
   * Aborted when nobody needs the answer any more, for example because the client has left. Its `reason` says why. Pass
   * it on to the provider, so that it stops too. See `SourceContext`.
   */
  readonly signal: SourceSignal
  /** The request that the answer is for. The routes have validated its body and query. */
  readonly request: FastifyRequest
}

/** An answer as it comes: its parts, and at the end why it ended. An async generator is one. */
export type Answer<Part extends AnswerPart = AnswerPart> = AsyncIterable<Part, Finish> | Iterable<Part, Finish>

/**
 * What an application gives the routes: it answers a conversation. It yields the text of each token as a string, and
 * whatever else an answer has as an object: reasoning, calls of tools, a refusal. It returns a `Finish`. The same
 * function serves all routes, whatever API their clients speak.
 *
 * An error that it throws before the first part becomes an error response with the `statusCode` or `status` of the
 * error; a later one becomes the `error` event of the route. A return value other than a `Finish` is an error too.
 *
 * @example
 * ```ts
 * const generate: Generate = async function* ({ messages, tools = [] }, { signal }) {
 *   yield { type: 'reasoning', text: 'They want to know the weather.' }
 *   if (tools.some(({ name }) => name === 'weather')) {
 *     yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":"Bonn"}' }
 *     return { finishReason: 'tool_calls' }
 *   }
 *   yield 'Look out of the window.'
 *   return { finishReason: 'stop' }
 * }
 * ```
 */
export interface Generate {
  (request: GenerateRequest, context: GenerateContext): Answer | Promise<Answer>
  /**
   * What it can be asked for. A request for anything else is answered 400 with the name of the field. Default:
   * everything.
   */
  accepts?: readonly Feature[]
  /** Who runs the model, for telemetry: a name of `gen_ai.provider.name`, such as `openai`. Default: unknown. */
  provider?: string | undefined
  /** The name of the model, for telemetry. What a client asks for is not taken for it. Default: unknown. */
  model?: string | undefined
}

/** A message of a conversation that is text alone. */
export interface TextMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** What a `generate` that accepts text alone is asked. */
export interface TextRequest extends Omit<GenerateRequest, 'messages'> {
  messages: TextMessage[]
}

/**
 * Makes a `generate` that accepts text alone: the content of each message is a string. A request with images, tools or
 * the like is answered 400 with the name of the field.
 *
 * @example
 * ```ts
 * const generate = textGenerate(async function* ({ messages }, { signal }) {
 *   const stream = await openai.chat.completions.create({ model, messages, stream: true }, { signal })
 *   let finishReason: FinishReason = 'stop'
 *   for await (const { choices: [choice] } of stream) {
 *     if (choice?.delta.content) yield choice.delta.content
 *     finishReason = choice?.finish_reason ?? finishReason
 *   }
 *   return { finishReason }
 * })
 * ```
 */
export function textGenerate(
  answer: (request: TextRequest, context: GenerateContext) => Answer<string> | Promise<Answer<string>>
): Generate {
  const generate: Generate = ({ messages, ...options }, context) =>
    answer({ ...options, messages: messages.flatMap(toTextMessage) }, context)
  generate.accepts = ['text']
  return generate
}

function toTextMessage({ role, content }: GenerateRequest['messages'][number]): TextMessage[] {
  return role === 'tool' ? [] : [{ role, content: textOf(content) }]
}

/** What each ready route is told of what answers. */
export interface GenerateOptions {
  /** Answers a conversation. The same function serves all routes. Required. */
  generate: Generate
  /**
   * Whose key `generate` asks the provider with. A 401 or 403 about a key of the server's own is a 502 to the user;
   * about a key of the user's it stays what it is. `'server'` or `'user'`. Default: the `providerKey` of the plugin.
   */
  providerKey?: ProviderKey | undefined
}

/** @throws FST_SSE_OPTION_INVALID */
export function checkGenerate({ generate, providerKey = 'server' }: GenerateOptions): void {
  if (typeof generate !== 'function') throw new FST_SSE_OPTION_INVALID('generate', 'takes a function')
  if (providerKey !== 'server' && providerKey !== 'user') {
    throw new FST_SSE_OPTION_INVALID('providerKey', "takes 'server' or 'user'")
  }
  const { accepts } = generate
  const isKnown = Array.isArray(accepts) && accepts.every(feature => features.includes(feature))
  if (accepts !== undefined && !isKnown) {
    throw new FST_SSE_OPTION_INVALID('generate.accepts', `takes a list of ${features.join(', ')}`)
  }
}

/**
 * Checks that a `generate` accepts what a request asks for.
 *
 * @param placeOf tells where the client has put it. A source may need it later, for what only its provider refuses.
 * @throws FST_SSE_INPUT_INVALID
 */
export function checkAccepted({ accepts }: Generate, asked: GenerateRequest, placeOf: PlaceOf): void {
  keepPlaces(asked, placeOf)
  const unaccepted = accepts && findUnaccepted(asked, accepts)
  if (unaccepted !== undefined) throw invalid(placeOf(unaccepted.path), 'is not supported by this model')
}

/** The source of one answer, for `reply.sseFrom` or `sendWhole`. */
export function sourceOf(
  generate: Generate,
  asked: GenerateRequest,
  request: FastifyRequest
): SseSource<AnswerPart, Finish> {
  if (isGenerationObserved()) setAnswerer(request, generate)
  return ({ signal }) => generate(asked, { signal, request })
}
