import t, { type Test } from 'tap'
import { FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_UNAVAILABLE } from '../../../plugin/errors.js'
import type { EventStore } from '../../../plugin/index.js'
import { MemoryStore } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { after, node } from '../../helpers/stepped.js'
import { type TwoNodesOptions, twoNodes } from '../../helpers/two-nodes.js'
import { until } from '../../helpers/until.js'

const LEASE = 300
const LOST = /"code":"FST_SSE_PRODUCER_LOST"/

const two = (t: Test, options: TwoNodesOptions = {}) => twoNodes(t, { lease: LEASE, ...options })

const warnings = (log: { level: number; err?: { code?: string } }[]) => log.filter(({ level }) => level >= 40)

t.test('when the producing node is lost, followers on every node get the error, and the log ends once', async t => {
  const { one, other, following, source, id } = await two(t)
  const attached = [open(following.url, after(`${id}:1`)), open(`${following.url}/streams/${id}`)]
  await until('the other node follows', () => other.calls.follow)
  // This simulates the death of its process.
  one.goDown()
  for (const client of attached) {
    await client.end()
    t.equal(client.ended, 'clean')
    t.match(client.events().at(-1), { event: 'error', id: `${id}:2:end`, data: LOST })
  }
  t.strictSame((await fetchAll(following.url, after(`${id}:1`))).events(), attached[0]?.events())
  const beyond = await fetchAll(following.url, after(`${id}:9`))
  t.match(beyond.events(), [{ event: 'error', data: LOST }], 'it had events that did not come into the log')
  t.equal(other.calls.endLost, 1)
  source.give(undefined)
})

t.test('a process that has slept for longer than its lease gives the stream up', async t => {
  const { one, other, producing, following, client, source, id } = await two(t)
  const again = open(following.url, after(`${id}:1`))
  await until('the other node follows', () => other.calls.follow)
  // Its calls meanwhile come too late, but it does not know that yet.
  const held: (() => void)[] = []
  one.before = () => new Promise<void>(resolve => held.push(resolve))
  await again.end()
  t.match(again.events(), [{ event: 'error', data: LOST }])
  one.comeBack()
  for (const go of held) go()
  await until('its source is aborted', () => source.aborted)
  await client.end()
  t.match(client.events().at(-1), { event: 'error', data: LOST })
  t.same(
    warnings(producing.log).map(({ err }) => err?.code),
    ['FST_SSE_PRODUCER_LOST']
  )
})

t.test('while the store fails, clients of the producing node get their tokens, and can reconnect to it', async t => {
  const { one, producing, client, source, id } = await two(t)
  one.goDown()
  source.give('b')
  await client.has('data: b')
  client.leave()
  const again = open(producing.url, after(`${id}:1`))
  await again.has('data: b')
  source.give('c', undefined)
  await again.end()
  t.strictSame(
    again.events().map(({ data }) => data),
    ['b', 'c', '{}']
  )
  t.same(
    warnings(producing.log).map(({ err }) => err?.code),
    ['FST_SSE_STORE_UNAVAILABLE']
  )
})

t.test('a store that recovers in time gets all events that it has missed', async t => {
  const { one, producing, following, client, source, id } = await two(t)
  one.goDown(['append'])
  source.give('b', 'c')
  await client.has('data: c')
  await until('the store has failed', () => warnings(producing.log).length)
  one.comeBack()
  source.give('d', undefined)
  await client.end()
  await until('the end is in the store', async () => (await one.shared.read(id, 9))?.end)
  t.strictSame((await fetchAll(following.url, after(`${id}:1`))).events(), client.events().slice(1))
  t.equal(warnings(producing.log).length, 1)
})

