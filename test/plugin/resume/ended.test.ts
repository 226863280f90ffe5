import t, { type Test } from 'tap'
import {
  type EventStore,
  MemoryStore,
  type ResumableOptions,
  type StreamFinish,
  type StreamSummary
} from '../../../plugin/index.js'
import { RedisStore } from '../../../plugin/stores/redis/redis-store.js'
import { fetchAll, type OpenOptions, open } from '../../helpers/client.js'
import { redisClient, redisServer } from '../../helpers/redis-server.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const { port } = await redisServer(t)

/** The stores of two nodes that share their events. */
const stores: Record<string, (t: Test) => [EventStore, EventStore]> = {
  memory: () => {
    const store = new MemoryStore()
    return [store, store]
  },
  Redis: t => {
    const make = () => new RedisStore({ client: redisClient(t, port), subscriber: redisClient(t, port), linger: 0 })
    return [make(), make()]
  }
}

const transports: Record<string, OpenOptions> = { 'HTTP/1.1': {}, 'HTTP/2': { http2: true, body: {} } }

async function node(t: Test, store: EventStore, http2: boolean, onDisconnect: ResumableOptions['onDisconnect']) {
  const finishes: StreamFinish[] = []
  const summaries: StreamSummary[] = []
  const signals: AbortSignal[] = []
  let end = () => {}
  const onClose = (summary: StreamSummary) => void summaries.push(summary)
  const served = await serve(
    t,
    app => {
      app.route({
        method: ['GET', 'POST'],
        url: '/',
        handler: (_request, reply) =>
          reply.sseFrom(
            async function* ({ signal }) {
              signals.push(signal)
              yield 'a'
              await new Promise<void>(resolve => {
                end = resolve
                signal.addEventListener('abort', () => resolve())
              })
              yield 'b'
              return { usage: { tokens: 2 } }
            },
            { resumable: { onDisconnect }, onFinish: finish => void finishes.push(finish), onClose }
          )
      })
      app.get<{ Params: { id: string } }>('/:id', ({ params }, reply) => reply.sseResume(params.id, { onClose }))
    },
    { http2, plugin: { store } }
  )
  return { ...served, finishes, summaries, signals, end: () => end() }
}

for (const [name, make] of Object.entries(stores)) {
  for (const [transport, request] of Object.entries(transports)) {
    const http2 = request.http2 === true

    t.test(`${name}, ${transport}: a stop from another node is told to all, and is no error`, async t => {
      const [one, other] = make(t)
      const producing = await node(t, one, http2, 'continue')
      const following = await node(t, other, http2, 'continue')
      const first = open(producing.url, request)
      await first.has('data: a')
      const id = String(first.headers['x-stream-id'])
      // The first event waits for no store.
      await until('other nodes can find it', async () => (await other.read(id, 0)) !== undefined)
      const second = open(`${following.url}/${id}`, { http2 })
      await second.has('data: a')
      t.equal(await following.app.sseStreams.stop(id), true)
      await Promise.all([first.end(), second.end()])
      const late = await fetchAll(`${following.url}/${id}`, { http2 })
      for (const client of [first, second, late]) {
        t.equal(client.ended, 'clean')
        t.match(client.events(), [{ data: 'a' }, { event: 'stopped', data: '{}', id: `${id}:2:end` }])
        t.notMatch(client.text(), /^:stopped/m, 'the mark of the store is not sent')
      }
      const rest = await fetchAll(`${following.url}/${id}`, { http2, headers: { 'last-event-id': `${id}:1` } })
      t.match(rest.events(), [{ event: 'stopped' }])
      const again = await fetchAll(`${following.url}/${id}`, { http2, headers: { 'last-event-id': `${id}:2:end` } })
      t.equal(again.status, 204)
      await until('all are over', () => producing.summaries.length === 1 && following.summaries.length === 4)
      t.same(
        [...producing.summaries, ...following.summaries].map(({ outcome }) => outcome),
        ['stopped', 'stopped', 'stopped', 'stopped', 'skipped']
      )
      t.equal(producing.signals[0]?.reason.reason, 'stopped')
      await until('onFinish is called', () => producing.finishes.length)
      t.match(producing.finishes, [{ outcome: 'stopped', reason: 'stopped', text: 'a', streamId: id }])
      t.equal(following.finishes.length, 0)
      t.same(
        [...producing.log, ...following.log].filter(({ level, err }) => level > 30 || err),
        []
      )
    })

    t.test(`${name}, ${transport}: a source that no client waits for tells its end`, async t => {
      const [one, other] = make(t)
      const producing = await node(t, one, http2, 'continue')
      const following = await node(t, other, http2, 'continue')
      const client = open(producing.url, request)
      await client.has('data: a')
      const id = String(client.headers['x-stream-id'])
      client.leave()
      await until('the client is gone', () => producing.summaries.length)
      t.match(producing.summaries, [{ outcome: 'aborted', events: 1 }])
      t.equal(producing.finishes.length, 0)
      producing.end()
      await until('onFinish is called', () => producing.finishes.length)
      t.match(producing.finishes, [{ outcome: 'complete', partial: false, text: 'ab', usage: { tokens: 2 } }])
      const late = await fetchAll(`${following.url}/${id}`, { http2 })
      t.match(late.events(), [{ data: 'a' }, { data: 'b' }, { event: 'done' }])
      t.equal(producing.finishes.length + following.finishes.length, 1)
    })
  }
}
