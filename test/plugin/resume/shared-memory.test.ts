import t from 'tap'
import { MemoryStore } from '../../../plugin/index.js'
import { EventList } from '../../../plugin/stores/event-list.js'
import { fetchAll, open } from '../../helpers/client.js'
import { after, node, type SteppedSource } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

/** Two servers in one process that share a memory store, which counts the events passed to it. */
async function servers(t: Parameters<typeof node>[0], stream = {}) {
  const store = new MemoryStore()
  let handed = 0
  const { append } = store
  store.append = (...args) => {
    handed += args[3].length
    return append.apply(store, args)
  }
  const one = await node(t, { plugin: { store }, stream })
  const other = await node(t, { plugin: { store }, stream })
  const client = open(one.url)
  await until('the source has started', () => one.sources.length)
  const [source] = one.sources as [SteppedSource]
  source.give('a')
  await client.has('data: a')
  return { store, one, other, client, source, id: String(client.headers['x-stream-id']), handed: () => handed }
}

t.test('a memory store reads the events from the memory of the producer', async t => {
  const { store, client, source, id, handed } = await servers(t)
  source.give('b', undefined)
  await client.end()
  await until('the log has ended', async () => (await store.read(id, 0))?.end)
  t.same((await store.read(id, 0))?.events, ['data: a\n\n', 'data: b\n\n'])
  t.same((await store.read(id, 1))?.events, ['data: b\n\n'])
  t.equal(handed(), 0, 'nothing was copied')
})

t.test('another server of the process follows a stream token by token', async t => {
  const { client, other, source, id, handed } = await servers(t)
  const follower = open(`${other.url}/streams/${id}`)
  await follower.has('data: a')
  for (const token of ['b', 'c', 'd']) {
    source.give(token)
    await follower.has(`data: ${token}`)
  }
  const late = open(other.url, after(`${id}:2`))
  await late.has('data: d')
  source.give('e', undefined)
  await Promise.all([client.end(), follower.end(), late.end()])
  t.equal(follower.text(), client.text())
  t.notMatch(late.text(), /data: b/)
  t.ok(client.text().endsWith(late.text()))
  t.equal(handed(), 0)
})

t.test('a client of another server that leaves does not affect the producer', async t => {
  const { client, other, source, id } = await servers(t)
  const follower = open(`${other.url}/streams/${id}`)
  await follower.has('data: a')
  follower.leave()
  source.give('b')
  await client.has('data: b')
  const again = open(`${other.url}/streams/${id}`)
  await again.has('data: b')
  source.give('c', undefined)
  await Promise.all([client.end(), again.end()])
  t.equal(again.text(), client.text())
})

t.test('a stream can be stopped from any server, and read on any server after its end', async t => {
  const first = await servers(t)
  first.source.give(undefined)
  await first.client.end()
  for (const { url } of [first.one, first.other]) {
    await until(
      'it is read there',
      async () => (await fetchAll(`${url}/streams/${first.id}`)).text() === first.client.text()
    )
  }
  const second = await servers(t)
  t.equal((await fetchAll(`${second.other.url}/streams/${second.id}`, { method: 'DELETE' })).status, 204)
  await second.client.end()
  t.ok(second.source.aborted)
  t.match(second.client.events().at(-1), { event: 'stopped' })
})

t.test('a log whose producer was lost ends at its last event', async t => {
  const store = new MemoryStore({ lease: 20 })
  const shared = new MemoryStore()
  await shared.create('a', 'me', undefined)
  t.equal(shared.local.events('a'), undefined, 'it is not shared yet')
  t.equal(shared.local.events('b'), undefined, 'it is not there')
  await store.create('a', 'me', undefined)
  const events = new EventList()
  store.local.share('a', 'me', events)
  t.equal(store.local.events('a'), events)
  events.appendAll(['data: a\n\n'])
  await until('the lease has run out', async () => store.endLost('a', 'event: error\n\n'))
  events.appendAll(['data: too late\n\n'])
  t.match(await store.read('a', 0), { events: ['data: a\n\n'], end: { lost: true } })
  t.throws(() => store.local.share('a', 'me', events), { code: 'FST_SSE_PRODUCER_FENCED' })
})
