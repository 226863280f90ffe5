import type { Attributes } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'
import type { ObservedGeneration } from '../plugin/index.js'
import { wordsOf } from './guard.js'
import { FewValues } from './labels.js'
import { attributes, DEFAULT_OPERATION, OTHER } from './names.js'

/** What a generation is, in the words of the conventions. */
export interface Described {
  /** Who runs the model: a `gen_ai.provider.name`. */
  readonly provider?: string | undefined
  /** The name of the model: a `gen_ai.request.model`. */
  readonly model?: string | undefined
  /** What it does: a `gen_ai.operation.name`. Default: `chat`. */
  readonly operation?: string | undefined
}

/** Names a generation. */
export type Describe = (generation: ObservedGeneration) => Described

/** Makes the attributes of generations and requests. None has more than a hundred values. */
export class Descriptions {
  readonly #describe: Describe
  readonly #providers = new FewValues()
  readonly #models = new FewValues()
  readonly #operations = new FewValues()
  readonly #routes = new FewValues()
  /** What answers a request, once a generation has started for it. */
  readonly #ofRequests = new WeakMap<FastifyRequest, Attributes>()

  constructor(describe: Describe) {
    this.#describe = describe
  }

  /** The attributes of a generation, which those of its request have too. */
  ofGeneration(generation: ObservedGeneration): Attributes {
    const { provider, model, operation = DEFAULT_OPERATION } = this.#described(generation)
    const described = {
      ...this.ofRoute(generation.request),
      [attributes.operation]: this.#operations.of(operation),
      [attributes.provider]: provider === undefined ? OTHER : this.#providers.of(provider),
      ...(model !== undefined && { [attributes.model]: this.#models.of(model) })
    }
    this.#ofRequests.set(generation.request, described)
    return described
  }

  #described(generation: ObservedGeneration): Described {
    try {
      return checked(this.#describe(generation))
    } catch (error) {
      generation.request.log.error(`describe has failed, so this generation has no names: ${wordsOf(error)}`)
      return {}
    }
  }

  /** The attributes of a request whose answer is generated; `undefined` if it only follows one. */
  ofRequest(request: FastifyRequest): Attributes | undefined {
    return this.#ofRequests.get(request)
  }

  /** The route of a request, as it was declared. */
  ofRoute({ routeOptions: { url } }: FastifyRequest): Attributes {
    return url === undefined ? {} : { [attributes.route]: this.#routes.of(url) }
  }
}

/** @throws TypeError if an application without types describes a generation as something else */
function checked(described: Described | PromiseLike<unknown>): Described {
  if ('then' in described) {
    described.then(undefined, () => {})
    throw new TypeError('it must give an object, not a promise')
  }
  const { provider, model, operation } = described
  for (const [name, value] of Object.entries({ provider, model, operation })) {
    if (value !== undefined && typeof value !== 'string') throw new TypeError(`${name} must be a string`)
  }
  return { provider, model, operation }
}
