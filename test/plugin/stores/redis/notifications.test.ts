import t from 'tap'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'
import { until } from '../../../helpers/until.js'
import { newId, noteNotifications, subscribed, twoNodes } from './nodes.js'

const { port } = await redisServer(t)

t.test('followers are notified, and nobody if there are none', async t => {
  const { a, b, redis } = twoNodes(t, port)
  const c = twoNodes(t, port).a
  const [notificationsOfB, notificationsOfC] = [noteNotifications(t, b.store), noteNotifications(t, c.store)]
  await subscribed(notificationsOfB)
  await subscribed(notificationsOfC)
  const published = async () => Number(/cmdstat_publish:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)
  const before = await published()
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await a.store.append(id, 'me', 1, ['1'])
  t.equal(await published(), before)
  await b.store.follow(id)
  await a.store.append(id, 'me', 2, ['2'])
  await until('b is notified', () => notificationsOfB.includes(id))
  t.equal(await published(), before + 2, 'one for the producer, one for the follower')
  t.notOk(notificationsOfC.includes(id))
})

t.test('all subscriptions of a node are notified until they end, and leave nothing behind', async t => {
  const { a, redis } = twoNodes(t, port)
  const { subscriber, store } = a
  await until('it is connected', () => subscriber.status === 'ready')
  const listeners = () => ['message', 'ready'].map(name => subscriber.listenerCount(name))
  const before = listeners()
  const channels = async () => (await redis.pubsub('CHANNELS', 'sse:node:*')).length
  const channelsBefore = await channels()
  const notifications: string[] = []
  const listener = (id: string | undefined) => notifications.push(`${id}`)
  const stops = [store.subscribe(listener), store.subscribe(listener)]
  await until('both are notified of any stream', () => notifications.length === 2)
  t.strictSame(await channels(), channelsBefore + 1)
  const id = newId()
  await store.create(id, 'me', undefined)
  await store.stop(id)
  await until('both are notified', () => notifications.length === 4)
  for (const stop of stops) {
    stop()
    stop()
  }
  t.strictSame(listeners(), before)
  await until('the channel is closed', async () => (await channels()) === channelsBefore)
  await store.stop(id)
  t.equal(notifications.length, 4)
  const stop = store.subscribe(listener)
  await until('a new subscription works', () => notifications.length === 5)
  stop()
})

t.test('messages on other channels are ignored', async t => {
  const { a, redis } = twoNodes(t, port)
  const notifications = noteNotifications(t, a.store)
  await subscribed(notifications)
  await a.subscriber.subscribe('other')
  const heard: string[] = []
  a.subscriber.on('message', channel => heard.push(channel))
  await redis.publish('other', 'x')
  await until('the message has arrived', () => heard.includes('other'))
  t.same(notifications, [])
})

t.test('a connection that connects lazily can be used', async t => {
  const client = redisClient(t, port, { lazyConnect: true })
  const subscriber = redisClient(t, port, { lazyConnect: true })
  const store = new RedisStore({ client, subscriber })
  const notifications = noteNotifications(t, store)
  await subscribed(notifications)
  const id = newId()
  t.equal(await store.create(id, 'me', undefined), true)
  await store.stop(id)
  await until('it is notified', () => notifications.includes(id))
})
