import type { GenerateRequest } from '../../routes/generate.js'
import type { LanguageModel } from './model.js'
import { toPrompt } from './prompt.js'

/** What a provider knows and the others do not, by the name of the provider. */
export type ProviderOptions = Record<string, Record<string, unknown>>

/** Says in the words of the AI SDK's provider interface what `generate` is asked. */
export function toCallOptions(
  request: GenerateRequest,
  { provider, specificationVersion }: LanguageModel,
  given: ProviderOptions = {}
): Record<string, unknown> {
  // The provider of a model is called 'openai.chat', and its options 'openai'.
  const [name = provider] = provider.split('.')
  const { reasoningEffort, parallelToolCalls, user } = request
  const own = known({ reasoningEffort, parallelToolCalls, user })
  const hasOwn = Object.keys(own).length > 0
  return known({
    prompt: toPrompt(request, name, specificationVersion),
    maxOutputTokens: request.maxTokens,
    temperature: request.temperature,
    topP: request.topP,
    stopSequences: request.stop,
    seed: request.seed,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    responseFormat: toResponseFormat(request.responseFormat),
    tools: request.tools?.map(({ name, description, parameters = NO_PARAMETERS, strict }) =>
      known({ type: 'function', name, description, inputSchema: parameters, strict })
    ),
    toolChoice: toToolChoice(request.toolChoice),
    reasoning: specificationVersion === 'v4' ? reasoningEffort : undefined,
    providerOptions: hasOwn || given[name] !== undefined ? { ...given, [name]: { ...own, ...given[name] } } : given
  })
}

/** The schema of a tool that takes nothing. */
const NO_PARAMETERS = { type: 'object', properties: {} }

function toToolChoice(choice: GenerateRequest['toolChoice']): object | undefined {
  if (choice === undefined) return undefined
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: choice.tool }
}

function toResponseFormat(format: GenerateRequest['responseFormat']): object | undefined {
  if (format?.type !== 'json') return format
  const { strict: _, ...rest } = format
  return rest
}

function known(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
