import t, { type Test } from 'tap'
import type { PluginOptions } from '../../../plugin/index.js'
import { type ActiveStreams, agUiRoutes, chatRoutes } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const message = { id: 'm', role: 'user', content: 'hi', parts: [{ type: 'text', text: 'hi' }] }

/** Both APIs whose clients ask for a running answer by the id of its chat or thread. */
const apis = {
  chat: { routes: chatRoutes, path: '/api/chat', body: { id: 'c', messages: [message] }, end: '[DONE]' },
  agent: {
    routes: agUiRoutes,
    path: '/agent',
    body: { threadId: 'c', runId: 'r', messages: [message], tools: [], context: [], state: {}, forwardedProps: {} },
    end: 'RUN_FINISHED'
  }
}

type Api = (typeof apis)[keyof typeof apis]

/** Serves answers of one token that run until they are told to end. */
async function answers(t: Test, { routes, path }: Api, plugin: PluginOptions, activeStreams?: ActiveStreams) {
  const ends: (() => void)[] = []
  let aborted = 0
  const { url } = await serve(
    t,
    app =>
      app.register(routes, {
        activeStreams,
        generate: async function* (_request, { signal }) {
          signal.addEventListener('abort', () => aborted++)
          yield 'token'
          await new Promise<void>(resolve => {
            ends.push(resolve)
            signal.addEventListener('abort', () => resolve())
          })
          return { finishReason: 'stop' }
        }
      }),
    { plugin: { drainTimeout: 1, ...plugin } }
  )
  return { url: `${url}${path}`, ends, aborted: () => aborted }
}

for (const [name, api] of Object.entries(apis)) {
  for (const [limit, status] of [
    ['maxStreams', 503],
    ['maxStreamsPerOwner', 429]
  ] as const) {
    t.test(`${name}: a refusal by ${limit} leaves the running answer found`, async t => {
      const known = new Map<string, string>()
      const activeStreams: ActiveStreams = {
        get: async ({ id }) => known.get(id),
        set: ({ id }, stream) => void known.set(id, stream),
        delete: async ({ id }, stream) => known.get(id) === stream && known.delete(id)
      }
      const plugin = { [limit]: 1, resumable: { owner: () => 'ann' } }
      const { url, ends, aborted } = await answers(t, api, plugin, activeStreams)
      const first = open(url, { body: api.body })
      await until('it runs', () => ends.length === 1)
      t.equal((await fetchAll(url, { body: api.body })).status, status)
      const follower = open(`${url}/c/stream`)
      await follower.has('token')
      t.equal((await fetchAll(`${url}/c/stream`, { method: 'DELETE' })).status, 204)
      await Promise.all([first.end(), follower.end()])
      t.equal(aborted(), 1)
      await until('nothing is kept', () => known.size === 0)
    })
  }

  for (const method of ['set', 'delete'] as const) {
    t.test(`${name}: an answer ends although ${method} of activeStreams hangs`, async t => {
      const calls: string[] = []
      let stream: string | undefined
      const call = (called: string) => {
        calls.push(called)
        return called === method ? new Promise(() => {}) : undefined
      }
      const activeStreams: ActiveStreams = {
        get: async () => stream,
        set: (_chat, begun) => {
          stream = begun
          return call('set')
        },
        delete: () => call('delete')
      }
      const { url, ends } = await answers(t, api, {}, activeStreams)
      const client = open(url, { body: api.body })
      await until('it runs', () => ends.length === 1)
      ends[0]?.()
      await client.end()
      t.match(client.text(), api.end)
      t.equal((await fetchAll(`${url}/c/stream`)).status, 204, 'what has ended is not found')
      t.same(calls, method === 'set' ? ['set'] : ['set', 'delete'])
    })
  }
}
