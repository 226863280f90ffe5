import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { PluginOptions, StreamFinish } from '../../../plugin/index.js'
import { RedisStore } from '../../../plugin/stores/redis/redis-store.js'
import { fetchAll, open } from '../../helpers/client.js'
import { redisClient, redisServer } from '../../helpers/redis-server.js'
import { serve } from '../../helpers/server.js'
import { tcpProxy } from '../../helpers/tcp-proxy.js'
import { until } from '../../helpers/until.js'

/** Each way to begin a resumable stream whose source may have to wait. */
const ways = ['id', 'random', 'start'] as const

/** Serves sources that run until they are ended. */
async function endless(t: Test, plugin: PluginOptions) {
  let started = 0
  const finished: string[] = []
  const onFinish = ({ outcome }: StreamFinish) => void finished.push(outcome)
  async function* source({ signal }: { signal: AbortSignal }) {
    started++
    yield 'token'
    await new Promise(resolve => signal.addEventListener('abort', resolve))
  }
  const served = await serve(
    t,
    (app: FastifyInstance) => {
      app.get('/id', (_request, reply) => reply.sseFrom(source, { resumable: { id: 'own' }, onFinish }))
      app.get('/random', (_request, reply) => reply.sseFrom(source, { resumable: true, onFinish }))
      app.get('/start', async (_request, reply) => reply.sseStart(source, { onFinish }))
    },
    { plugin: { drainTimeout: 1, ...plugin } }
  )
  return { ...served, finished, started: () => started }
}

for (const way of ways) {
  for (const drainTimeout of [1, 500]) {
    t.test(`${way}: no source starts when its owner is known after closing has begun, ${drainTimeout} ms`, async t => {
      let give = (_owner: string) => {}
      const owner = () =>
        new Promise<string>(resolve => {
          give = resolve
        })
      let isAsked = false
      const limit = {
        limit: 1,
        owner: () => {
          isAsked = true
          return owner()
        }
      }
      const { app, url, started, finished } = await endless(t, { maxStreamsPerOwner: limit, drainTimeout })
      const client = open(`${url}/${way}`)
      await until('the owner is asked for', () => isAsked)
      const closed = app.close()
      if (drainTimeout > 1) {
        await until('it closes', () => !app.server.listening)
        give('ann')
      }
      await client.end()
      if (way === 'start') {
        t.equal(client.status, 503)
        t.match(client.text(), 'FST_SSE_CLOSING')
        t.match(client.headers['retry-after'], /^[1-5]$/)
      }
      await closed
      give('ann')
      await new Promise(setImmediate)
      t.equal(started(), way === 'random' && drainTimeout > 1 ? 1 : 0)
      t.equal(finished.length, started())
    })
  }

  for (const fault of ['slow', 'frozen'] as const) {
    t.test(`${way}: no source outlives a server that waits for a slot in a ${fault} Redis`, async t => {
      const server = await redisServer(t)
      const network = await tcpProxy(t, server.port)
      const client = redisClient(t, network.port)
      const store = new RedisStore({ client, subscriber: redisClient(t, network.port), timeout: 500 })
      const resumable = { owner: () => 'ann' }
      const { app, url, started, finished } = await endless(t, { store, resumable, maxStreamsPerOwner: 1 })
      const redis = redisClient(t, server.port)
      await client.ping()
      let isAsked = false
      const take = store.slots.take.bind(store.slots)
      store.slots.take = (...args) => {
        isAsked = true
        return take(...args)
      }
      if (fault === 'slow') network.delay(100)
      else server.freeze()
      const asked = open(`${url}/${way}`)
      await until('the slot is asked for', () => isAsked)
      await app.close()
      await asked.end()
      if (fault === 'slow') network.delay(0)
      else server.thaw()
      await until('no slot is taken', async () => {
        const keys = await redis.keys('*slots*')
        return (await Promise.all(keys.map(key => redis.zcard(key)))).every(count => count === 0)
      })
      t.equal(finished.length, started())
      if (way !== 'random') t.equal(started(), 0)
    })
  }
}

t.test('a client that leaves while its slot is asked for starts nothing', async t => {
  let give = (_owner: string) => {}
  let asked = 0
  const owner = () => {
    asked++
    return new Promise<string>(resolve => {
      give = resolve
    })
  }
  const { url, log, started } = await endless(t, { maxStreams: 1, maxStreamsPerOwner: { limit: 1, owner } })
  const client = open(`${url}/id`)
  await until('the owner is asked for', () => asked === 1)
  client.leave()
  await until('it has left', () => log.some(({ msg }) => msg === 'client left' || msg === 'stream closed prematurely'))
  give('ann')
  const next = open(`${url}/id`)
  await until('the owner is asked for again', () => asked === 2)
  give('ann')
  await next.has('token')
  t.equal(started(), 1)
  next.leave()
})

t.test('a stream whose claim the server cut off is refused', async t => {
  const server = await redisServer(t)
  const network = await tcpProxy(t, server.port)
  const client = redisClient(t, network.port)
  const store = new RedisStore({ client, subscriber: redisClient(t, network.port), timeout: 500 })
  const { app, url, started } = await endless(t, { store })
  await client.ping()
  let isAsked = false
  const create = store.create.bind(store)
  store.create = (...args) => {
    isAsked = true
    return create(...args)
  }
  network.delay(50)
  const asked = fetchAll(`${url}/start`)
  await until('the id is claimed', () => isAsked)
  await app.close()
  const { status, text } = await asked
  t.equal(status, 503)
  t.match(text(), 'FST_SSE_CLOSING')
  t.equal(started(), 0)
})

t.test('a server that has drained waits for no owner', async t => {
  let go = () => {}
  const { app, url } = await serve(
    t,
    served => {
      const preHandler = () =>
        new Promise<void>(resolve => {
          go = resolve
        })
      served.get('/', { preHandler }, async (_request, reply) => reply.sseStart(() => ['token']))
    },
    { plugin: { drainTimeout: 1, resumable: { owner: () => new Promise(() => {}) } } }
  )
  let isHeld = false
  app.server.once('request', () => {
    isHeld = true
  })
  const asked = fetchAll(url)
  await until('the hook holds the request', () => isHeld)
  const closed = app.close()
  await until('it closes', () => !app.server.listening)
  await new Promise(setImmediate)
  go()
  t.equal((await asked).status, 503)
  await closed
})
