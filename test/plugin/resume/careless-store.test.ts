import t from 'tap'
import type { EventStore } from '../../../plugin/index.js'
import { open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { build } from '../../helpers/server.js'
import { node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

/** Stores that break the contract in ways that no check of their methods finds. */
const breaking = <M extends keyof EventStore>(store: FaultyStore, method: M, broken: (...args: never[]) => unknown) => {
  Object.assign(store, { [method]: broken })
}

const unfollows: Record<string, () => unknown> = {
  'throws at once': () => {
    throw new Error('no unfollow')
  },
  'gives no promise': () => undefined,
  rejects: () => Promise.reject(new Error('no unfollow'))
}

for (const [what, unfollow] of Object.entries(unfollows)) {
  t.test(`a client leaves a stream of another node whose store ${what} at unfollow`, async t => {
    const stores = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
    const producing = await node(t, { plugin: { store: stores[0] } })
    const following = await node(t, { plugin: { store: stores[1] } })
    let calls = 0
    breaking(stores[1], 'unfollow', () => {
      calls++
      return unfollow()
    })
    const client = open(producing.url)
    await until('the source has started', () => producing.sources.length)
    producing.sources[0]?.give('a')
    await client.has('data: a')
    const follower = open(`${following.url}/streams/${client.headers['x-stream-id']}`)
    await follower.has('data: a')
    follower.leave()
    await until('its node has told the store', () => calls)
    producing.sources[0]?.give('b', undefined)
    await client.end()
    t.match(client.events().at(-1), { event: 'done' })
  })
}

t.test('a store whose append gives no number is taken for one that fails', async t => {
  const store = new FaultyStore()
  let calls = 0
  breaking(store, 'append', async () => {
    calls++
  })
  const { url, sources, log } = await node(t, { plugin: { store } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', 'b', undefined)
  await client.end()
  t.match(client.events(), [{ data: 'a' }, { data: 'b' }, { event: 'done' }])
  await until('the log says so', () => log.some(({ level }) => level === 40))
  const warning = log.find(({ level }) => level === 40)
  t.match(JSON.stringify(warning), /append must give a number, not undefined/)
  t.ok(calls < 10, `it was called ${calls} times`)
})

t.test('a store whose subscribe gives no function is refused', async t => {
  const { app } = build(t, {
    plugin: { store: Object.assign(new FaultyStore(), { subscribe: () => undefined }) as never }
  })
  await t.rejects(async () => void (await app.ready()), {
    code: 'FST_SSE_OPTION_INVALID',
    message: 'option "store.subscribe" must return a function that ends the subscription'
  })
})
