import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { type EventStore, MemoryStore, type OwnerLimit, type PluginOptions } from '../../../../plugin/index.js'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'
import { fetchAll, type OpenOptions, open } from '../../../helpers/client.js'
import { FaultyStore } from '../../../helpers/faulty-store.js'
import { limitedServer, streamKinds } from '../../../helpers/limited-server.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'
import { storeKinds } from '../../../helpers/store-kinds.js'
import { until } from '../../../helpers/until.js'

const ownerOf = ({ headers }: FastifyRequest) => headers['x-owner'] as string
const asyncOwnerOf = async (request: FastifyRequest) => ownerOf(request)

function as(owner: string, options: OpenOptions = {}): OpenOptions {
  return { ...options, headers: { 'x-owner': owner } }
}

/** Serves with a limit for each owner. */
function node(t: Test, store: EventStore, limit: OwnerLimit, plugin: PluginOptions = {}) {
  return limitedServer(t, {
    plugin: { store, maxStreamsPerOwner: limit, ...plugin },
    resumable: { onDisconnect: 'abort' }
  })
}

for (const [name, makeStores] of Object.entries(storeKinds)) {
  t.test(`over a ${name}`, async t => {
    for (const kind of streamKinds) {
      t.test(`an owner runs no more ${kind} streams than the limit, on all nodes together`, async t => {
        const [one, other] = await makeStores(t)
        const nodes = [
          await node(t, one, { limit: 2, owner: ownerOf }),
          await node(t, other, { limit: 2, owner: asyncOwnerOf })
        ]
        const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
        const running = () => first.running + second.running
        const clients = [open(`${first.url}/${kind}`, as('ann')), open(`${second.url}/${kind}`, as('ann'))]
        await until('both run', () => running() === 2)
        for (const { url } of nodes) {
          for (const each of streamKinds) {
            const refused = await fetchAll(`${url}/${each}`, as('ann'))
            t.equal(refused.status, 429)
            t.match(JSON.parse(refused.text()), { code: 'FST_SSE_OWNER_BUSY', message: /no more than 2 streams/ })
            t.match(refused.headers['retry-after'], /^[1-5]$/)
          }
        }
        const others = nodes.map(({ url }) => open(`${url}/${kind}`, as('bob')))
        await until('those of another owner run', () => running() === 4)
        t.equal(first.started + second.started, 4)
        for (const { endAll } of nodes) endAll()
        for (const client of [...clients, ...others]) await client.end()
        for (const { url } of nodes) {
          let again = open(`${url}/${kind}`, as('ann'))
          // Over a network, the slots are free a moment after the answers have ended.
          await until('she runs another', () => {
            if (again.status === 429) again = open(`${url}/${kind}`, as('ann'))
            return running() === 1
          })
          again.leave()
          await until('it has ended', () => running() === 0)
        }
      })
    }

    t.test('20 requests of an owner at once, on two nodes, run as many streams as the limit', async t => {
      const [one, other] = await makeStores(t)
      const nodes = [
        await node(t, one, { limit: 5, owner: ownerOf }),
        await node(t, other, { limit: 5, owner: ownerOf })
      ]
      const clients = nodes.flatMap(({ url }) => Array.from({ length: 10 }, () => open(`${url}/plain`, as('ann'))))
      await until('15 are refused', () => clients.filter(({ status }) => status === 429).length === 15)
      t.equal(
        nodes.reduce((sum, { running }) => sum + running, 0),
        5
      )
    })

    t.test('owners are those of resumable streams, unless the limit has its own', async t => {
      const [store] = await makeStores(t)
      const resumable = { owner: ownerOf }
      const server = await limitedServer(t, { plugin: { store, resumable, maxStreamsPerOwner: 1 } })
      for (const kind of streamKinds) {
        open(`${server.url}/${kind}`, as(kind))
        await until('it runs', () => server.started === streamKinds.indexOf(kind) + 1)
        for (const other of streamKinds) {
          const refused = await fetchAll(`${server.url}/${other}`, as(kind))
          t.equal(refused.status, 429)
        }
      }
      t.equal(server.started, 3)
    })
  })
}

