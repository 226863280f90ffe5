import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Whose API a client speaks. */
export type ApiName = 'openai' | 'anthropic'

export type ErrorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void

/** What the ready routes of an app have under one `/v1`. */
export interface Apis {
  /** The APIs that are there, with what answers in the form of each. */
  readonly errorHandlers: Map<ApiName, ErrorHandler>
  /** Those that list models. */
  readonly listing: Set<ApiName>
  /** The models that OpenAI's routes list. */
  models: readonly string[]
}

/** By the server of an app and the prefix of its routes: plugins beside each other share no context of the app. */
const all = new WeakMap<object, Map<string, Apis>>()

/** What the ready routes have under the `/v1` of a context of the app. */
export function apisOf({ server, prefix }: FastifyInstance): Apis {
  const ofApp = all.get(server) ?? new Map<string, Apis>()
  all.set(server, ofApp)
  const apis = ofApp.get(prefix) ?? { errorHandlers: new Map(), listing: new Set(), models: [] }
  ofApp.set(prefix, apis)
  return apis
}

/** The API of a client. All clients of Anthropic's name its version, which no others do. */
export function apiOfClient({ headers }: Pick<FastifyRequest, 'headers'>): ApiName {
  return 'anthropic-version' in headers ? 'anthropic' : 'openai'
}
