import t from 'tap'
import { FST_SSE_OPTION_INVALID, FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_FULL } from '../../../plugin/errors.js'
import { MemoryStore, type MemoryStoreOptions } from '../../../plugin/index.js'
import { EventList } from '../../../plugin/stores/event-list.js'
import { Random, seed } from '../../helpers/random.js'

const KB = 1024

/** Makes a log with text of `units` code units. */
async function log(store: MemoryStore, id: string, units: number, owner?: string): Promise<void> {
  await store.create(id, 'me', owner)
  await store.append(id, 'me', 1, ['x'.repeat(units)])
}

async function endedLog(store: MemoryStore, id: string, units: number, owner?: string): Promise<void> {
  await log(store, id, units, owner)
  await store.append(id, 'me', 2, [], 'end')
}

/** The ids of those logs that are there. */
async function there(store: MemoryStore, ids: readonly string[]): Promise<string[]> {
  const pages = await Promise.all(ids.map(async id => [id, await store.read(id, 0)] as const))
  return pages.filter(([, page]) => page !== undefined).map(([id]) => id)
}

/** A producer that shares its list with the store, as the plugin does. */
async function sharedLog(store: MemoryStore, id: string, owner?: string): Promise<EventList> {
  const events = new EventList()
  await store.create(id, 'me', owner)
  store.local.share(id, 'me', events)
  return events
}

t.test('refuses wrong limits', async t => {
  for (const [name, takes, wrong] of [
    ['maxTotalBytes', 'takes a positive whole number, or Infinity', [0, -1, 0.5, '1', null, false]],
    ['ownerShare', 'takes a number above 0, at most 1', [0, -1, 1.1, '1', null, false, Number.NaN]]
  ] as const) {
    for (const value of wrong) {
      t.throws(
        () => new MemoryStore({ [name]: value } as unknown as MemoryStoreOptions),
        new FST_SSE_OPTION_INVALID(name, takes)
      )
    }
  }
})

t.test('logs that ended make room, the oldest first', async t => {
  const store = new MemoryStore({ maxTotalBytes: 100 * KB, ownerShare: 1 })
  for (const id of ['a', 'b', 'c', 'd']) await endedLog(store, id, 20 * KB)
  t.equal(store.totalBytes, 80 * KB)
  await log(store, 'e', 30 * KB)
  t.strictSame(await there(store, ['a', 'b', 'c', 'd', 'e']), ['b', 'c', 'd', 'e'])
  await store.append('e', 'me', 2, ['x'.repeat(35 * KB)])
  t.strictSame(await there(store, ['b', 'c', 'd', 'e']), ['d', 'e'])
  t.ok(store.totalBytes <= 100 * KB)
})

t.test('running logs keep their room, and new ones are refused', async t => {
  const store = new MemoryStore({ maxTotalBytes: 100 * KB, ownerShare: 1 })
  await endedLog(store, 'ended', 10 * KB)
  for (const id of ['a', 'b']) await log(store, id, 45 * KB)
  t.strictSame(await there(store, ['ended', 'a', 'b']), ['a', 'b'])
  await t.rejects(store.create('c', 'me', undefined), {
    code: 'FST_SSE_STORE_FULL',
    statusCode: 503,
    message: /those that run take up maxStreams \(10000\) or maxTotalBytes \(102400\)$/
  })
  t.equal(store.size, 2)
  t.equal((await store.read('a', 0))?.events[0]?.length, 45 * KB)
  t.equal(await store.append('a', 'me', 2, ['x'.repeat(KB)]), 2, 'there is room left in the last step')
  await store.append('a', 'me', 3, [], 'end')
  t.equal(await store.create('c', 'me', undefined), true)
  t.strictSame(await there(store, ['a', 'b', 'c']), ['b', 'c'])
})

t.test('nothing is evicted for a log that finds no room anyway', async t => {
  const store = new MemoryStore({ maxTotalBytes: 100 * KB, ownerShare: 1 })
  await endedLog(store, 'ended', 30 * KB)
  await log(store, 'running', 50 * KB)
  await log(store, 'growing', KB)
  await t.rejects(store.append('growing', 'me', 2, ['x'.repeat(60 * KB)]), FST_SSE_STORE_FULL)
  t.strictSame(await there(store, ['ended', 'running', 'growing']), ['ended', 'running'])
})

t.test('a running log that finds no more room goes on without the store', async t => {
  const store = new MemoryStore({ maxTotalBytes: 100 * KB, ownerShare: 1 })
  const notified: unknown[] = []
  store.subscribe(id => void notified.push(id))
  await log(store, 'other', 60 * KB)
  const events = await sharedLog(store, 'a')
  let refusals = 0
  for (let i = 0; i < 100; i++) {
    try {
      events.append('x'.repeat(KB), true)
    } catch (error) {
      t.ok(error instanceof FST_SSE_STORE_FULL)
      refusals++
    }
  }
  t.strictSame([events.length, refusals], [99, 1], 'its producer is told once, and may go on')
  t.strictSame(await there(store, ['a', 'other']), ['other'])
  t.ok(notified.includes('a'))
  await t.rejects(store.renew('a', 'me'), FST_SSE_PRODUCER_FENCED)
  t.ok(store.totalBytes < 70 * KB, 'its room is free')
  t.equal(await store.create('b', 'me', undefined), true)
})

