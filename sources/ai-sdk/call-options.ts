import type { GenerateRequest } from '../../routes/generate.js'
import type { LanguageModel } from './model.js'
import { toPrompt } from './prompt.js'
import { known, OwnOptions, type ProviderOptions } from './provider-options.js'

/** Says in the words of the AI SDK's provider interface what `generate` is asked. */
export function toCallOptions(
  request: GenerateRequest,
  model: LanguageModel,
  given?: ProviderOptions,
  own = new OwnOptions(model)
): Record<string, unknown> {
  return known({
    prompt: toPrompt(request, model, own),
    maxOutputTokens: request.maxTokens,
    temperature: request.temperature,
    topP: request.topP,
    stopSequences: request.stop,
    seed: request.seed,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    responseFormat: toResponseFormat(request.responseFormat),
    tools: request.tools?.map(({ name, description, parameters = NO_PARAMETERS, strict }) =>
      known({
        type: 'function',
        name,
        description,
        inputSchema: parameters,
        strict: strict ?? (isStrictUnlessSaid(model, request) ? false : undefined)
      })
    ),
    toolChoice: toToolChoice(request.toolChoice),
    reasoning: model.specificationVersion === 'v4' ? request.reasoningEffort : undefined,
    providerOptions: own.of(request, given)
  })
}

/** OpenAI's Responses take a tool for strict that does not say so. No other API does. */
function isStrictUnlessSaid({ provider }: LanguageModel, { api }: GenerateRequest): boolean {
  return provider.endsWith('.responses') && api !== 'responses'
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
