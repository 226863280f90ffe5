import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamSlots } from '../stream-slots.js'
import { newId } from './assertions.js'
import { type ConformanceTest, conformanceTest, type Harness, SHORT } from './harness.js'

/** Makes a test of the slots of a store. It passes if the store has none, since they are optional. */
function slotsTest(
  name: string,
  wishes: { lease?: number },
  body: (a: StreamSlots, b: StreamSlots, harness: Harness) => Promise<void>
): ConformanceTest {
  return conformanceTest(name, wishes, async harness => {
    const [a, b] = [harness.a.slots, harness.b.slots]
    assert.equal(a === undefined, b === undefined, 'both nodes have slots, or none')
    if (a !== undefined && b !== undefined) await body(a, b, harness)
  })
}

/** How the optional `slots` limit the streams of an owner. */
export const limiting = [
  slotsTest('an owner gets as many slots as the limit says, on all nodes together', {}, async (a, b) => {
    const owner = newId()
    for (const [i, slots] of [a, b, a].entries()) assert.equal(await slots.take(owner, `h${i}`, 3), true)
    for (const slots of [a, b]) assert.equal(await slots.take(owner, 'more', 3), false)
    assert.equal(await b.take(owner, 'more', 4), true, 'a higher limit')
    assert.equal(await a.take(owner, 'still more', 1), false, 'a lower limit')
  }),

  slotsTest('repeating take takes no further slot', {}, async (a, b) => {
    const owner = newId()
    for (const slots of [a, a, b]) assert.equal(await slots.take(owner, 'one', 2), true)
    assert.equal(await a.take(owner, 'two', 2), true)
    assert.equal(await a.take(owner, 'one', 2), true, 'also when all are held')
    assert.equal(await a.take(owner, 'three', 2), false)
  }),

  slotsTest('a slot that is given back is free', {}, async (a, b) => {
    const owner = newId()
    await a.take(owner, 'one', 1)
    await b.release(owner, 'none')
    assert.equal(await b.take(owner, 'two', 1), false)
    for (const slots of [b, a]) await slots.release(owner, 'one')
    assert.equal(await b.take(owner, 'two', 1), true)
    assert.equal(await a.take(owner, 'one', 1), false)
  }),

  slotsTest('owners have slots of their own', {}, async (a, b) => {
    const owner = newId()
    for (const name of [owner, owner.toUpperCase(), `${owner}-`, `-${owner}`]) {
      assert.equal(await a.take(name, `${name} one`, 1), true, name)
      assert.equal(await b.take(name, `${name} two`, 1), false, name)
    }
    await a.release(owner, `${owner} one`)
    assert.equal(await a.take(`${owner}-`, 'two', 1), false)
  }),

  slotsTest('one of 50 holders that race for the last slot gets it', {}, async (a, b) => {
    const owner = newId()
    await a.take(owner, 'first', 2)
    const taken = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? a : b).take(owner, `holder ${i}`, 2))
    )
    assert.deepEqual(
      taken.filter(isTaken => isTaken),
      [true]
    )
  }),

  slotsTest('the slots of a node that has died are free after the lease', { lease: SHORT }, async (a, b, harness) => {
    const owner = newId()
    // On a busy machine, a short lease may expire before the next call.
    await harness.until('all slots are held', async () => {
      for (const holder of ['one', 'two']) await a.take(owner, holder, 2)
      return !(await b.take(owner, 'three', 2))
    })
    await harness.until('they are free again', () => b.take(owner, 'four', 2))
  }),

  slotsTest('a slot whose lease is renewed is held', { lease: SHORT }, async (a, b, harness) => {
    const owner = newId()
    await harness.until('a renewed slot is held for longer than the lease', async () => {
      for (const holder of ['one', 'two']) await a.take(owner, holder, 2)
      let renewedAt = performance.now()
      let longest = 0
      for (const end = renewedAt + 2 * SHORT; performance.now() < end; ) {
        await sleep(SHORT / 10)
        const before = renewedAt
        renewedAt = performance.now()
        await a.renew(owner, ['one', 'two'])
        longest = Math.max(longest, performance.now() - before)
      }
      // If this process was suspended, the slots may have been free meanwhile.
      return longest < SHORT && !(await b.take(owner, 'three', 2))
    })
  }),

  slotsTest(
    'a slot that expired is taken again by its renewal, whatever the limit',
    { lease: SHORT },
    async (a, b, harness) => {
      const owner = newId()
      await harness.until('a slot is renewed although another holder has taken its place', async () => {
        await a.take(owner, 'one', 1)
        await harness.until('it is free', () => b.take(owner, 'two', 1))
        await a.renew(owner, ['one', 'three'])
        return !(await b.take(owner, 'four', 3))
      })
    }
  )
]