t.test('a store that recovers gets thousands of events in several calls, and the end with the last', async t => {
  const { one, following, client, source, id } = await two(t)
  const appended: [events: number, isEnd: boolean][] = []
  const tokens = Array.from({ length: 2500 }, (_, i) => `${i}`)
  one.goDown(['append'])
  source.give(...tokens, undefined)
  await client.end()
  one.before = (method, ...args) => {
    const [, , , events, end] = args as Parameters<EventStore['append']>
    if (method === 'append') appended.push([events.length, end !== undefined])
  }
  await until('the end is in the store', async () => (await one.shared.read(id, 2501))?.end)
  t.ok(appended.length > 2)
  t.strictSame(
    appended.map(([, isEnd]) => isEnd),
    appended.map((_, i) => i === appended.length - 1)
  )
  t.strictSame((await fetchAll(following.url, after(`${id}:1`))).events(), client.events().slice(1))
})

t.test('a lost answer of the store does not duplicate events', async t => {
  const { one, following, client, source, id } = await two(t)
  let lost = 0
  const append = one.shared.append.bind(one.shared)
  one.before = async (method, ...args) => {
    if (method !== 'append' || lost++ % 2 === 1) return
    await append(...(args as Parameters<EventStore['append']>))
    throw new FST_SSE_STORE_UNAVAILABLE()
  }
  source.give('b', 'c')
  await client.has('data: c')
  source.give('d', undefined)
  await client.end()
  await until('the end is in the store', async () => (await one.shared.read(id, 9))?.end)
  t.ok(lost > 0)
  t.strictSame((await fetchAll(following.url, after(`${id}:1`))).events(), client.events().slice(1))
})

t.test('a store that fails for longer than the lease keeps no client from its answer', async t => {
  const { one, producing, following, client, source, id } = await two(t)
  one.goDown()
  source.give('b')
  await until('the lease has run out', async () => (await one.shared.read(id, 0))?.leaseLeft === 0)
  one.comeBack()
  source.give('c')
  await client.has('data: c')
  t.match((await fetchAll(following.url, after(`${id}:1`))).events().at(-1), { event: 'error', data: LOST })
  source.give('d', undefined)
  await client.end()
  t.notOk(source.aborted)
  t.strictSame(
    client.events().map(({ data }) => data),
    ['a', 'b', 'c', 'd', '{}']
  )
  t.equal(warnings(producing.log).length, 1)
})

t.test(
  'a client that reconnects while the store fails is asked to come back later, and then gets the rest',
  async t => {
    const { other, following, client, source, id } = await two(t)
    other.goDown()
    for (const url of [following.url, `${following.url}/streams/${id}`]) {
      const answer = await fetchAll(url, after(`${id}:1`))
      t.equal(answer.status, 200)
      t.equal(answer.ended, 'clean')
      t.match(answer.headers['content-type'], 'text/event-stream')
      t.match(answer.text(), /^retry: [1-5]\d{3}\n$/)
    }
    other.comeBack()
    source.give('b', undefined)
    await client.end()
    t.strictSame((await fetchAll(following.url, after(`${id}:1`))).events(), client.events().slice(1))
  }
)

t.test('a client that follows while the store starts to fail is asked to reconnect later', async t => {
  const { other, following, source, id } = await two(t)
  const again = open(`${following.url}/streams/${id}`)
  await again.has('data: a')
  await until('the other node follows', () => other.calls.follow)
  other.goDown()
  source.give('b')
  await again.end()
  t.equal(again.ended, 'broken')
  t.match(again.text(), /\nretry: [1-5]\d{3}\n$/)
  other.comeBack()
  source.give(undefined)
  t.match((await fetchAll(following.url, after(`${id}:1`))).events(), [{ data: 'b' }, { event: 'done' }])
})

t.test('a lost notification costs time, but no event', async t => {
  const { other, following, source, id } = await two(t)
  other.losesNotifications = true
  const again = open(following.url, after(`${id}:1`))
  await until('the other node follows', () => other.calls.follow)
  source.give('b', undefined)
  await again.end()
  t.match(again.events(), [{ data: 'b' }, { event: 'done' }])
})

t.test('a store that recovers after the stream began keeps its log from then on', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await node(t, { plugin: { store: one } })
  const following = await node(t, { plugin: { store: other } })
  one.goDown()
  const client = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a', 'b')
  await client.has('data: b')
  one.comeBack()
  producing.sources[0]?.give('c', undefined)
  await client.end()
  const id = String(client.headers['x-stream-id'])
  await until('the end is in the store', async () => (await one.shared.read(id, 9))?.end)
  t.strictSame((await fetchAll(following.url, after(`${id}:1`))).events(), client.events().slice(1))
})

