import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'
import { clusterClient, redisClient, redisCluster } from '../../../helpers/redis-server.js'
import { until } from '../../../helpers/until.js'

const UNAVAILABLE = { code: 'FST_SSE_STORE_UNAVAILABLE' }

/** Suspends a Redis until the test is over, as if its machine hung. @returns a function that resumes it earlier */
async function suspend(t: Test, redis: Redis): Promise<() => void> {
  const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1])
  const resume = () => process.kill(pid, 'SIGCONT')
  t.teardown(resume)
  process.kill(pid, 'SIGSTOP')
  return resume
}

t.test('if one node of a Redis Cluster hangs, the streams of the others go on', async t => {
  const ports = await redisCluster(t)
  const masters = ports.map(port => redisClient(t, port))
  const cluster = clusterClient(t, ports)
  const store = new RedisStore({ client: cluster, subscriber: cluster, timeout: 200 })

  /** A stream whose keys are on this master. */
  const streamOf = async (master: Redis) => {
    for (let i = 0; ; i++) {
      const id = `stream-${i}`
      await store.create(id, 'me', undefined)
      if ((await master.keys(`*{${id}}*`)).length > 0) return id
    }
  }
  const [first, ...others] = await Promise.all(masters.map(streamOf))
  const resume = await suspend(t, masters[0] as Redis)
  for (let n = 1; n <= 10; n++) {
    const rejected = t.rejects(store.append(first as string, 'me', 1, ['1']), UNAVAILABLE)
    for (const id of others) t.equal(await store.append(id, 'me', n, [`${n}`]), n)
    await rejected
  }
  resume()
  await until('the node answers again', () =>
    store.append(first as string, 'me', 1, ['1']).then(
      last => last === 1,
      () => false
    )
  )
  t.match(await store.read(first as string, 0), { events: ['1'] }, 'the late calls have changed nothing')
})

t.test('a log of maxEvents can be appended at once, and read to its end', async t => {
  const ports = await redisCluster(t)
  const cluster = clusterClient(t, ports)
  const store = new RedisStore({ client: cluster, subscriber: cluster, timeout: 60_000 })
  const events = Array.from({ length: store.maxEvents }, (_, i) => `${i}`)
  await store.create('large', 'me', undefined)
  t.equal(await store.append('large', 'me', 1, events, 'end'), events.length)
  const all: string[] = []
  for (;;) {
    const page = await store.read('large', all.length)
    if (page === undefined || page.events.length === 0) break
    all.push(...page.events)
  }
  t.strictSame(all, events)
  t.match(await store.read('large', all.length), { end: { frame: 'end', lost: false } })
})
