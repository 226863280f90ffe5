import t from 'tap'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'
import { tcpProxy } from '../../../helpers/tcp-proxy.js'
import { until } from '../../../helpers/until.js'
import { allCalls, connectedNode, newId, QUICK, UNAVAILABLE, whenAvailable } from './nodes.js'

t.test('a client that is closed', async t => {
  const { port } = await redisServer(t)
  const { client, subscriber, store, notifications } = await connectedNode(t, port)
  client.disconnect()
  subscriber.disconnect()
  await until('it is closed', () => client.status === 'end' && subscriber.status === 'end')
  for (const call of allCalls(store, newId())) await t.rejects(call, UNAVAILABLE)
  const stop = store.subscribe(() => {})
  stop()
  notifications.length = 0
  await Promise.all([client.connect(), subscriber.connect()])
  t.equal(await store.create(newId(), 'me', undefined), true, 'it works again when it is reopened')
  await until('the node is notified of any stream', () => notifications.includes(undefined))
})

t.test('a subscription that fails is made when the connection is ready', async t => {
  const { port } = await redisServer(t)
  const [client, subscriber] = [redisClient(t, port, QUICK), redisClient(t, port, QUICK)]
  await until('it is connected', () => subscriber.status === 'ready')
  subscriber.disconnect()
  await until('it is closed', () => subscriber.status === 'end')
  const store = new RedisStore({ client, subscriber })
  const notifications: (string | undefined)[] = []
  const stop = store.subscribe(id => notifications.push(id))
  // An unhandled rejection would fail this test.
  await new Promise(resolve => setImmediate(resolve))
  t.same(notifications, [])
  await subscriber.connect()
  await until('it is subscribed', () => notifications.includes(undefined))
  subscriber.disconnect()
  await until('it is closed', () => subscriber.status === 'end')
  stop()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(subscriber.listenerCount('message'), 0)
})

t.test('a subscriber that does not resubscribe by itself is subscribed again', async t => {
  const server = await redisServer(t)
  const { subscriber, store, notifications } = await connectedNode(
    t,
    server.port,
    {},
    { ...QUICK, autoResubscribe: false }
  )
  notifications.length = 0
  await server.kill()
  await until('the node has noticed', () => subscriber.status === 'reconnecting')
  await server.start()
  const id = newId()
  await whenAvailable('a log is made', () => store.create(id, 'me', undefined))
  await until('it is notified again', async () => {
    await store.stop(id)
    return notifications.includes(id)
  })
  t.ok(notifications.includes(undefined))
})

for (const direction of ['to server', 'to client', 'both'] as const) {
  t.test(`a network that drops everything: ${direction}`, async t => {
    const { port } = await redisServer(t)
    const proxy = await tcpProxy(t, port)
    const [a, b] = [await connectedNode(t, proxy.port, { timeout: 200 }), await connectedNode(t, port)]
    const id = newId()
    await a.store.create(id, 'me', undefined)
    await a.store.append(id, 'me', 1, ['1'])
    await b.store.follow(id)
    a.notifications.length = 0
    proxy.cut(direction)
    await t.rejects(a.store.append(id, 'me', 2, ['2']), { ...UNAVAILABLE, cause: { message: /no answer within/ } })
    for (const call of allCalls(a.store, id)) await t.rejects(call, UNAVAILABLE)
    t.equal(await b.store.stop(id), true, 'the other node has its own connection')
    proxy.heal()
    // The event whose answer was missed may have arrived, or arrive late.
    t.equal(await whenAvailable('Redis answers', () => a.store.append(id, 'me', 2, ['2'])), 2)
    t.equal(await a.store.append(id, 'me', 3, ['3']), 3)
    t.match(await b.store.read(id, 0), { events: ['1', '2', '3'] })
    await until('the notification arrives late', () => a.notifications.includes(id))
  })
}

t.test('a Redis that hangs is tried by one call at a time, and no other waits for it', async t => {
  const server = await redisServer(t)
  const { client, store } = await connectedNode(t, server.port, { timeout: 100 })
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])
  const ask = async () => {
    const results = await Promise.allSettled(Array.from({ length: 1000 }, () => store.read('none', 0)))
    const causes = results.map(result => (result.status === 'rejected' ? result.reason.cause.message : 'answered'))
    return causes.filter(cause => cause !== 'Redis has not answered lately')
  }
  process.kill(pid, 'SIGSTOP')
  t.strictSame(new Set(await ask()), new Set(['no answer within 100 ms']))
  t.strictSame(await ask(), [])
  let asked: string[] = []
  await until('it is tried again', async () => {
    asked = await ask()
    return asked.length > 0
  })
  t.strictSame(asked, ['no answer within 100 ms'])
  process.kill(pid, 'SIGCONT')
  t.equal(await whenAvailable('Redis answers', () => store.read('none', 0)), undefined)
})

t.test('connections that break', async t => {
  const { port } = await redisServer(t)
  const proxy = await tcpProxy(t, port)
  const [a, b] = [await connectedNode(t, proxy.port), await connectedNode(t, port)]
  const id = newId()
  await a.store.create(id, 'me', undefined)
  for (let round = 0; round < 5; round++) {
    a.notifications.length = 0
    const first = 2 * round + 1
    const append = (n: number) => whenAvailable('the event arrives', () => a.store.append(id, 'me', n, [`${n}`]))
    const event = append(first)
    setImmediate(() => setImmediate(() => proxy.reset()))
    t.equal(await event, first)
    t.equal(await append(first + 1), first + 1)
    await until('the node is notified of any stream', () => a.notifications.includes(undefined))
  }
  t.match(await b.store.read(id, 0), { events: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'] })
})

t.test('a process that was suspended does not mistake its pause for an outage', async t => {
  const { port } = await redisServer(t)
  const { store } = await connectedNode(t, port, { timeout: 2000 })
  const id = newId()
  await store.create(id, 'me', undefined)
  const event = store.append(id, 'me', 1, ['1'])
  // By then, the call has been sent.
  setImmediate(() => setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)))
  t.equal(await event, 1)
})
