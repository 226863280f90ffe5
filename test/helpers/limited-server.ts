import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import type { PluginOptions, ResumableOptions } from '../../plugin/index.js'
import { sendWhole } from '../../plugin/toolkit.js'
import { serve } from './server.js'

/** What a stream can be. */
export const streamKinds = ['plain', 'resumable', 'whole'] as const

export type StreamKind = (typeof streamKinds)[number]

interface LimitedServerOptions {
  plugin?: PluginOptions
  http2?: boolean
  resumable?: ResumableOptions | ((request: FastifyRequest) => ResumableOptions)
}

/** Serves sources that run until they are told to end: `/plain`, `/resumable` and `/whole`. */
export async function limitedServer(
  t: Test,
  { plugin = {}, http2 = false, resumable = {} }: LimitedServerOptions = {}
) {
  /** Ends each of the sources that run. */
  const running = new Set<() => void>()
  let started = 0
  const served = await serve(
    t,
    (app: FastifyInstance) => {
      async function* source({ signal }: { signal: AbortSignal }) {
        started++
        let end = () => {}
        const over = new Promise<void>(resolve => {
          end = resolve
        })
        running.add(end)
        signal.addEventListener('abort', end)
        yield 'token'
        await over
        running.delete(end)
        return { finishReason: 'stop' as const }
      }
      const answers: Record<StreamKind, (request: FastifyRequest, reply: FastifyReply) => unknown> = {
        plain: (_request, reply) => reply.sseFrom(source, { resumable: false }),
        resumable: (request, reply) =>
          reply.sseFrom(source, { resumable: typeof resumable === 'function' ? resumable(request) : resumable }),
        whole: (_request, reply) => sendWhole(reply, source, ({ text }) => ({ text }))
      }
      for (const kind of streamKinds) app.get(`/${kind}`, answers[kind])
    },
    { plugin: { heartbeat: 5, commitAfter: 60_000, drainTimeout: 0, ...plugin }, http2 }
  )
  return {
    ...served,
    get started() {
      return started
    },
    get running() {
      return running.size
    },
    /** Ends the sources that run. */
    endAll() {
      for (const end of running) end()
    }
  }
}
