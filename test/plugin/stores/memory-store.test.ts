import type { Test } from 'tap'
import t from 'tap'
import { FST_SSE_OPTION_INVALID, FST_SSE_PRODUCER_FENCED } from '../../../plugin/errors.js'
import { MemoryStore, type MemoryStoreOptions } from '../../../plugin/index.js'
import { eventStoreConformance } from '../../../plugin/stores/conformance/conformance.js'
import { Clock } from '../../helpers/clock.js'

const DAY = 24 * 60 * 60 * 1000

t.test('conforms to the contract of an event store', async t => {
  t.jobs = 8
  for (const { name, run } of eventStoreConformance) {
    t.test(name, { buffered: true }, () =>
      run(wishes => {
        const store = new MemoryStore(wishes)
        return { stores: [store, store] }
      })
    )
  }
})

/** How many timers keep this process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
}

/** Makes a log of two events, and ends it if `end` is given. */
async function log(store: MemoryStore, id: string, end?: string): Promise<void> {
  await store.create(id, 'me', undefined)
  await store.append(id, 'me', 1, ['a', 'b'], end)
}

async function isThere(store: MemoryStore, id: string): Promise<boolean> {
  return (await store.read(id, 0)) !== undefined
}

/** A clock whose timers have `unref`. */
function clockOf(t: Test): Clock {
  const clock = new Clock(t)
  const { setTimeout } = globalThis
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, delay: number) => Object.assign(setTimeout(callback, delay), { unref() {} })
  })
  return clock
}

t.test('options take positive whole numbers, and Infinity', async t => {
  for (const name of ['maxEvents', 'maxBytes', 'maxStreams', 'keep', 'lease']) {
    for (const value of [1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, undefined]) {
      t.doesNotThrow(() => new MemoryStore({ [name]: value }), `${name}: ${value}`)
    }
    for (const value of [0, -1, 0.5, 2 ** 53, Number.NaN, Number.NEGATIVE_INFINITY, '1', null, [1], {}, 1n, true]) {
      const wrong = { [name]: value } as unknown as MemoryStoreOptions
      t.throws(
        () => new MemoryStore(wrong),
        new FST_SSE_OPTION_INVALID(name, 'takes a positive whole number, or Infinity'),
        `${name}: ${String(value)}`
      )
    }
  }
})

t.test('an unknown option is refused, and the known ones are named', async t => {
  for (const name of ['keeps', 'toString', '']) {
    t.throws(
      () => new MemoryStore({ [name]: 1 } as MemoryStoreOptions),
      new FST_SSE_OPTION_INVALID(
        name || 'options',
        'is unknown; known are maxEvents, maxBytes, maxStreams, maxTotalBytes, ownerShare, keep, lease'
      )
    )
  }
  for (const wrong of [null, 'keep', 5, ['keep'], true]) {
    t.throws(
      () => new MemoryStore(wrong as unknown as MemoryStoreOptions),
      new FST_SSE_OPTION_INVALID('options', 'takes an object')
    )
  }
})

t.test('the limits have defaults, and can be set', async t => {
  const { maxEvents, maxBytes, lease } = new MemoryStore()
  t.same({ maxEvents, maxBytes, lease }, { maxEvents: 65_536, maxBytes: 2 ** 20, lease: Number.POSITIVE_INFINITY })
  t.match(new MemoryStore({ maxEvents: 1, maxBytes: 2, lease: 3 }), { maxEvents: 1, maxBytes: 2, lease: 3 })
})

t.test('a log is kept for five minutes after its end, or for keep', async t => {
  const clock = clockOf(t)
  for (const [keep, kept] of [
    [undefined, 300_000],
    [1, 1],
    [1000, 1000],
    [100 * DAY, 100 * DAY]
  ] as const) {
    const store = new MemoryStore({ keep })
    await log(store, 'a')
    clock.pass(kept)
    await store.append('a', 'me', 3, [], 'end')
    clock.pass(kept - 0.5)
    t.equal(await isThere(store, 'a'), true, `${kept} ms are not over`)
    clock.pass(2)
    t.equal(await isThere(store, 'a'), false, `${kept} ms are over`)
    t.equal(store.size, 0)
    t.equal(clock.timers, 0)
  }
})

t.test('all logs share one timer, and there is none if none will expire', async t => {
  const clock = clockOf(t)
  const store = new MemoryStore({ keep: 1000 })
  for (let i = 0; i < 100; i++) {
    await log(store, `${i}`)
    t.equal(clock.timers, 0, 'a running log does not expire')
  }
  for (let i = 0; i < 100; i++) {
    await store.append(`${i}`, 'me', 3, [], 'end')
    clock.pass(5)
    t.equal(clock.timers, 1)
  }
  t.equal(clock.fired, 0)
  clock.pass(498)
  for (let left = 100; left > 0; left--) {
    t.equal(store.size, left)
    clock.pass(5)
  }
  t.equal(store.size, 0)
  t.equal(clock.timers, 0)
})

t.test('logs are kept forever if keep is Infinity', async t => {
  const clock = clockOf(t)
  const store = new MemoryStore({ keep: Number.POSITIVE_INFINITY, lease: 1000 })
  await log(store, 'ended', 'end')
  await log(store, 'dead')
  t.equal(clock.timers, 0)
  clock.pass(1000 * DAY)
  t.equal(store.size, 2)
})