t.test('the slots of a node that is killed are free again', async t => {
  const { port } = await redisServer(t)
  const start = async () => {
    const child = fork('test/helpers/limited-node.ts', {
      env: { ...process.env, REDIS_URL: `redis://127.0.0.1:${port}` }
    })
    t.teardown(() => child.kill('SIGKILL'))
    const [message] = (await once(child, 'message')) as [{ port: number }]
    return { child, url: `http://127.0.0.1:${message.port}/` }
  }
  const [doomed, other] = (await Promise.all([start(), start()])) as [
    { child: ChildProcess; url: string },
    { child: ChildProcess; url: string }
  ]
  const running = [open(doomed.url, as('ann')), open(other.url, as('ann'))]
  for (const client of running) await client.has('token')
  t.equal((await fetchAll(other.url, as('ann'))).status, 429)
  doomed.child.kill('SIGKILL')
  // Longer than two leases: the stream that runs keeps its slot.
  let again = open(other.url, as('ann'))
  await until('there is room again', async () => {
    await again.head()
    if (again.status === 200) return true
    again = open(other.url, as('ann'))
    return false
  })
  await again.has('token')
  const start2 = performance.now()
  await until('two leases have passed', async () => {
    t.equal((await fetchAll(other.url, as('ann'))).status, 429)
    return performance.now() - start2 > 2000
  })
  const client = redisClient(t, port)
  const keys = await client.keys('*slots*')
  t.equal(keys.length, 1)
  t.notMatch(keys[0], /ann/, 'the store holds a hash of the owner')
  t.ok((await client.pttl(keys[0] as string)) > 0, 'and not for ever')
})

t.test('a store that does not count leaves each node with its own count', async t => {
  const stores = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const nodes = [
    await node(t, stores[0], { limit: 1, owner: ownerOf }),
    await node(t, stores[1], { limit: 1, owner: ownerOf })
  ]
  for (const server of nodes) {
    open(`${server.url}/plain`, as('ann'))
    await until('it runs', () => server.running === 1)
    t.equal((await fetchAll(`${server.url}/plain`, as('ann'))).status, 429)
  }
})

t.test('a store that cannot be reached leaves each node with its own count, and is mentioned once', async t => {
  const redis = await redisServer(t)
  const connections = () => ({ client: redisClient(t, redis.port), subscriber: redisClient(t, redis.port) })
  const store = new RedisStore({ ...connections(), timeout: 100, lease: 300 })
  const server = await node(t, store, { limit: 2, owner: ownerOf })
  open(`${server.url}/plain`, as('ann'))
  await until('it runs', () => server.running === 1)
  await redis.kill()
  open(`${server.url}/plain`, as('ann'))
  await until('another runs', () => server.running === 2)
  t.equal((await fetchAll(`${server.url}/plain`, as('ann'))).status, 429)
  await new Promise(resolve => setTimeout(resolve, 500))
  const warnings = server.log.filter(({ msg }) => msg.includes('counts the streams of owners alone'))
  t.equal(warnings.length, 1)
  t.equal(warnings[0]?.level, 40)
})

t.test('a request without an owner is not limited', async t => {
  const server = await node(t, new MemoryStore(), { limit: 1, owner: () => undefined, anonymous: true })
  for (let i = 1; i <= 3; i++) {
    open(`${server.url}/plain`)
    await until('it runs', () => server.running === i)
  }
  t.pass()
})

t.test('an owner that is none is answered with an error, and its source does not start', async t => {
  const owners = [() => 5 as unknown as string, async () => '', () => undefined]
  for (const owner of owners) {
    const server = await node(t, new MemoryStore(), { limit: 1, owner })
    for (const kind of streamKinds) {
      const refused = await fetchAll(`${server.url}/${kind}`)
      t.equal(refused.status, 500)
      t.match(JSON.parse(refused.text()), { code: 'FST_SSE_OWNER_INVALID' })
    }
    t.equal(server.started, 0)
  }
})

t.test('a client that leaves while its owner is looked up takes no slot', async t => {
  for (const kind of streamKinds) {
    let found = () => {}
    let asked = 0
    const owner = () => {
      asked++
      return new Promise<string>(resolve => {
        found = () => resolve('ann')
      })
    }
    const server = await node(t, new MemoryStore(), { limit: 1, owner })
    for (let i = 1; i <= 3; i++) {
      const client = open(`${server.url}/${kind}`)
      await until('its owner is looked up', () => asked === i)
      client.leave()
      await until('the log says that it left', () => server.log.filter(({ msg }) => msg === 'client left').length === i)
      found()
    }
    t.equal(server.started, 0, kind)
    open(`${server.url}/${kind}`)
    await until('the next owner is looked up', () => asked === 4)
    found()
    await until('its source runs', () => server.running === 1)
  }
})

t.test('a store with a lease that does not count leaves the node with its own count', async t => {
  const store = Object.defineProperty(new MemoryStore({ lease: 50 }), 'slots', { value: undefined })
  const { app, url, endAll } = await node(t, store, { limit: 1, owner: ownerOf })
  const running = open(`${url}/plain`, as('ann'))
  await running.has('token')
  t.equal((await fetchAll(`${url}/plain`, as('ann'))).status, 429)
  const other = open(`${url}/plain`, as('bob'))
  await other.has('token')
  endAll()
  await Promise.all([running.end(), other.end()])
  const again = open(`${url}/plain`, as('ann'))
  await again.has('token')
  await app.close()
})
