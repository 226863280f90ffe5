import t, { type Test } from 'tap'
import { MemoryStore } from '../../../plugin/index.js'
import { type Client, fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { type RedisNode, redisNodes } from '../../helpers/redis-nodes.js'
import { after, type Node, node, type SteppedSource } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

const ID = 'm1'
const KEEP = 50
const resumable = { id: ID }

const texts = (client: Client) => client.events().map(({ event, data }) => event ?? data)
const lastId = (client: Client) => String(client.events().at(-1)?.id)

/** Two nodes, on stores that keep ended streams only for a moment. */
const kinds: Record<string, (t: Test) => Promise<[Node, Node]>> = {
  memory: async t => {
    const store = new MemoryStore({ keep: KEEP })
    const nodes = [store, store].map(store => node(t, { plugin: { store }, resumable }))
    return (await Promise.all(nodes)) as [Node, Node]
  },
  'a shared store': async t => {
    const nodes = FaultyStore.nodes(2, { keep: KEEP }).map(store => node(t, { plugin: { store }, resumable }))
    return (await Promise.all(nodes)) as [Node, Node]
  },
  Redis: async t => (await redisNodes(t, { keep: KEEP, resumable })).nodes
}

/** Begins a stream with the id, and reads its first events. */
async function begin(at: Node, ...items: string[]): Promise<{ client: Client; source: SteppedSource }> {
  const count = at.sources.length
  const client = open(at.url)
  await until('the source has started', () => at.sources.length > count)
  const source = at.sources[count] as SteppedSource
  source.give(...items)
  await until('its events', () => client.events().length === items.length)
  return { client, source }
}

for (const [kind, start] of Object.entries(kinds)) {
  t.test(`a client of an earlier generation gets 410, never a part of another one, over ${kind}`, async t => {
    const [one, other] = await start(t)
    const first = await begin(one, 'a', 'b', 'c')
    const position = lastId(first.client)
    first.source.give('d', undefined)
    await first.client.end()
    await until('the first is forgotten', async () => (await fetchAll(`${other.url}/streams/${ID}`)).status === 410)
    const second = await begin(other, '1', '2', '3', '4', '5')
    t.not(position, second.client.events()[2]?.id)
    for (const { url } of [one, other]) {
      for (const path of ['/', `/streams/${ID}`]) {
        for (const id of [position, `${ID}:3`, `${ID}:AAAAAAAAAAA:3`]) {
          const gone = await fetchAll(`${url}${path}`, after(id))
          t.equal(gone.status, 410)
          t.match(JSON.parse(gone.text()), { code: 'FST_SSE_POSITION_GONE' })
        }
      }
      const again = open(url, after(second.client.events()[2]?.id))
      await again.has('data: 5')
      t.strictSame(texts(again), ['4', '5'])
      again.leave()
      const whole = await fetchAll(url, after(lastId(first.client)))
      t.equal(whole.status, 204, 'who has the whole answer needs no other')
    }
    second.source.give(undefined)
    await second.client.end()
    t.equal(one.sources.length + other.sources.length, 2)
  })
}

t.test('a random id has one generation, and needs no name for it', async t => {
  const { url, sources } = await node(t)
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', undefined)
  await client.end()
  const id = String(client.headers['x-stream-id'])
  t.strictSame(
    client.events().map(event => event.id),
    [`${id}:1`, `${id}:2:end`]
  )
  t.equal((await fetchAll(url, after(`${id}:AAAAAAAAAAA:1`))).status, 410)
})

t.test('followers of a stream whose id gets another generation are told, and get nothing of that', async t => {
  const { redis, nodes } = await redisNodes(t, { resumable, lease: 3000 })
  const [one, other] = nodes
  const { source } = await begin(one, 'a')
  const following = open(`${other.url}/streams/${ID}`)
  await following.has('data: a')
  // The producer cannot reach Redis, which has lost everything meanwhile.
  one.network.cut('both')
  await redis.flushall()
  t.ok(await other.store.create(ID, 'another', undefined, 'events'))
  t.equal(await other.store.append(ID, 'another', 1, ['data: x\n\n', 'data: y\n\n', 'data: z\n\n']), 3)
  await following.end()
  t.strictSame(texts(following).slice(0, 1), ['a'])
  t.match(following.events().at(-1), { event: 'error', data: /FST_SSE_STREAM_GONE/ })
  t.notMatch(following.text(), /data: [xyz]/)
  one.network.heal()
  await until('the producer gives up', () => source.aborted)
})

t.test('a slow client of an ended generation does not hide the next one', async t => {
  const [first, second] = FaultyStore.nodes(2, { keep: KEEP }) as [FaultyStore, FaultyStore]
  const one = await node(t, { plugin: { store: first }, resumable, stream: { highWaterMark: 1 } })
  const other = await node(t, { plugin: { store: second }, resumable, stream: { highWaterMark: 1 } })
  const large = Array.from({ length: 20 }, () => 'x'.repeat(500_000))
  const { client, source } = await begin(one, 'a')
  const slow = open(`${other.url}/streams/${ID}`)
  await slow.has('data: a')
  slow.pause()
  source.give(...large.slice(0, 2), undefined)
  await client.end()
  await until('the first is forgotten', async () => (await first.shared.read(ID, 0)) === undefined)
  const next = await begin(one, '1', '2')
  const again = open(other.url, after(next.client.events()[0]?.id))
  await again.has('data: 2')
  t.strictSame(texts(again), ['2'])
  const whole = open(other.url)
  await whole.has('data: 2')
  t.strictSame(texts(whole), ['1', '2'])
  next.source.give(undefined)
  await Promise.all([again.end(), whole.end(), next.client.end()])
  slow.resume()
  await slow.end()
  t.equal(texts(slow).at(-1), 'done')
})

t.test('two generations that begin while Redis is frozen end with one of them', async t => {
  const { server, nodes, redis } = await redisNodes(t, { resumable, timeout: 300 })
  server.freeze()
  const clients = nodes.map(({ url }) => open(url))
  await until('both sources have started', () => nodes.every(({ sources }) => sources.length))
  for (const { sources } of nodes) sources[0]?.give('a')
  for (const client of clients) await client.has('data: a')
  t.not(lastId(clients[0] as Client), lastId(clients[1] as Client))
  server.thaw()
  await until('one of them ends', () => nodes.some(({ sources }) => sources[0]?.aborted))
  const loser = nodes.findIndex(({ sources }) => sources[0]?.aborted)
  const [winner, winning] = [nodes[1 - loser], clients[1 - loser]] as [RedisNode, Client]
  const losing = clients[loser] as Client
  await losing.end()
  t.match(losing.events().at(-1), { event: 'error', data: /FST_SSE_PRODUCER_LOST/ })
  for (const { url } of nodes) {
    const gone = await fetchAll(url, after(losing.events()[0]?.id))
    t.equal(gone.status, 410)
  }
  winner.sources[0]?.give('b', undefined)
  await winning.end()
  t.strictSame(texts(winning), ['a', 'b', 'done'])
  await until('the whole is in Redis', async () => (await redis.xlen(`sse:{${ID}}:log`)) === 3)
  for (const { url } of nodes) t.strictSame((await fetchAll(url)).events(), winning.events())
  t.equal(nodes.flatMap(({ sources }) => sources).length, 2)
})

t.test('a store that does not say who produces a log cannot be followed', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await node(t, { plugin: { store: one } })
  const following = await node(t, { plugin: { store: other } })
  const client = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a', undefined)
  await client.end()
  const read = other.read.bind(other)
  other.read = async (...args) => {
    const page = await read(...args)
    return page && { ...page, producer: undefined as unknown as string }
  }
  const answer = await fetchAll(following.url, after(client.events()[0]?.id))
  t.equal(answer.status, 200)
  t.match(answer.text(), /^retry: \d+\n$/, 'as when it cannot be reached')
})
