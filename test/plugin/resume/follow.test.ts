import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { after, node } from '../../helpers/stepped.js'
import { twoNodes } from '../../helpers/two-nodes.js'
import { until } from '../../helpers/until.js'

t.test('several clients follow one stream from their positions, on two nodes, with one source', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await node(t, { plugin: { store: one } })
  const following = await node(t, { plugin: { store: other } })
  const first = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  const [source] = producing.sources
  source?.give('a', 'b')
  await first.has('data: b')
  const [a, b] = first.events()
  const id = first.headers['x-stream-id']
  const others = [producing, following].flatMap(({ url }) => [
    open(url, after(a?.id)),
    open(url, after(b?.id)),
    open(`${url}/streams/${id}`),
    open(`${url}/streams/${id}`, after(b?.id))
  ])
  await Promise.all(others.map(client => client.head()))
  source?.give('c')
  await Promise.all(others.map(client => client.has('data: c')))
  source?.give('d', undefined)
  for (const client of [first, ...others]) {
    await client.end()
    t.equal(client.ended, 'clean')
    t.equal(client.headers['x-stream-id'], id)
  }
  const all = first.events()
  t.strictSame(
    all.map(({ data }) => data),
    ['a', 'b', 'c', 'd', '{}']
  )
  for (const [i, from] of [1, 2, 0, 2, 1, 2, 0, 2].entries()) t.strictSame(others[i]?.events(), all.slice(from))
  t.equal(producing.sources.length + following.sources.length, 1)
  t.equal(other.calls.append, undefined)
})

t.test('a slow client slows neither the source nor other clients', async t => {
  const { url, sources } = await node(t)
  const fast = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await fast.has('data: a')
  const slow = open(url, after(fast.events()[0]?.id))
  await slow.head()
  slow.pause()
  const texts = Array.from({ length: 60 }, (_, i) => `${i} ${'x'.repeat(16_000)}`)
  sources[0]?.give(...texts, undefined)
  await fast.end()
  t.ok(sources[0]?.over)
  t.ok(slow.text().length < 900_000, 'the slow one has not had it all yet')
  slow.resume()
  await slow.end()
  t.strictSame(slow.events(), fast.events().slice(1))
})

t.test('a client can wait for a position that is yet to come', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await node(t, { plugin: { store: one } })
  const following = await node(t, { plugin: { store: other } })
  const first = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  const held: (() => void)[] = []
  one.before = method => (method === 'append' ? new Promise<void>(resolve => held.push(resolve)) : undefined)
  producing.sources[0]?.give('a', 'b')
  await first.has('data: b')
  const again = open(following.url, after(first.events()[1]?.id))
  await until('the other node follows', () => other.calls.follow)
  t.equal(again.text(), '')
  one.comeBack()
  for (const arrive of held) arrive()
  producing.sources[0]?.give('c', undefined)
  await again.end()
  t.strictSame(again.events(), first.events().slice(2))
})

t.test('comments and retries are sent again too, without an id', async t => {
  const { url, sources } = await node(t)
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give({ comment: 'thinking' }, 'a', { retry: 5 }, { comment: 'said', data: 'b' }, undefined)
  await first.end()
  const id = first.headers['x-stream-id']
  const end = `id: ${id}:5:end\nevent: done\ndata: {}\n\n`
  const text = `: thinking\nid: ${id}:2\ndata: a\n\nretry: 5\nid: ${id}:4\n: said\ndata: b\n\n${end}`
  t.equal(first.text(), text)
  t.equal((await fetchAll(url, after(`${id}:1`))).text(), text.slice(': thinking\n'.length))
})

t.test('an answer without a last event still ends for every client', async t => {
  const [one, other] = FaultyStore.nodes(2)
  const producing = await node(t, { plugin: { store: one }, stream: { end: false } })
  const following = await node(t, { plugin: { store: other }, stream: { end: false } })
  const first = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a', 'b', undefined)
  await first.end()
  const [a, b] = first.events()
  for (const { url } of [producing, following]) {
    t.strictSame((await fetchAll(url, after(a?.id))).events(), [b])
    t.equal((await fetchAll(url, after(b?.id))).status, 204)
  }
  t.equal(producing.sources.length + following.sources.length, 1)
})

t.test('an id of the caller names one stream for all requests', async t => {
  const [one, other] = FaultyStore.nodes(2)
  const resumable = (request: { query: unknown }) => ({ id: (request.query as { id: string }).id })
  const producing = await node(t, { plugin: { store: one }, resumable })
  const following = await node(t, { plugin: { store: other }, resumable })
  const first = open(`${producing.url}/?id=answer-7`)
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a')
  await first.has('data: a')
  t.match(first.events()[0]?.id, /^answer-7:[\w-]{11}:1$/)
  const others = [producing, following].map(({ url }) => open(`${url}/?id=answer-7`))
  await Promise.all(others.map(client => client.has('data: a')))
  producing.sources[0]?.give('b', undefined)
  for (const client of others) {
    await client.end()
    t.strictSame(client.events(), first.events())
  }
  const late = await fetchAll(`${following.url}/?id=answer-7`)
  t.strictSame(late.events(), first.events())
  t.equal(producing.sources.length + following.sources.length, 1)
  t.equal((await fetchAll(`${producing.url}/?id=answer-8`, after('answer-7:1'))).status, 400)
  t.equal((await fetchAll(`${producing.url}/?id=a:b`)).status, 400)
})

t.test('sseResume refuses a malformed id, and a position in another stream', async t => {
  const { url, sources } = await node(t)
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', undefined)
  await first.end()
  const id = first.headers['x-stream-id']
  t.equal((await fetchAll(`${url}/streams/a.b`)).status, 400)
  t.equal((await fetchAll(`${url}/streams/${id}`, after('another:1'))).status, 400)
  t.equal((await fetchAll(`${url}/streams/${id}`, after(`${id}:2:end`))).status, 204)
  t.equal((await fetchAll(`${url}/streams/${'a'.repeat(22)}`)).status, 410)
  const head = await fetchAll(`${url}/streams/${id}`, { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.text(), '')
})

t.test('a node reads a log page by page, both existing and new events', async t => {
  const { other, following, client, source, id } = await twoNodes(t)
  other.page = 2
  source.give('b', 'c', 'd', 'e')
  await client.has('data: e')
  const again = open(`${following.url}/streams/${id}`)
  await again.has('data: e')
  source.give('f', 'g', 'h', 'i', 'j', undefined)
  await again.end()
  t.strictSame(
    again.events().map(({ data }) => data),
    [...'abcdefghij', '{}']
  )
})

t.test('a node that may have missed notifications reads all logs that it follows', async t => {
  const { one, other, following, client, source, id } = await twoNodes(t)
  const again = open(`${following.url}/streams/${id}`)
  await again.has('data: a')
  // After its second read the node waits for a notification.
  await until('the other node follows', () => (other.calls.read ?? 0) > 1)
  other.losesNotifications = true
  source.give('b')
  await until('the event is in the store', async () => (await one.shared.read(id, 1))?.events.length)
  other.notifyOfAny()
  await again.has('data: b')
  one.notifyOfAny()
  source.give(undefined)
  await client.end()
})