t.test('an owner takes up its share, and then only makes room for itself', async t => {
  const store = new MemoryStore({ maxStreams: 40, maxTotalBytes: 400 * KB, ownerShare: 0.1 })
  for (const id of ['x', 'y']) await endedLog(store, id, KB, 'other')
  for (let i = 0; i < 1000; i++) await endedLog(store, `a${i}`, KB, 'greedy')
  t.strictSame(await there(store, ['x', 'y']), ['x', 'y'])
  t.equal(store.size, 6)
  t.strictSame(await there(store, ['a996', 'a999', 'a995', 'a0']), ['a996', 'a999'])
  await endedLog(store, 'large', 35 * KB, 'greedy')
  t.strictSame(await there(store, ['x', 'y', 'large', 'a999']), ['x', 'y', 'large', 'a999'])
  await endedLog(store, 'larger', 37 * KB, 'greedy')
  t.strictSame(await there(store, ['x', 'y', 'large', 'a999', 'larger']), ['x', 'y', 'larger'])
})

t.test('an owner whose running logs take up its share is refused', async t => {
  const store = new MemoryStore({ maxStreams: 20, ownerShare: 0.1 })
  for (const id of ['a', 'b']) await log(store, id, KB, 'greedy')
  await t.rejects(store.create('c', 'me', 'greedy'), {
    code: 'FST_SSE_STORE_FULL',
    message: /those of its owner that run take up ownerShare \(0.1\)$/
  })
  t.equal(await store.create('c', 'me', 'other'), true)
  t.equal(await store.create('d', 'me', undefined), true)
  await store.append('a', 'me', 2, [], 'end')
  t.equal(await store.create('e', 'me', 'greedy'), true)
  t.strictSame(await there(store, ['a', 'b', 'c', 'd', 'e']), ['b', 'c', 'd', 'e'])
})

t.test('logs without an owner have no share', async t => {
  const store = new MemoryStore({ maxStreams: 20 })
  for (let i = 0; i < 20; i++) await store.create(`${i}`, 'me', undefined)
  t.equal(store.size, 20)
})

t.test('limits may be Infinity', async t => {
  const any = Number.POSITIVE_INFINITY
  const store = new MemoryStore({ maxStreams: any, maxTotalBytes: any, maxBytes: any })
  for (let i = 0; i < 50; i++) await endedLog(store, `${i}`, 100 * KB, 'me')
  t.equal(store.size, 50)
  t.equal(store.totalBytes, 50 * 100 * KB)
})

t.test('a log that was lost, and whose producer does not know it, takes up no more room', async t => {
  const store = new MemoryStore({ lease: 1, maxTotalBytes: 100 * KB, ownerShare: 1 })
  const events = await sharedLog(store, 'a')
  events.append('x'.repeat(10 * KB), true)
  await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(await store.endLost('a', 'lost'), true)
  for (let i = 0; i < 200; i++) events.append('x'.repeat(KB), true)
  t.equal(store.totalBytes, 10 * KB)
})

t.test(`what is taken up is what the logs hold, whatever happens (SEED=${seed})`, async t => {
  const random = new Random(seed)
  const store = new MemoryStore({ maxStreams: 30, maxTotalBytes: 64 * KB, maxBytes: 16 * KB, ownerShare: 0.5 })
  const lengths = new Map<string, number>()
  let refused = 0
  for (let i = 0; i < 5000; i++) {
    const id = `${random.below(60)}`
    const events = lengths.get(id) ?? 0
    const text = 'x'.repeat(random.below(4 * KB))
    try {
      if (!lengths.has(id) && (await store.create(id, 'me', random.pick(['a', 'b', 'c', undefined]))))
        lengths.set(id, 0)
      else if (random.chance(0.3)) await store.append(id, 'me', events + 1, [], 'end')
      else lengths.set(id, await store.append(id, 'me', events + 1, [text]))
    } catch (error) {
      if (error instanceof FST_SSE_STORE_FULL) refused++
      else if (!(error instanceof FST_SSE_PRODUCER_FENCED)) throw error
      if ((await store.read(id, 0)) === undefined) lengths.delete(id)
    }
    if (store.totalBytes > 64 * KB || store.size > 30) t.fail(`${store.size} logs, ${store.totalBytes} bytes`)
  }
  t.ok(refused > 0)
  for (const id of lengths.keys()) {
    const page = await store.read(id, 0)
    if (page !== undefined && page.end === undefined) await store.append(id, 'me', page.events.length + 1, [], 'end')
  }
  let held = 0
  for (let i = 0; i < 60; i++) held += (await store.read(`${i}`, 0))?.events.join('').length ?? 0
  t.equal(store.totalBytes, held)
})
