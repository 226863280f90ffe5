import type { ReadableStream } from 'node:stream/web'
import { checkNames } from '../../plugin/toolkit.js'
import type { AnswerPart, Finish, Generate, GenerateContext, GenerateRequest } from '../../routes/generate.js'
import { FST_SSE_PROVIDER_LOST } from '../openai/errors.js'
import { readParts } from './answer.js'
import { toCallOptions } from './call-options.js'
import { type LanguageModel, nameOf } from './model.js'
import { ModelStream } from './model-stream.js'
import { OwnOptions, type ProviderOptions } from './provider-options.js'
import { refusalOf } from './refusals.js'
import { Warnings } from './warnings.js'

/** The options of `languageModelSource`. */
export interface LanguageModelOptions {
  /** What is passed on to the provider in addition, by the name of the provider. Default: none. */
  providerOptions?: ProviderOptions | undefined
}

/**
 * Makes a `generate` for any model of the AI SDK. It passes on all that a request says and the provider interface
 * knows, and yields text, reasoning and calls of tools. It needs the package of the provider alone, not `ai`.
 *
 * A part that the provider has no word for is refused by name (`FST_SSE_UNSUPPORTED`, 400), and so is an option without
 * which the answer is another one: tools and their choice, the form of the answer, and where it stops. Other options
 * that the model does not heed are logged, once for each model. An answer that ends in an error, or breaks off, fails
 * with the error of the provider or with `FST_SSE_PROVIDER_LOST` (502).
 *
 * @throws FST_SSE_OPTION_INVALID
 * @param model the model, or a function that gives it for the name that the client asks for
 * @example
 * ```ts
 * import { anthropic } from '@ai-sdk/anthropic'
 * import { streamRoutes } from 'fastify-sse-from/routes'
 * import { languageModelSource } from 'fastify-sse-from/sources'
 *
 * await app.register(streamRoutes, { generate: languageModelSource(anthropic('claude-sonnet-5-5')) })
 * ```
 */
export function languageModelSource(
  model: LanguageModel | ((asked: string | undefined) => LanguageModel),
  options: LanguageModelOptions = {}
): Generate {
  checkNames(options, ['providerOptions'])
  const { providerOptions } = options
  const warnings = new Warnings()
  const generate: Generate = (request, context) => {
    const chosen = typeof model === 'function' ? model(request.model) : model
    const stream = new ModelStream(context.signal)
    return stream.answerOf(answer(chosen, request, context, stream))
  }
  return typeof model === 'function' ? generate : Object.assign(generate, namesOf(model))

  async function* answer(
    chosen: LanguageModel,
    request: GenerateRequest,
    { signal, request: asked }: GenerateContext,
    read: ModelStream
  ): AsyncGenerator<AnswerPart, Finish> {
    const own = new OwnOptions(chosen)
    const options = toCallOptions(request, chosen, providerOptions, own)
    warnings.lost(own.lostOf(request), chosen, asked)
    try {
      const { stream } = await chosen.doStream({ ...options, abortSignal: signal } as never)
      return yield* readParts(read.values(stream as ReadableStream<unknown>), given =>
        warnings.read(given, request, chosen, asked)
      )
    } catch (error) {
      throw signal.aborted || hasStatus(error) ? error : (refusalOf(error, request) ?? lost(error))
    }
  }
}

/** Who runs a model, without the API that the SDK adds after a dot, and its name. */
function namesOf(model: LanguageModel): Pick<Generate, 'provider' | 'model'> {
  return { provider: nameOf(model), model: model.modelId }
}

/** Whether the provider has answered with an error. Its connection may break, too, and its answer may be malformed. */
function hasStatus(error: unknown): boolean {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400
}

function lost(cause: unknown): Error {
  return new FST_SSE_PROVIDER_LOST('could not be reached, or broke off', { cause })
}
