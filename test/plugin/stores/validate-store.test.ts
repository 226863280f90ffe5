import { inspect } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import sseFrom, { type EventStore, MemoryStore } from '../../../plugin/index.js'

/** Registers the plugin with a store. @returns the message of the error for an invalid option */
async function refusal(store: unknown): Promise<string | undefined> {
  const app = Fastify()
  app.register(sseFrom, { store: store as EventStore })
  try {
    await app.ready()
    return undefined
  } catch (error) {
    const { code, message } = error as Error & { code: string }
    return code === 'FST_SSE_OPTION_INVALID' ? message : code
  } finally {
    await app.close()
  }
}

/** A store in memory with some other members; `undefined` takes a member away. */
function storeWith(members: Record<string, unknown>): EventStore {
  return Object.assign(new MemoryStore(), members)
}

t.test('a store that lacks a method is refused at registration', async t => {
  const {
    constructor: _,
    size: __,
    totalBytes: ___,
    ...methods
  } = Object.getOwnPropertyDescriptors(MemoryStore.prototype)
  t.equal(Object.keys(methods).length, 9)
  for (const method of Object.keys(methods)) {
    t.equal(await refusal(storeWith({ [method]: undefined })), `option "store.${method}" is missing, it takes a method`)
    t.equal(await refusal(storeWith({ [method]: 'no' })), `option "store.${method}" takes a method`)
  }
})

t.test('a value that is not an object is refused', async t => {
  for (const value of [null, 'memory', true, 0, MemoryStore]) {
    const expected = 'option "store" takes an EventStore, such as a MemoryStore or a RedisStore'
    t.equal(await refusal(value), expected, inspect(value))
  }
})

t.test('an object that is not a store is refused', async t => {
  for (const value of [{}, [], new Map(), new Date()]) {
    t.equal(await refusal(value), 'option "store.maxEvents" is missing, it takes a positive number', inspect(value))
  }
})

t.test('an invalid limit, time or access to logs is refused', async t => {
  const INFINITE = Number.POSITIVE_INFINITY
  const notPositive = [0, -1, Number.NaN, -INFINITE, '1', null, 1n, {}, true]
  const cases: [name: string, expected: string, good: unknown[], bad: unknown[]][] = [
    ['maxEvents', 'a positive number', [1, 0.5, INFINITE], notPositive],
    ['maxBytes', 'a positive number', [1, INFINITE], notPositive],
    ['lease', 'a positive number of milliseconds', [1, 0.5, INFINITE], notPositive],
    ['linger', 'a non-negative number of milliseconds', [0, 0.5, 1, undefined], [...notPositive.slice(1), INFINITE]],
    [
      'local',
      'an object with share and events',
      [undefined, { share() {}, events() {} }],
      [null, 1, 'a', { share() {} }, { share: 1, events: 1 }]
    ],
    [
      'slots',
      'an object with take, renew and release',
      [undefined, { take() {}, renew() {}, release() {} }, new MemoryStore().slots],
      [null, 1, 'a', {}, { take() {}, renew() {} }, { take: 1, renew: 1, release: 1 }]
    ]
  ]
  for (const [name, expected, good, bad] of cases) {
    for (const value of good) t.equal(await refusal(storeWith({ [name]: value })), undefined, `${name}: ${value}`)
    for (const value of bad) {
      const refused = await refusal(storeWith({ [name]: value }))
      t.equal(refused, `option "store.${name}" takes ${expected}`, `${name}: ${inspect(value)}`)
    }
  }
  for (const name of ['maxEvents', 'maxBytes', 'lease']) {
    t.match(await refusal(storeWith({ [name]: undefined })), `option "store.${name}" is missing, it takes a positive`)
  }
})

t.test('methods may be inherited, and limits may be getters', async t => {
  class Derived extends MemoryStore {}
  t.equal(await refusal(new Derived()), undefined)
  class Limited extends MemoryStore {}
  for (const name of ['maxEvents', 'maxBytes', 'lease']) {
    Object.defineProperty(Limited.prototype, name, { get: () => 1 })
  }
  const limited = new Limited()
  for (const name of ['maxEvents', 'maxBytes', 'lease']) delete (limited as unknown as Record<string, unknown>)[name]
  t.equal(await refusal(limited), undefined)
  class Local {
    share() {}
    events() {}
  }
  t.equal(await refusal(storeWith({ local: new Local() })), undefined)
  const wrong = storeWith({ local: new Local(), subscribe: undefined })
  t.equal(await refusal(wrong), 'option "store.subscribe" is missing, it takes a method')
})
