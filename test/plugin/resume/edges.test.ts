import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { EventStore } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { serve } from '../../helpers/server.js'
import { after, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

/** A promise that `go` resolves. */
function gate() {
  let go = () => {}
  const passed = new Promise<void>(resolve => {
    go = resolve
  })
  return { go: () => go(), passed }
}

async function connections({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  )
}

t.test('a client that leaves while its position is looked up gets no answer', async t => {
  const store = new FaultyStore()
  const { url, sources, log, app } = await node(t, { plugin: { store }, stream: { end: false } })
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', undefined)
  await first.end()
  for (const position of [first.events()[0]?.id, `${first.headers['x-stream-id']}:7`]) {
    const { go, passed } = gate()
    const before = log.filter(({ msg }) => msg === 'client left').length
    const reads = store.calls.read ?? 0
    store.before = method => (method === 'read' ? passed : undefined)
    const again = open(url, after(position))
    await until('the log is read', () => (store.calls.read ?? 0) > reads)
    again.leave()
    await until('the server sees the close', async () => (await connections(app)) === 0)
    go()
    await until('it is logged', () => log.filter(({ msg }) => msg === 'client left').length > before)
    t.equal(again.status, undefined)
  }
})

t.test('a client that leaves while a hook delays its response does not start the source', async t => {
  const { go, passed } = gate()
  let isHookRunning = false
  let calls = 0
  const { url, app } = await serve(t, app => {
    app.addHook('onSend', async () => {
      isHookRunning = true
      await passed
    })
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          calls++
          yield 'a'
        },
        { resumable: true }
      )
    )
  })
  const client = open(url)
  await until('the hook runs', () => isHookRunning)
  client.leave()
  await until('the server sees the close', async () => (await connections(app)) === 0)
  go()
  await app.close()
  t.equal(calls, 0)
})

t.test('a source that is always ready can be stopped', async t => {
  let count = 0
  const { url, app } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        function* () {
          for (;;) yield String(count++)
        },
        { resumable: true }
      )
    )
  })
  const client = open(url)
  await client.has('data: 1\n')
  await app.sseStreams.stop(String(client.headers['x-stream-id']))
  const before = count
  await client.end()
  t.equal(count, before)
  t.match(client.events().at(-1), { event: 'stopped', data: '{}' })
})

t.test('the owner option of sseResume overrides that of the plugin', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { owner: () => 'me' } }))
    app.get<{ Params: { id: string } }>('/:id', ({ params, headers }, reply) =>
      reply.sseResume(params.id, { owner: () => headers.authorization })
    )
  })
  const first = await fetchAll(url)
  const id = first.headers['x-stream-id']
  t.equal((await fetchAll(`${url}/${id}`, { headers: { authorization: 'me' } })).text(), first.text())
  t.equal((await fetchAll(`${url}/${id}`, { headers: { authorization: 'you' } })).status, 404)
})

t.test('a closing server refuses new resumable streams', async t => {
  const { go, passed } = gate()
  let isAsked = false
  let isClosing = false
  const { url, app } = await serve(t, app => {
    app.addHook('preClose', async () => {
      isClosing = true
    })
    app.addHook('onRequest', async () => {
      isAsked = true
      await passed
    })
    app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: true }))
  })
  const client = open(url)
  await until('the request arrives', () => isAsked)
  const closed = app.close()
  await until('it closes', () => isClosing)
  go()
  await client.end()
  await closed
  t.equal(client.status, 503)
  t.match(JSON.parse(client.text()), { code: 'FST_SSE_CLOSING' })
})