t.test('a stream with an id of the caller begins although the store cannot be reached', async t => {
  const store = new FaultyStore()
  const { url, sources } = await node(t, { plugin: { store }, resumable: { id: 'mine' } })
  store.goDown(['create'])
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', undefined)
  await client.end()
  t.match(client.events(), [{ data: 'a' }, { event: 'done' }])
})

t.test('a store without room for another stream keeps no client from its answer', async t => {
  const store = new MemoryStore({ maxStreams: 1 })
  const { url, sources, log } = await node(t, { plugin: { store } })
  const first = open(url)
  const second = open(url)
  await until('the sources have started', () => sources.length === 2)
  for (const source of sources) source.give('a', undefined)
  for (const client of [first, second]) {
    await client.end()
    t.match(client.events(), [{ data: 'a' }, { event: 'done' }])
  }
  t.same(
    warnings(log).map(({ err }) => err?.code),
    ['FST_SSE_STORE_FULL']
  )
})

t.test('a stream that vanishes from the store ends for its followers on other nodes', async t => {
  const { other, following, source, id } = await two(t)
  const again = open(`${following.url}/streams/${id}`)
  await again.has('data: a')
  await until('the other node follows', () => other.calls.follow)
  other.shared.read = async () => undefined
  source.give('b')
  await again.end()
  t.match(again.events().at(-1), { event: 'error', data: /FST_SSE_STREAM_GONE/ })
  source.give(undefined)
})

t.test('a log with a gap is never sent as a complete answer', async t => {
  const { other, following, client, source, id } = await two(t)
  source.give('b', 'c', undefined)
  await client.end()
  const read = other.shared.read.bind(other.shared)
  other.shared.read = async (id, after) => {
    const page = await read(id, after)
    return page && { ...page, first: 2, events: page.events.slice(1) }
  }
  const gone = await fetchAll(`${following.url}/streams/${id}`)
  t.equal(gone.status, 410)
  t.match(JSON.parse(gone.text()), { code: 'FST_SSE_POSITION_GONE' })
  t.match((await fetchAll(following.url, after(`${id}:1`))).events(), [{ data: 'b' }, { data: 'c' }, { event: 'done' }])
})

t.test('events go to the store together while no other node follows, and at once when one does', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  one.linger = 2 ** 31 - 1
  const producing = await node(t, { plugin: { store: one } })
  const following = await node(t, { plugin: { store: other } })
  const client = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  for (const token of ['a', 'b', 'c']) {
    producing.sources[0]?.give(token)
    await client.has(`data: ${token}`)
  }
  t.equal(one.calls.append, undefined)
  const again = open(following.url, after(client.events()[0]?.id))
  await again.has('data: c')
  t.equal(one.calls.append, 1)
  producing.sources[0]?.give('d')
  await again.has('data: d')
  again.leave()
  producing.sources[0]?.give(undefined)
  await client.end()
  await until(
    'the end is in the store',
    async () => (await other.shared.read(String(client.headers['x-stream-id']), 9))?.end
  )
})

t.test('two calls that the store refuses at the same time count once', async t => {
  const { one, producing, following, client, source, id } = await two(t)
  const held: (() => void)[] = []
  const refused: string[] = []
  one.before = async method => {
    if (method !== 'append' && method !== 'renew') return
    refused.push(method)
    await new Promise<void>(resolve => held.push(resolve))
    throw new FST_SSE_PRODUCER_FENCED()
  }
  source.give('b')
  await until('both wait', () => refused.includes('append') && refused.includes('renew'))
  one.comeBack()
  for (const go of held) go()
  source.give('c', undefined)
  await client.end()
  t.match(client.text(), /data: b.*data: c.*event: done/s)
  t.equal(warnings(producing.log).length, 1)
  t.match((await fetchAll(`${following.url}/streams/${id}`)).text(), /data: b.*data: c.*event: done/s)
})
