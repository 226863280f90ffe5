import t, { type Test } from 'tap'
import type { OnDisconnect } from '../../../plugin/index.js'
import { type Client, fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { type RedisNodesOptions, redisNodes } from '../../helpers/redis-nodes.js'
import { after, node, type SteppedSource } from '../../helpers/stepped.js'
import { twoNodes } from '../../helpers/two-nodes.js'
import { until } from '../../helpers/until.js'

/** Short, so that it soon runs out. Milliseconds. */
const LEASE = 1000

const texts = (client: Client) => client.events().map(({ event, data }) => event ?? data)

/** A stream whose only client follows at the other node. */
async function followedElsewhere(t: Test, onDisconnect: OnDisconnect, options: RedisNodesOptions = {}) {
  const setting = await redisNodes(t, { lease: LEASE, timeout: 200, resumable: { onDisconnect }, ...options })
  const [producing, following] = setting.nodes
  const first = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  const source = producing.sources[0] as SteppedSource
  source.give('a')
  await first.has('data: a')
  const id = String(first.headers['x-stream-id'])
  await until('the event is in Redis', async () => (await setting.redis.xlen(`sse:{${id}}:log`)) === 1)
  const client = open(`${following.url}/streams/${id}`)
  await client.has('data: a')
  await until('the node follows', async () => (await setting.redis.zcard(`sse:{${id}}:followers`)) === 1)
  first.leave()
  await first.end()
  return { ...setting, producing, following, source, client, id }
}

const faults: Record<string, (setting: Awaited<ReturnType<typeof followedElsewhere>>) => Promise<unknown>> = {
  'Redis is frozen for longer than the lease': async ({ server }) => {
    server.freeze()
    await new Promise(resolve => setTimeout(resolve, LEASE * 1.5))
    server.thaw()
  },
  'Redis is gone for good': ({ server }) => server.kill(),
  'the producing node can no longer reach Redis': async ({ producing }) => producing.network.cut('both'),
  'nothing of what Redis says arrives any more': async ({ producing }) => producing.network.cut('to client')
}

for (const [what, happen] of Object.entries(faults)) {
  for (const onDisconnect of ['abort', { grace: 50 }] as const) {
    t.test(`a source whose only client was elsewhere ends when ${what} (${JSON.stringify(onDisconnect)})`, async t => {
      const setting = await followedElsewhere(t, onDisconnect)
      t.teardown(() => setting.server.thaw())
      await happen(setting)
      setting.client.leave()
      await until('the source ends', () => setting.source.aborted)
      t.ok(setting.source.over)
    })
  }
}

t.test("with 'continue', a source that is cut off runs to its end", async t => {
  const { producing, source } = await followedElsewhere(t, 'continue')
  producing.network.cut('both')
  await until('the log says so', () => producing.log.some(({ level }) => level === 40))
  await new Promise(resolve => setTimeout(resolve, LEASE * 1.5))
  t.notOk(source.aborted)
  source.give('b', undefined)
  await until('the source has ended', () => source.over)
  t.notOk(source.aborted)
})

t.test('a stream with a client of its own goes on when its producer is cut off', async t => {
  const { one, other, client, source, producing } = await twoNodes(t, {
    lease: 100,
    resumable: { onDisconnect: 'abort' }
  })
  one.goDown()
  await until(
    'its lease has run out',
    async () => (await other.shared.read(String(client.headers['x-stream-id']), 0))?.leaseLeft === 0
  )
  await until('the failure is logged', () => producing.log.some(({ level }) => level === 40))
  await new Promise(resolve => setTimeout(resolve, 300))
  t.notOk(source.aborted)
  source.give('b', undefined)
  await client.end()
  t.strictSame(texts(client), ['a', 'b', 'done'])
})

/** Resumes a stream as an EventSource does, which comes back as long as it is asked to, until it has a text. */
async function resumed(connect: () => Client, text: string): Promise<Client> {
  for (;;) {
    const client = connect()
    await until(`"${text}" or the end`, () => client.text().includes(text) || client.ended)
    if (client.text().includes(text)) return client
    t.match(client.text(), /^retry: \d+\n$/, 'it is asked to come back')
  }
}

for (const [what, lose] of Object.entries({
  'was restarted': async ({ server }: Awaited<ReturnType<typeof followedElsewhere>>) => {
    await server.kill()
    await server.start()
  },
  'was flushed': ({ redis }: Awaited<ReturnType<typeof followedElsewhere>>) => redis.flushall()
})) {
  for (const onDisconnect of ['abort', { grace: 60_000 }] as const) {
    t.test(`a running stream is created anew in a Redis that ${what} (${JSON.stringify(onDisconnect)})`, async t => {
      const setting = await followedElsewhere(t, onDisconnect, { lease: 5000, timeout: 1000, linger: 20 })
      const { redis, producing, following, client, source, id } = setting
      const here = open(producing.url, after(`${id}:1`))
      await here.head()
      source.give('b')
      await here.has('data: b')
      await lose(setting)
      await until('the log is there again', async () => (await redis.xlen(`sse:{${id}}:log`)) === 2)
      // Other nodes resume it, from any position.
      const again = await resumed(() => open(following.url, after(`${id}:1`)), 'data: b')
      here.leave()
      source.give('c')
      await again.has('data: c')
      // They stop it, too.
      t.equal((await fetchAll(`${following.url}/streams/${id}`, { method: 'DELETE' })).status, 204)
      await until('the source is stopped', () => source.aborted)
      await again.end()
      t.strictSame(texts(again), ['b', 'c', 'stopped'])
      await client.end()
      if (what === 'was flushed') t.strictSame(texts(client), ['a', 'b', 'c', 'stopped'], 'it notices nothing')
      else t.match(client.text(), /retry: \d+\n$|event: stopped\n/, 'it is asked to come back, or notices nothing')
    })
  }
}

t.test('a stream that ends while Redis is empty is there whole afterwards', async t => {
  const { redis, producing, following, source, id } = await followedElsewhere(
    t,
    { grace: 60_000 },
    { lease: 60_000, timeout: 1000, linger: 20 }
  )
  await redis.flushall()
  source.give('b', undefined)
  await until('the end is in Redis', async () => (await redis.xlen(`sse:{${id}}:log`)) === 3)
  const whole = await fetchAll(`${following.url}/streams/${id}`)
  t.strictSame(texts(whole), ['a', 'b', 'done'])
  t.equal(producing.sources.length, 1)
})

t.test('a log that its store has lost and another has the id of is left to that', async t => {
  const { one, client, source, id } = await twoNodes(t, { lease: 100 })
  // A store that has lost the log refuses its producer.
  const append = one.shared.append.bind(one.shared)
  one.shared.append = async (key, producer, ...rest) => append(key, `${producer}-lost`, ...rest)
  one.shared.create = async () => false
  source.give('b')
  await until('the source is aborted', () => source.aborted)
  await client.end()
  t.match(client.events().at(-1), { event: 'error', data: /FST_SSE_PRODUCER_LOST/ })
  t.equal(client.events()[0]?.id, `${id}:1`)
})

t.test('followers wait for a log that has vanished, and go on when it is back', async t => {
  const { other, following, client, source, id } = await twoNodes(t, { lease: 60_000 })
  const again = open(`${following.url}/streams/${id}`)
  await again.has('data: a')
  await until('the other node follows', () => other.calls.follow)
  const { read } = other.shared
  other.shared.read = async () => undefined
  source.give('b')
  await client.has('data: b')
  const follows = other.calls.follow as number
  await until('it is looked for', () => (other.calls.read ?? 0) > 4)
  other.shared.read = read
  await again.has('data: b')
  t.ok((other.calls.follow as number) > follows, 'it says again that it follows')
  source.give(undefined)
  await again.end()
  t.strictSame(texts(again), ['a', 'b', 'done'])
})

t.test('a stream that a full store could not keep ends with its last client', async t => {
  const { MemoryStore } = await import('../../../plugin/index.js')
  const store = new FaultyStore(new MemoryStore({ maxStreams: 1 }))
  const { url, sources } = await node(t, { plugin: { store }, resumable: { onDisconnect: 'abort' } })
  const first = open(url)
  const second = open(url)
  await until('both sources have started', () => sources.length === 2)
  for (const source of sources) source.give('a')
  for (const client of [first, second]) await client.has('data: a')
  for (const client of [first, second]) client.leave()
  await until('both end', () => sources.every(({ aborted }) => aborted))
  t.pass()
})
