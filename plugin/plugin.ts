import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { ownerLimitOf } from './admission.js'
import { FST_SSE_ALREADY_REGISTERED } from './errors.js'
import { compileEventStreams } from './framing/route-serializers.js'
import type { PluginOptions } from './options.js'
import { makeSseFrom, makeSseResume, makeSseStart, type SseServer } from './reply.js'
import { ASKED } from './response/asked-replies.js'
import { watchServers } from './response/close/server-drain.js'
import { beforeError } from './response/error-response.js'
import { ConnectionLimit } from './response/limits/connection-limit.js'
import { OwnerSlots } from './response/limits/owner-slots.js'
import { StreamLimits } from './response/limits/stream-limits.js'
import { OpenStreams } from './response/open-streams.js'
import { warnOfTimeouts } from './response/server-timeouts.js'
import { ResumableStreams } from './resume/resumable-streams.js'
import { SseStreams } from './resume/sse-streams.js'
import { pluginSettings } from './settings.js'
import { kLastEventId, readLastEventId } from './sse/last-event-id.js'
import { MemoryStore } from './stores/memory-store.js'

/** The decorator of an app that holds its `SseServer`. */
export const kSseServer = Symbol.for('fastify-sse-from.server')

/** What the plugin holds for an app that has it. */
export function serverOf(app: FastifyInstance): SseServer {
  return app.getDecorator<SseServer>(kSseServer)
}

/** The scopes of each server that have the plugin. */
const scopes = new WeakMap<object, FastifyInstance[]>()

/** @throws FST_SSE_ALREADY_REGISTERED if a request could find the plugin twice, with other options */
function checkScope(app: FastifyInstance, options: PluginOptions): void {
  if (app.hasDecorator(kSseServer)) {
    throw new FST_SSE_ALREADY_REGISTERED('here or in a scope around this one: register it once, at the root')
  }
  const others = scopes.get(app.server) ?? []
  // A scope inherits from the one around it. What has no options is what the ready routes register for themselves.
  if (Object.keys(options).length > 0 && others.some(other => Object.prototype.isPrototypeOf.call(app, other))) {
    const how = 'in a scope inside this one, as the ready routes do if nobody has: register it before them'
    throw new FST_SSE_ALREADY_REGISTERED(how)
  }
  scopes.set(app.server, [...others, app])
}

/**
 * The plugin. It decorates replies with `sseFrom`, `sseResume` and `sseStart`, and the app with `sseStreams`.
 *
 * @example
 * ```ts
 * await app.register(sseFrom)
 * app.get('/tokens', (request, reply) => reply.sseFrom(({ signal }) => model.stream(request.query, { signal })))
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID, FST_SSE_ALREADY_REGISTERED at registration
 */
export const sseFrom = fp(
  async (app: FastifyInstance, options: PluginOptions) => {
    checkScope(app, options)
    const settings = pluginSettings(options)
    warnOfTimeouts(app, settings)
    // Where a hook takes longer than this, Fastify gives up closing. 0 is no limit.
    const { pluginTimeout = 0 } = app.initialConfig
    const openStreams = new OpenStreams(settings.drainTimeout, pluginTimeout || undefined)
    const { store = new MemoryStore() } = settings
    const resumableStreams = new ResumableStreams(store, openStreams, settings.ownerKey)
    const ownerLimit = ownerLimitOf(settings)
    const ownerSlots =
      ownerLimit === undefined ? undefined : new OwnerSlots(ownerLimit, store, openStreams.deadlines, app.log)
    const server: SseServer = {
      settings,
      openStreams,
      resumableStreams,
      limits: new StreamLimits(settings.maxStreams, ownerSlots),
      connectionLimit: new ConnectionLimit(settings.maxStreamsPerConnection)
    }
    app.decorate(kSseServer, server)
    app.decorate('sseStreams', new SseStreams(resumableStreams))
    app.decorateRequest<string | undefined, symbol>(kLastEventId, {
      getter() {
        return readLastEventId(this, settings.lastEventIdParameter)
      }
    })
    app.decorateReply<ReturnType<typeof makeSseFrom>, string>('sseFrom', makeSseFrom(server))
    app.decorateReply<ReturnType<typeof makeSseResume>, string>('sseResume', makeSseResume(server))
    app.decorateReply<ReturnType<typeof makeSseStart>, string>('sseStart', makeSseStart(server))
    app.decorateReply(ASKED, null)
    app.addHook('onRoute', function (route) {
      compileEventStreams(this, route)
    })
    app.addHook('onError', (_request, reply, error, done) => {
      beforeError(reply, error)
      done()
    })
    const serverDrain = watchServers(app)
    app.addHook('preClose', async () => {
      const [unfinished] = await Promise.all([openStreams.drain(), serverDrain.begin()])
      if (unfinished > 0) app.log.warn({ unfinished }, 'the server closes although onFinish has not finished')
      void resumableStreams.close(app.log)
      serverDrain.end()
    })
  },
  { name: 'fastify-sse-from', fastify: '5.x' }
)
