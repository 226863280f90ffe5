/**
 * Lets clients of all kinds ask three nodes for minutes, while nodes and Redis are killed, frozen and restarted at
 * random. Afterwards no source runs, no log is left, the heap is as before, no text was wrong, and each run of a source
 * had exactly one `onFinish`.
 *
 * `npm run soak` runs it for 10 minutes. SOAK_MINUTES and SEED set the time and the chance, and STORE=memory tries a
 * single node without Redis.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { Random, seed } from '../helpers/random.js'
import { type RedisServer, redisServer } from '../helpers/redis-server.js'
import { until } from '../helpers/until.js'
import { ask, type Ending } from './clients.js'
import { FleetNode, Runs } from './fleet.js'

const MINUTES = Number(process.env.SOAK_MINUTES ?? 10)
const CLIENTS = 40
const KEEP = 5000

const teardowns: (() => unknown)[] = []
const scope = { teardown: (task: () => unknown) => void teardowns.push(task) } as unknown as Test
const random = new Random(seed)
const runs = new Runs()
const redis = process.env.STORE === 'memory' ? undefined : await redisServer(scope)

try {
  await soak(redis)
} finally {
  for (const teardown of teardowns.reverse()) await teardown()
}

async function soak(redis: RedisServer | undefined): Promise<void> {
  const variables = { KEEP: `${KEEP}`, ...(redis && { REDIS_URL: `redis://127.0.0.1:${redis.port}` }) }
  const nodes = Array.from({ length: redis ? 3 : 1 }, () => new FleetNode(variables, runs))
  for (const node of nodes) scope.teardown(() => node.kill())
  await Promise.all(nodes.map(node => node.start()))
  const endings: Record<Ending, number> = { whole: 0, told: 0, left: 0, wrong: 0 }
  const url = () => `http://127.0.0.1:${random.pick(nodes).port}`
  const askOnce = async () => {
    endings[await ask(random, url, what => console.error('wrong:', what))]++
  }

  // The first answers fill caches, which are no leak.
  await Promise.all(Array.from({ length: CLIENTS * 5 }, askOnce))
  await rest()
  const before = await Promise.all(nodes.map(node => node.heap()))

  const end = performance.now() + MINUTES * 60_000
  const isOver = () => performance.now() >= end
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver()) await askOnce()
  })
  while (!isOver()) {
    await sleep(random.next() * 4000)
    await fault(nodes, redis)
  }
  await Promise.all(clients)
  await rest()

  console.log({ seed, begun: runs.begun, endings, outcomes: runs.outcomes })
  assert.equal(endings.wrong, 0, 'no text was wrong')
  assert.ok(endings.whole > endings.told, 'most answers were whole')
  assert.deepEqual([...runs.running], [], 'no source runs')
  const notOnce = [...runs.finished].filter(([, times]) => times !== 1)
  assert.deepEqual(notOnce, [], 'each run had one onFinish')
  if (redis !== undefined) {
    const client = new Redis(redis.port)
    scope.teardown(() => client.disconnect())
    await until('Redis is empty', async () => (await client.keys('sse:*')).length === 0, 30_000)
  }
  // A node that was restarted has another heap, of the same size.
  const after = await Promise.all(nodes.map(node => node.heap()))
  console.log({ before, after })
  for (const [i, bytes] of after.entries()) {
    assert.ok(bytes < (before[i] as number) * 1.25, `the heap grew from ${before[i]} to ${bytes} bytes`)
  }
}

/** Waits until the last streams have ended, and their logs have expired. */
async function rest(): Promise<void> {
  await until('no source runs', () => runs.running.size === 0, 30_000).catch(() => {})
  await until('all ends are told', () => [...runs.finished.values()].every(Boolean), 30_000).catch(() => {})
  await sleep(KEEP + 1000)
}

/** One fault, mended before the next. */
async function fault(nodes: FleetNode[], redis: RedisServer | undefined): Promise<void> {
  const node = random.pick(nodes)
  const pause = () => sleep(random.next() * 4000)
  const faults: (() => Promise<void>)[] = [
    async () => {
      await node.kill()
      await node.start()
    },
    async () => {
      await node.close()
      await node.start()
    },
    async () => {
      node.freeze()
      await pause()
      node.thaw()
    }
  ]
  if (redis !== undefined) {
    faults.push(
      async () => {
        await redis.kill()
        await pause()
        await redis.start()
      },
      async () => {
        redis.freeze()
        await pause()
        redis.thaw()
      }
    )
  }
  await random.pick(faults)()
}
