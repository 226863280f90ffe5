import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import type { PluginOptions, ResumableOptions, StreamOptions } from '../../plugin/index.js'
import { type Served, serve } from './server.js'
import { Steps } from './steps.js'

/** A source that a test steps through. */
export interface SteppedSource {
  /** Gives it items to yield; an Error is thrown, `undefined` ends the source. */
  give(...items: (unknown | Error | undefined)[]): void
  aborted: boolean
  /** Whether its generator has ended, for whatever reason. */
  over: boolean
}

export interface Node extends Served {
  /** The sources of its source so far. */
  sources: SteppedSource[]
}

export interface NodeOptions {
  plugin?: PluginOptions
  resumable?: boolean | ResumableOptions | ((request: FastifyRequest) => ResumableOptions)
  stream?: StreamOptions<unknown>
  /** Another path that serves the source, beside `/`. */
  path?: string
  http2?: boolean
}

/**
 * Starts a node. `/` streams a source that the test steps through, `GET /streams/:id` resumes a stream, and
 * `DELETE /streams/:id` stops it.
 */
export async function node(
  t: Test,
  { plugin = {}, resumable = true, stream = {}, path, http2 = false }: NodeOptions = {}
): Promise<Node> {
  const sources: SteppedSource[] = []
  const setup = (app: FastifyInstance) => {
    const answer = (request: FastifyRequest, reply: FastifyReply) =>
      reply.sseFrom(
        async function* ({ signal }): AsyncGenerator<unknown, undefined> {
          const steps = new Steps()
          const items: (unknown | Error | undefined)[] = []
          const source: SteppedSource = {
            give: (...given) => {
              items.push(...given)
              for (const _ of given) steps.go()
            },
            aborted: false,
            over: false
          }
          sources.push(source)
          signal.addEventListener('abort', () => {
            source.aborted = true
            source.give(undefined)
          })
          try {
            for (;;) {
              await steps.next()
              const item = items.shift()
              if (item === undefined) return undefined
              if (item instanceof Error) throw item
              yield item
            }
          } finally {
            source.over = true
          }
        },
        { ...stream, resumable: typeof resumable === 'function' ? resumable(request) : resumable }
      )
    for (const url of ['/', path]) if (url !== undefined) app.all(url, answer)
    app.get<{ Params: { id: string } }>('/streams/:id', (request, reply) =>
      reply.sseResume(request.params.id, { protocol: stream.protocol })
    )
    app.delete<{ Params: { id: string } }>('/streams/:id', async ({ params }, reply) => {
      return reply.code((await app.sseStreams.stop(params.id)) ? 204 : 404).send()
    })
  }
  const served = await serve(t, setup, { plugin, http2 })
  return { ...served, sources }
}

/** The request options of a client that reconnects. */
export function after(id: string | undefined) {
  return { headers: { 'last-event-id': String(id) } }
}
