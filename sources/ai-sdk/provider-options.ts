import type { ContentPart, GenerateRequest } from '../../routes/generate.js'
import { thinkingOf } from './anthropic-thinking.js'
import { type LanguageModel, nameOf } from './model.js'

/** What a provider knows and the others do not, by the name of the provider. */
export type ProviderOptions = Record<string, Record<string, unknown>>

type Fields = Record<string, unknown>

/** What of a request goes into the options of a provider, since the AI SDK's interface has no word for it. */
const FIELDS = ['user', 'metadata', 'parallelToolCalls', 'reasoningEffort'] as const
type Field = (typeof FIELDS)[number]

/** How a kind of provider says what the AI SDK's interface has no word for. */
interface Words {
  /** Under which names the provider looks for its options, beside its own. */
  readonly names: readonly string[]
  /** What it has words for. */
  readonly knows: readonly Field[]
  /** Its options for a request. */
  say(request: GenerateRequest, model: LanguageModel): Fields
  /** Its options for a part of a message. */
  sayPart?(part: ContentPart): Fields
}

const OPENAI: Words = {
  names: ['openai'],
  knows: FIELDS,
  say: ({ user, metadata, parallelToolCalls, reasoningEffort, ...request }) => ({
    user,
    metadata,
    // OpenAI keeps metadata only with what it stores.
    store: request.api === 'chat-completions' ? toBoolean(request.extra?.store) : undefined,
    parallelToolCalls,
    reasoningEffort,
    strictJsonSchema: isStrict(request)
  }),
  sayPart: part => ({ imageDetail: part.type === 'image' ? part.detail : undefined })
}

const ANTHROPIC: Words = {
  names: ['anthropic'],
  knows: ['user', 'parallelToolCalls', 'reasoningEffort'],
  say: ({ user, parallelToolCalls, reasoningEffort }, model) => ({
    metadata: user === undefined ? undefined : { userId: user },
    disableParallelToolUse: parallelToolCalls === false ? true : undefined,
    ...thinkingOf(reasoningEffort, model)
  })
}

/** Puts all that it does not know into the request as it is. */
const OPENAI_COMPATIBLE: Words = {
  names: [],
  knows: FIELDS,
  say: ({ user, metadata, parallelToolCalls, reasoningEffort, ...request }) => ({
    user,
    metadata,
    parallel_tool_calls: parallelToolCalls,
    reasoningEffort,
    strictJsonSchema: isStrict(request)
  })
}

/** Providers ignore what they do not know. Most of them have the words of OpenAI's. */
const OTHERS: Words = {
  names: [],
  knows: ['user', 'parallelToolCalls', 'reasoningEffort'],
  say: ({ user, parallelToolCalls, reasoningEffort, ...request }) => ({
    user,
    parallelToolCalls,
    reasoningEffort,
    strictJsonSchema: isStrict(request)
  })
}

/** The words by the provider of a model, such as `openai.chat`, `azure.responses` or `vertex.anthropic.messages`. */
const KINDS: [provider: RegExp, words: Words][] = [
  [/(^|\.)anthropic(\.|$)|\.messages$/, ANTHROPIC],
  [/^(azure-)?openai(\.|$)|^azure\.|\.responses$/, OPENAI]
]

/** What a model is told by the options of its provider. */
export class OwnOptions {
  readonly #model: LanguageModel
  readonly #words: Words
  readonly #names: string[]

  constructor(model: LanguageModel) {
    this.#model = model
    this.#words = wordsOf(model)
    this.#names = [...new Set([...this.#words.names, nameOf(model)])]
  }

  /** The options for a request. Those of the application win. */
  of(request: GenerateRequest, given: ProviderOptions = {}): ProviderOptions {
    const own = known(this.#words.say(request, this.#model))
    return { ...given, ...this.#named(own, given) }
  }

  /** The options for a part of a message, if it needs any. */
  ofPart(part: ContentPart): { providerOptions?: ProviderOptions } {
    const own = known(this.#words.sayPart?.(part) ?? {})
    return Object.keys(own).length === 0 ? {} : { providerOptions: this.#named(own, {}) }
  }

  /** What a request says and the provider has no word for. */
  lostOf(request: GenerateRequest): string[] {
    const { knows, sayPart } = this.#words
    const fields: string[] = FIELDS.filter(field => request[field] !== undefined && !knows.includes(field))
    return sayPart === undefined && request.messages.some(hasDetail) ? [...fields, 'image detail'] : fields
  }

  #named(own: Fields, given: ProviderOptions): ProviderOptions {
    if (Object.keys(own).length === 0) return {}
    // The provider reads all of its names, and what it finds under its own wins.
    const all: Fields = Object.assign({}, ...this.#names.map(name => given[name]))
    return Object.fromEntries(this.#names.map(name => [name, { ...own, ...all }]))
  }
}

function wordsOf(model: LanguageModel): Words {
  const [, words] = KINDS.find(([provider]) => provider.test(model.provider)) ?? []
  return words ?? ('supportsStructuredOutputs' in model ? OPENAI_COMPATIBLE : OTHERS)
}

/** Leaving `strict` out means false in the APIs, and true in the AI SDK. */
function isStrict({ responseFormat }: Pick<GenerateRequest, 'responseFormat'>): boolean | undefined {
  return responseFormat?.type === 'json' && responseFormat.schema !== undefined
    ? (responseFormat.strict ?? false)
    : undefined
}

function hasDetail({ content }: GenerateRequest['messages'][number]): boolean {
  return (
    typeof content !== 'string' && content.some(part => part.type === 'image' && (part.detail ?? 'auto') !== 'auto')
  )
}

function toBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** Leaves out what is `undefined`. */
export function known(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
