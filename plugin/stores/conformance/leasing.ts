import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore } from '../event-store.js'
import { END, frames, isNotFenced, LOST, lostEnd, newId, ownEnd, pageOf, rejectsFenced } from './assertions.js'
import { conformanceTest, LONG, SHORT } from './harness.js'

/** How a producer keeps its lease, and what happens to the log of one that loses it. */
export const leasing = [
  conformanceTest('a lease runs down until its producer renews it', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog()
    const left = async () => (await pageOf(b, id)).leaseLeft
    const first = await left()
    await harness.until('the lease gets shorter', async () => (await left()) < first)
    await harness.until('a renewed lease is longer than it was', async () => {
      await sleep(20)
      const before = await left()
      await a.renew(id, 'me')
      return (await left()) > before
    })
    assert.ok((await left()) <= LONG, 'it is never longer than the lease')
  }),

  conformanceTest('repeating renew changes nothing', {}, async harness => {
    const id = await harness.newLog(['a'])
    const statuses = await Promise.all(Array.from({ length: 10 }, () => harness.a.renew(id, 'me')))
    for (const status of statuses) assert.deepEqual(status, { stop: false, followers: 0 })
    assert.equal(await harness.a.append(id, 'me', 2, ['b']), 2)
    await harness.expectLog(id, ['a', 'b'])
  }),

  conformanceTest('a producer whose lease has expired is fenced', { lease: SHORT }, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'])
    await harness.leaseExpired(id)
    const expectFenced = async () => {
      await rejectsFenced(a.append(id, 'me', 2, ['b']))
      await rejectsFenced(a.append(id, 'me', 1, ['a']))
      await rejectsFenced(a.append(id, 'me', 2, []))
      await rejectsFenced(a.append(id, 'me', 2, [], END))
      await rejectsFenced(a.renew(id, 'me'))
    }
    await expectFenced()
    assert.equal(await a.create(id, 'me', undefined), true, 'the id is still taken by it')
    assert.equal(await b.create(id, 'other', undefined), false)
    await expectFenced()
    assert.equal((await pageOf(b, id)).leaseLeft, 0)
    await harness.expectLog(id, ['a'])
    await b.endLost(id, LOST)
    await expectFenced()
    await harness.expectLog(id, ['a'], lostEnd(LOST))
  }),

  conformanceTest('endLost does not end a log whose lease is held', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'])
    for (const store of [a, b, b]) assert.equal(await store.endLost(id, LOST), false)
    await harness.expectLog(id, ['a'])
    assert.equal(await a.append(id, 'me', 2, ['b']), 2)
  }),

  conformanceTest('endLost ends the log of a lost producer once', { lease: SHORT }, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(frames(3))
    await harness.leaseExpired(id)
    assert.equal(await b.endLost(id, LOST), true)
    for (const store of [a, b]) assert.equal(await store.endLost(id, 'another end'), false)
    await harness.expectLog(id, frames(3), lostEnd(LOST))
    assert.equal((await pageOf(a, id)).leaseLeft, 0)
    assert.equal(await a.create(id, 'other', undefined), false)
  }),

  conformanceTest('the frame of the end of a lost log may be empty', { lease: SHORT }, async harness => {
    const id = await harness.newLog()
    await harness.leaseExpired(id)
    assert.equal(await harness.b.endLost(id, ''), true)
    assert.equal(await harness.b.endLost(id, LOST), false)
    await harness.expectLog(id, [], lostEnd(''))
  }),

  conformanceTest('one of 50 nodes that race to end a lost log ends it', { lease: SHORT }, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'])
    await harness.leaseExpired(id)
    const ends = Array.from({ length: 50 }, (_, i) => `end ${i}`)
    const ended = await Promise.all(ends.map((end, i) => (i % 2 === 0 ? a : b).endLost(id, end)))
    assert.deepEqual(
      ended.filter(isFirst => isFirst),
      [true]
    )
    await harness.expectLog(id, ['a'], lostEnd(ends[ended.indexOf(true)] as string))
  }),

  conformanceTest('a lost log does not count as ended by its producer', { lease: SHORT }, async harness => {
    const { a } = harness
    const id = await harness.newLog(['a'])
    await harness.leaseExpired(id)
    await harness.b.endLost(id, LOST)
    await rejectsFenced(a.append(id, 'me', 2, [], LOST))
    await rejectsFenced(a.append(id, 'me', 1, ['a'], LOST))
    await harness.expectLog(id, ['a'], lostEnd(LOST))
  }),

  conformanceTest('endLost does not end a log that its producer has ended', { lease: SHORT }, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'], END)
    await harness.leaseExpired(await harness.newLog())
    for (const store of [a, b]) assert.equal(await store.endLost(id, LOST), false)
    assert.equal(await a.append(id, 'me', 1, ['a'], END), 1, 'its producer may repeat its end')
    await harness.expectLog(id, ['a'], ownEnd(END))
  }),

  conformanceTest(
    'an append that races with endLost stores all its events or none',
    { lease: SHORT },
    async harness => {
      const { a, b } = harness
      const race = async () => {
        const id = newId()
        await a.create(id, 'me', undefined)
        const [sent] = await Promise.all([appendUntilFenced(a, id), endWhenLost(b, id)])
        await harness.expectLog(id, sent, lostEnd(LOST))
      }
      const endWhenLost = (store: EventStore, id: string) =>
        harness.until('the log of a producer that does not renew its lease can be ended', () => store.endLost(id, LOST))
      await Promise.all(Array.from({ length: 5 }, race))
    }
  )
]

/** @returns the events that the log then holds */
async function appendUntilFenced(store: EventStore, id: string): Promise<string[]> {
  const sent: string[] = []
  // A store may renew the lease with every append.
  const enough = performance.now() + 2 * SHORT
  while (performance.now() < enough) {
    const batch = frames(20, sent.length + 1)
    if (!(await isNotFenced(store.append(id, 'me', sent.length + 1, batch)))) break
    sent.push(...batch)
    await sleep(1)
  }
  return sent
}
