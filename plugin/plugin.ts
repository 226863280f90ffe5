import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type PluginOptions, pluginSettings } from './options.js'
import { makeSseFrom, makeSseResume } from './reply.js'
import { watchSessions } from './response/close/http2-sessions.js'
import { watchSilentConnections } from './response/close/silent-connections.js'
import { kOpenStreams, OpenStreams } from './response/open-streams.js'
import { ResumableStreams } from './resume/resumable-streams.js'
import { SseStreams } from './resume/sse-streams.js'
import { MemoryStore } from './stores/memory-store.js'

/**
 * Decorates replies with `sseFrom` and `sseResume`, and the app with `sseStreams`.
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export const sseFrom = fp(
  async (app: FastifyInstance, options: PluginOptions) => {
    const settings = pluginSettings(options)
    const streams = new OpenStreams(settings)
    const replay = new ResumableStreams(settings.store ?? new MemoryStore(), streams)
    app.decorate(kOpenStreams, streams)
    app.decorate('sseStreams', new SseStreams(replay))
    app.decorateReply<ReturnType<typeof makeSseFrom>, string>('sseFrom', makeSseFrom(streams, replay))
    app.decorateReply<ReturnType<typeof makeSseResume>, string>('sseResume', makeSseResume(streams, replay))
    const closeSessions = watchSessions(app.server)
    const closeSilentConnections = watchSilentConnections(app.server)
    app.addHook('preClose', async () => {
      await streams.drain()
      replay.close()
      closeSessions()
      closeSilentConnections()
    })
  },
  { name: 'fastify-sse-from', fastify: '5.x' }
)
