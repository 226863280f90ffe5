import type { EventEmitter } from 'node:events'
import type { FastifyInstance } from 'fastify'

/**
 * The servers that Fastify has added to the server of the app. With the host `localhost`, which is its default, it has
 * one for each further address of that name.
 */
export function furtherServers(app: FastifyInstance): readonly EventEmitter[] {
  return internal<readonly EventEmitter[]>(app, 'fastify.serverBindings') ?? []
}

/** Whether Fastify itself answers what arrives while the app closes, with a 503, before any hook or route. */
export function refusesLateRequests(app: FastifyInstance): boolean {
  return internal<{ return503OnClosing?: boolean }>(app, 'fastify.options')?.return503OnClosing !== false
}

/** What Fastify keeps in an app under a symbol that it does not export. Plugins may have an object derived from it. */
function internal<T>(app: object, description: string): T | undefined {
  for (let object: object | null = app; object !== null; object = Object.getPrototypeOf(object)) {
    const symbol = Object.getOwnPropertySymbols(object).find(symbol => symbol.description === description)
    if (symbol !== undefined) return Object.getOwnPropertyDescriptor(object, symbol)?.value
  }
  return undefined
}
