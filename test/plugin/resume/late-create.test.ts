import t from 'tap'
import { type Client, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { redisNodes } from '../../helpers/redis-nodes.js'
import { after, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

const ID = 'm1'

const texts = (client: Client) => client.events().map(({ event, data }) => event ?? data)

t.test('the first event does not wait for the store', async t => {
  const store = new FaultyStore()
  const { url, sources } = await node(t, { plugin: { store } })
  let answer = () => {}
  store.before = method =>
    method === 'create'
      ? new Promise<void>(resolve => {
          answer = resolve
        })
      : undefined
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await client.has('data: a')
  t.equal(store.calls.create, 1, 'which is asked, but has not answered')
  store.comeBack()
  answer()
  sources[0]?.give(undefined)
  await client.end()
  const id = client.headers['x-stream-id']
  await until('the end is in the store', async () => (await store.shared.read(String(id), 0))?.end)
})

t.test('the first event does not wait for a Redis that is far away, or frozen', async t => {
  const { server, nodes } = await redisNodes(t, { timeout: 5000 })
  const [{ url, sources, network }] = nodes
  // Longer than the test may take: an answer never arrives.
  network.delay(600_000)
  const far = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await far.has('data: a')
  server.freeze()
  t.teardown(() => server.thaw())
  const frozen = open(url)
  await until('the source has started', () => sources.length === 2)
  sources[1]?.give('a')
  await frozen.has('data: a')
})

t.test('a client that is at another node before the log is gets the stream', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await node(t, { plugin: { store: one } })
  const following = await node(t, { plugin: { store: other } })
  let arrive = () => {}
  one.before = method =>
    method === 'create'
      ? new Promise<void>(resolve => {
          arrive = resolve
        })
      : undefined
  const client = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a')
  await client.has('data: a')
  client.leave()
  const again = open(following.url, after(client.events()[0]?.id))
  await until('the log is looked for', () => (other.calls.read ?? 0) > 1)
  one.comeBack()
  arrive()
  await again.head()
  t.equal(again.status, 200)
  producing.sources[0]?.give('b', undefined)
  await again.end()
  t.strictSame(texts(again), ['b', 'done'])
})

t.test('a stream that was given up while Redis was frozen leaves nothing there', async t => {
  // The lease also says for how long a producer tries to store what has ended.
  const { server, redis, nodes } = await redisNodes(t, { resumable: { id: ID }, timeout: 100, lease: 200 })
  const [one, other] = nodes
  t.teardown(() => server.thaw())
  await until(
    'the nodes are connected',
    async () => (await redis.client('LIST')) && (await other.store.read('x', 0)) === undefined
  )
  server.freeze()
  const client = open(one.url)
  await until('the source has started', () => one.sources.length)
  one.sources[0]?.give('a', undefined)
  await client.end()
  t.strictSame(texts(client), ['a', 'done'], 'its client has its answer')
  // The producer has given up when its server has closed.
  await one.app.close()
  server.thaw()
  await until('Redis has run what has arrived meanwhile', async () => (await redis.ping()) === 'PONG')
  t.same(await redis.keys('*'), [], 'no ghost')
  await until('the other node has Redis again', async () => {
    try {
      return (await other.store.read(ID, 0)) === undefined
    } catch {
      return false
    }
  })
  const again = open(other.url)
  await until('the id is free', () => other.sources.length)
  other.sources[0]?.give('b', undefined)
  await again.end()
  t.strictSame(texts(again), ['b', 'done'])
})

t.test('a stream whose node was killed while Redis was frozen leaves nothing there', async t => {
  const { server, redis, nodes } = await redisNodes(t, { timeout: 100 })
  const [{ store }] = nodes
  t.teardown(() => server.thaw())
  await until('the clock of Redis is known', async () => (await store.create('known', 'p', undefined)) === true)
  server.freeze()
  await t.rejects(store.create(ID, 'p', undefined), { code: 'FST_SSE_STORE_UNAVAILABLE' })
  server.thaw()
  await until('Redis runs', async () => (await redis.ping()) === 'PONG')
  t.same(await redis.keys(`*${ID}*`), [])
  await until('it can be created', async () => {
    try {
      return await store.create(ID, 'p', undefined)
    } catch {
      return false
    }
  })
})