t.test('a gap that appears in a log ends the streams of its followers', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await node(t, { plugin: { store: one } })
  const following = await node(t, { plugin: { store: other } })
  const client = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a')
  await client.has('data: a')
  const again = open(`${following.url}/streams/${client.headers['x-stream-id']}`)
  await again.has('data: a')
  const read = other.shared.read.bind(other.shared)
  other.shared.read = async (id, after) => {
    const page = await read(id, after)
    return page?.events.length ? { ...page, first: page.first + 1, events: page.events.slice(1) } : page
  }
  producing.sources[0]?.give('b', 'c', undefined)
  await again.end()
  t.strictSame(
    again.events().map(({ data }) => data),
    [
      'a',
      '{"statusCode":410,"code":"FST_SSE_POSITION_GONE","message":"the events after this id are not available; ' +
        'read the stream from its start, or ask again without an id"}'
    ]
  )
})

t.test('events that did not reach the store are sent to it again unchanged, comments too', async t => {
  const store = new FaultyStore()
  const { url, sources } = await node(t, { plugin: { store } })
  let lost = true
  const append = store.shared.append.bind(store.shared)
  store.before = async (method, ...args) => {
    if (method !== 'append' || !lost) return
    lost = false
    // Only the first event arrives, as if the answer to an earlier call had been lost.
    const [id, producer, first, [event]] = args as [...Parameters<EventStore['append']>, ...string[]] as never as [
      string,
      string,
      number,
      string[]
    ]
    await append(id, producer, first, [event as string])
  }
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', { comment: 'thinking' }, 'b', undefined)
  await client.end()
  const id = String(client.headers['x-stream-id'])
  await until('the end is in the store', async () => (await store.shared.read(id, 9))?.end)
  const again = await fetchAll(`${url}/streams/${id}`)
  t.equal(again.text(), client.text())
})

t.test('a lease status that arrives after the end changes nothing', async t => {
  const store = new FaultyStore()
  const { url, sources, app, log } = await node(t, { plugin: { store }, resumable: { onDisconnect: 'continue' } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await client.has('data: a')
  const id = String(client.headers['x-stream-id'])
  const { go, passed } = gate()
  let isRenewed = false
  store.renew = async (...args) => {
    const status = await store.shared.renew(...args)
    isRenewed = true
    await passed
    return status
  }
  await store.shared.stop(id)
  await until('the lease is renewed', () => isRenewed)
  sources[0]?.give(undefined)
  await client.end()
  await until('the end is in the store', async () => (await store.shared.read(id, 9))?.end)
  go()
  await app.close()
  t.match(client.events().at(-1), { event: 'done' })
  t.same(
    log.filter(({ level }) => level >= 40),
    []
  )
})

t.test(
  'an id that was taken while the store could not be reached stays with its new producer, and the other ends',
  async t => {
    const store = new FaultyStore()
    const { url, sources, log } = await node(t, { plugin: { store }, resumable: { id: 'mine' } })
    store.goDown()
    const client = open(url)
    await until('the source has started', () => sources.length)
    sources[0]?.give('a')
    await client.has('data: a')
    await store.shared.create('mine', 'another', undefined)
    const creates = store.calls.create ?? 0
    store.comeBack()
    await until('the id is claimed again', () => (store.calls.create ?? 0) > creates)
    await client.end()
    t.match(client.events(), [{ data: 'a' }, { event: 'error', data: /FST_SSE_PRODUCER_LOST/ }])
    t.ok(sources[0]?.aborted)
    t.match(await store.shared.read('mine', 0), { producer: 'another', events: [], end: undefined })
    t.same(
      log.filter(({ level }) => level >= 40).map(({ err }) => err?.code),
      ['FST_SSE_STORE_UNAVAILABLE', 'FST_SSE_PRODUCER_LOST']
    )
  }
)

t.test('a position that a running stream never reaches is gone when it ends', async t => {
  const { url, sources } = await node(t, { stream: { commitAfter: 60_000 } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await client.has('data: a')
  const id = client.headers['x-stream-id']
  const waiting = open(url, after(`${id}:99`))
  const beside = open(`${url}/streams/${id}`)
  await beside.has('data: a')
  sources[0]?.give(undefined)
  await Promise.all([client.end(), beside.end(), waiting.end()])
  t.equal(waiting.status, 410)
  t.match(JSON.parse(waiting.text()), { code: 'FST_SSE_POSITION_GONE' })
})