t.test('a producer holds its log forever, unless there is a lease', async t => {
  const clock = clockOf(t)
  const store = new MemoryStore()
  await log(store, 'a')
  clock.pass(1000 * DAY)
  t.match(await store.read('a', 0), { leaseLeft: Number.POSITIVE_INFINITY })
  t.equal(await store.endLost('a', 'lost'), false)
  t.same(await store.renew('a', 'me'), { stop: false, followers: 0 })
  t.equal(await store.append('a', 'me', 3, ['c'], 'end'), 3)
})

t.test('the log of a producer that died is deleted keep after its lease expired', async t => {
  const clock = clockOf(t)
  for (const [lease, keep] of [
    [1000, 5000],
    [5000, 1000],
    [100 * DAY, 100 * DAY]
  ] as const) {
    const store = new MemoryStore({ lease, keep })
    await log(store, 'dies')
    await log(store, 'lives')
    clock.pass(lease / 2)
    await store.renew('dies', 'me')
    const until = clock.now + lease + keep
    while (clock.now + lease / 2 < until) {
      t.equal(clock.timers, 1)
      t.equal(await isThere(store, 'dies'), true)
      await store.renew('lives', 'me')
      clock.pass(lease / 2)
    }
    clock.pass(until - clock.now + 2)
    t.equal(await isThere(store, 'dies'), false)
    t.equal(await isThere(store, 'lives'), true)
    await t.rejects(store.append('dies', 'me', 3, ['c']), FST_SSE_PRODUCER_FENCED)
    clock.pass(lease + keep)
    t.equal(store.size, 0)
    t.equal(clock.timers, 0)
  }
})

t.test('an ended log is deleted in time, whatever running logs there are', async t => {
  const clock = clockOf(t)
  const store = new MemoryStore({ lease: 10_000, keep: 100 })
  await log(store, 'first')
  await log(store, 'second')
  await log(store, 'third', 'end')
  clock.pass(102)
  t.equal(await isThere(store, 'third'), false)
  clock.pass(5000)
  await store.renew('first', 'me')
  clock.pass(5000)
  t.equal(await isThere(store, 'first'), true)
  t.equal(await isThere(store, 'second'), false)
  await store.append('first', 'me', 3, [], 'end')
  clock.pass(102)
  t.equal(store.size, 0)
})

t.test('a log that endLost has ended is kept from then on', async t => {
  const clock = clockOf(t)
  const store = new MemoryStore({ lease: 1000, keep: 1000 })
  await log(store, 'a')
  clock.pass(1500)
  t.equal(await store.endLost('a', 'lost'), true)
  clock.pass(999)
  t.equal(await isThere(store, 'a'), true)
  clock.pass(3)
  t.equal(store.size, 0)
})

t.test('it does not keep the process alive', async t => {
  const before = timers()
  const store = new MemoryStore({ lease: 100_000 })
  await log(store, 'running')
  await log(store, 'ended', 'end')
  t.equal(timers(), before)
})

t.test('a new log replaces the one that ended first', async t => {
  const store = new MemoryStore({ maxStreams: 3 })
  for (const id of ['a', 'b', 'c']) await log(store, id)
  for (const id of ['b', 'a']) await store.append(id, 'me', 3, [], 'end')
  await log(store, 'd')
  t.equal(await isThere(store, 'b'), false)
  await log(store, 'e')
  t.equal(await isThere(store, 'a'), false)
  t.equal(store.size, 3)
  t.equal(await store.append('c', 'me', 3, ['c']), 3, 'a running log is untouched')
})

t.test('a log is refused if there is no room, and the others are untouched', async t => {
  for (const maxStreams of [undefined, 1, 3]) {
    const store = new MemoryStore({ maxStreams })
    const most = maxStreams ?? 10_000
    const taken = `those that run take up maxStreams (${most}) or maxTotalBytes (134217728)`
    for (let i = 0; i < most; i++) await store.create(`${i}`, 'me', undefined)
    await t.rejects(store.create('another', 'me', undefined), {
      code: 'FST_SSE_STORE_FULL',
      message: `the event store has no room for this stream: ${taken}`
    })
    t.equal(await store.create('0', 'me', undefined), true)
    t.equal(await store.create('0', 'other', undefined), false)
    t.equal(store.size, most)
    await store.append('0', 'me', 1, [], 'end')
    t.equal(await store.create('another', 'me', undefined), true)
    t.equal(store.size, most)
  }
})

t.test('apps that share a store count as one node', async t => {
  const store = new MemoryStore()
  await log(store, 'a')
  await store.follow('a')
  await store.follow('a')
  t.same(await store.renew('a', 'me'), { stop: false, followers: 1 })
  await store.unfollow('a')
  t.same(await store.renew('a', 'me'), { stop: false, followers: 0 })
})

t.test('events notify only if somebody follows', async t => {
  const store = new MemoryStore()
  let notifications = 0
  store.subscribe(() => notifications++)
  await log(store, 'a')
  t.equal(notifications, 0)
  await store.follow('a')
  t.equal(notifications, 1)
  await store.follow('a')
  t.equal(notifications, 1, 'it was a follower already')
  await store.append('a', 'me', 3, ['c'])
  await store.append('a', 'me', 3, ['c'])
  t.equal(notifications, 2, 'nothing was new the second time')
  await store.append('a', 'me', 4, [], 'end')
  t.equal(notifications, 3)
})
