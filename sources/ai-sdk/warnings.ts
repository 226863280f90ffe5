import type { GenerateContext, GenerateRequest } from '../../routes/generate.js'
import { unsupported } from './errors.js'
import { type LanguageModel, nameOf } from './model.js'

/** What of a request a model does not heed, as the AI SDK says it. Version 2 has names of its own. */
export interface Warning {
  readonly type: string
  readonly feature?: unknown
  readonly setting?: unknown
  readonly details?: unknown
  readonly message?: unknown
}

type Asked = GenerateContext['request']

/** The options without which an answer is another one, by the name that the AI SDK gives them. */
const DECISIVE: Partial<Record<string, keyof GenerateRequest>> = {
  responseFormat: 'responseFormat',
  tools: 'tools',
  toolChoice: 'toolChoice',
  stopSequences: 'stop'
}

/** So many kinds of warnings are remembered, since a provider may name things of the client in them. */
const MOST_KINDS = 1000

/** What the models of a source do not heed. Each kind is logged once for each model. */
export class Warnings {
  readonly #logged = new Set<string>()

  /**
   * Reads the warnings of a model.
   *
   * @throws FST_SSE_UNSUPPORTED for an option without which the answer is another one
   */
  read(warnings: readonly Warning[], request: GenerateRequest, model: LanguageModel, asked: Asked): void {
    for (const warning of warnings) {
      const feature = String(warning.feature ?? warning.setting)
      const why = firstWords(warning.details)
      const option = Object.hasOwn(DECISIVE, feature) ? DECISIVE[feature] : undefined
      if (isLoss(warning) && option !== undefined && request[option] !== undefined) {
        throw unsupported(request, [option], why)
      }
      if (warning.type === 'other') this.#log(firstWords(warning.message), '', true, model, asked)
      else this.#log(firstWords(feature), why, isLoss(warning), model, asked)
    }
  }

  /** Logs what a provider has no word for. */
  lost(options: readonly string[], model: LanguageModel, asked: Asked): void {
    for (const option of options) this.#log(option, 'the provider has no word for it', true, model, asked)
  }

  #log(what: string, why: string, isLoss: boolean, model: LanguageModel, asked: Asked): void {
    const kind = `${model.provider} ${model.modelId} ${what}`
    if (this.#logged.has(kind) || this.#logged.size >= MOST_KINDS) return
    this.#logged.add(kind)
    const fields = { provider: nameOf(model), model: model.modelId, option: what, why }
    asked.log[isLoss ? 'warn' : 'debug'](fields, 'the model does not heed all that a request says; this is logged once')
  }
}

function isLoss({ type }: Warning): boolean {
  return type.startsWith('unsupported')
}

/** What follows may quote the conversation. */
function firstWords(text: unknown): string {
  const [words = ''] = String(text ?? '').split(/[:{"'`\n]|\.(?:\s|$)/, 1)
  return words.slice(0, 200).trim()
}
