import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { MemoryStore } from '../../../plugin/index.js'
import { type ConformanceStores, eventStoreConformance } from '../../../plugin/stores/conformance/conformance.js'
import { nodesOf } from './memory-nodes.js'
import { mutants } from './mutants/mutants.js'

function find(name: string) {
  const test = eventStoreConformance.find(test => test.name === name)
  assert.ok(test !== undefined, `there is a test "${name}"`)
  return test
}

t.test('two nodes that are told apart pass', async t => {
  t.jobs = 8
  for (const { name, run } of eventStoreConformance) {
    t.test(name, { buffered: true }, () => run(async wishes => ({ stores: nodesOf(new MemoryStore(wishes)) })))
  }
})

t.test('a store that answers after the lease has expired passes', async t => {
  for (const [method, name] of [
    ['append', 'endLost ends the log of a lost producer once'],
    ['follow', 'a follower counts until its lease expires'],
    ['follow', 'a follower that calls follow again keeps counting'],
    ['endLost', 'endLost notifies the followers']
  ] as const) {
    t.test(`${method}: ${name}`, () =>
      find(name).run(wishes => {
        const store = new MemoryStore(wishes)
        const call = store[method] as (...args: unknown[]) => Promise<unknown>
        let isSlow = true
        const slowOnce = async (...args: unknown[]) => {
          const isFirst = isSlow
          isSlow = false
          if (isFirst && method === 'append') await sleep(2 * wishes.lease)
          const result = await call.apply(store, args)
          if (isFirst) await sleep(2 * wishes.lease)
          return result
        }
        Object.assign(store, { [method]: slowOnce })
        return { stores: [store, store] }
      })
    )
  }
})

t.test('a broken store fails', async t => {
  t.jobs = 8
  for (const { what, caughtBy, make } of mutants) {
    for (const name of caughtBy) {
      t.test(`${what}: ${name}`, { buffered: true }, async t => {
        const patience = 1000
        await t.rejects(find(name).run(wishes => ({ stores: make(wishes), patience })))
      })
    }
  }
})

t.test('each test has a unique name, and catches a broken store', async t => {
  const names = eventStoreConformance.map(({ name }) => name)
  const caught = new Set(mutants.flatMap(({ caughtBy }) => caughtBy))
  t.equal(new Set(names).size, names.length)
  t.same(
    names.filter(name => !caught.has(name)),
    []
  )
})

t.test('a test cleans up after itself, whether it passes or not', async t => {
  const { run } = find('an append notifies the followers')
  for (const patience of [10_000, 0]) {
    const shared = new MemoryStore()
    let subscriptions = 0
    let isClosed = false
    const stores: ConformanceStores['stores'] = [shared, shared]
    const { subscribe } = shared
    shared.subscribe = notify => {
      const unsubscribe = subscribe.call(shared, id => patience > 0 && notify(id))
      subscriptions++
      return () => {
        subscriptions--
        unsubscribe()
      }
    }
    const close = async () => {
      await null
      isClosed = true
    }
    const result = run(() => ({ stores, patience, close }))
    if (patience > 0) await t.resolves(result)
    else await t.rejects(result, { message: /^this never happened: a node is notified/ })
    t.equal(subscriptions, 0)
    t.equal(isClosed, true)
  }
})
