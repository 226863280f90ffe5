import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type PluginOptions, pluginSettings } from './options.js'
import { makeSseFrom } from './reply.js'
import { watchSessions } from './sessions.js'
import { kStreams, Streams } from './streams.js'

/**
 * Decorates replies with `sseFrom`.
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export const sseFrom = fp(
  async (app: FastifyInstance, options: PluginOptions) => {
    const streams = new Streams(pluginSettings(options))
    app.decorate(kStreams, streams)
    app.decorateReply<ReturnType<typeof makeSseFrom>, string>('sseFrom', makeSseFrom(streams))
    const closeSessions = watchSessions(app.server)
    app.addHook('preClose', async () => {
      await streams.drain()
      closeSessions()
    })
  },
  { name: 'fastify-sse-from', fastify: '5.x' }
)
