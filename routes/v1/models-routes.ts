import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { addVary, sendJson } from '../../plugin/toolkit.js'
import { type ApiName, apiOfClient, apisOf } from './apis.js'

/** How an API lists models. */
export interface ModelLists {
  api: ApiName
  /** @returns the body of `GET /v1/models` */
  list(query: unknown): object
  /** @returns the body of `GET /v1/models/:id`, of which a server may have any */
  show(id: string): object
}

/** The name of a constraint of routes: a client's API. It is part of code that the router makes. */
const CONSTRAINT = 'sseApiOfClient'

/**
 * Adds `GET /v1/models` and `GET /v1/models/:id` of an API. If they are there already, only clients of this API get
 * here, and all others stay where they were. So the routes of each API keep the hooks of their own context.
 */
export function addModelsRoutes(
  app: FastifyInstance,
  settings: RouteShorthandOptions,
  schemas: Readonly<Record<'models' | 'model', object>>,
  { api, list, show }: ModelLists
): void {
  const { listing } = apisOf(app)
  const send = (reply: FastifyReply, body: object) => {
    if (listing.size > 1) addVary(reply, 'anthropic-version')
    return sendJson(reply, body)
  }
  add('/v1/models', schemas.models, ({ query }, reply) => send(reply, list(query)))
  // The id of a model may contain slashes.
  add('/v1/models/*', schemas.model, ({ params }, reply) => send(reply, show((params as { '*': string })['*'])))
  listing.add(api)

  function add(url: string, schema: object, handler: (request: FastifyRequest, reply: FastifyReply) => FastifyReply) {
    // An app that has OpenAI's paths itself is told so by Fastify: its clients would not tell the two from each other.
    const isShared = isThere(app, url) && (api === 'anthropic' || listing.has('anthropic'))
    if (isShared) constrainByApi(app)
    app.get(
      url,
      {
        ...settings,
        // A document has one description of a path.
        schema: isShared ? { ...schema, hide: true } : schema,
        ...(isShared && { constraints: { [CONSTRAINT]: api } })
      },
      handler
    )
  }
}

function isThere(app: FastifyInstance, url: string): boolean {
  return app.hasRoute({ method: 'GET', url: app.prefix + url })
}

function constrainByApi(app: FastifyInstance): void {
  if (app.hasConstraintStrategy(CONSTRAINT)) return
  app.addConstraintStrategy({
    name: CONSTRAINT,
    storage: () => new Map(),
    deriveConstraint: apiOfClient
  })
}
