import assert from 'node:assert/strict'
import { END, frames, ownEnd, readAll, rejectsFenced } from './assertions.js'
import { conformanceTest } from './harness.js'

/** How `append` adds events. */
export const appending = [
  conformanceTest('events are numbered from 1, in the order of the appends', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog()
    assert.equal(await a.append(id, 'me', 1, frames(1)), 1)
    assert.equal(await a.append(id, 'me', 2, frames(12, 2)), 13)
    assert.equal(await a.append(id, 'me', 14, frames(1, 14)), 14)
    await harness.expectLog(id, frames(14))
  }),

  conformanceTest('an append that leaves a gap stores nothing', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog()
    assert.equal(await a.append(id, 'me', 2, ['b']), 0)
    assert.equal(await a.append(id, 'me', 2, [], END), 0)
    assert.equal(await a.append(id, 'me', 3, ['c', 'd'], END), 0)
    await harness.expectLog(id, [])
    await a.append(id, 'me', 1, ['a', 'b'])
    assert.equal(await a.append(id, 'me', 4, ['d']), 2)
    assert.equal(await a.append(id, 'me', 1000, [], END), 2)
    await harness.expectLog(id, ['a', 'b'])
    assert.equal(await a.append(id, 'me', 3, ['c']), 3)
    await harness.expectLog(id, ['a', 'b', 'c'])
  }),

  conformanceTest('a repeated append stores nothing', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog(['a', 'b'])
    assert.equal(await a.append(id, 'me', 1, ['a', 'b']), 2)
    assert.equal(await a.append(id, 'me', 2, ['b']), 2)
    await harness.expectLog(id, ['a', 'b'])
  }),

  conformanceTest('an append that overlaps the log stores nothing', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog(['a', 'b'])
    assert.equal(await a.append(id, 'me', 2, ['b', 'c']), 2)
    assert.equal(await a.append(id, 'me', 2, ['b', 'c', 'd'], END), 2)
    await harness.expectLog(id, ['a', 'b'])
  }),

  conformanceTest('an append without events stores nothing', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog()
    assert.equal(await a.append(id, 'me', 1, []), 0)
    await a.append(id, 'me', 1, frames(3))
    for (const first of [1, 4, 7]) assert.equal(await a.append(id, 'me', first, []), 3)
    await harness.expectLog(id, frames(3))
  }),

  conformanceTest('concurrent repeats of an append store its events once', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog()
    const few = frames(20)
    const many = frames(50)
    // A repeated call has more events by now, and may overtake the call that it repeats.
    const calls = Array.from({ length: 20 }, (_, i) => a.append(id, 'me', 1, i % 2 === 0 ? few : many))
    const lasts = new Set(await Promise.all(calls))
    const { events } = await readAll(a, id)
    assert.deepEqual([...lasts], [events.length], 'every call returns the last number')
    assert.ok([few.length, many.length].includes(events.length), 'the events of one call are stored')
    assert.deepEqual(events, many.slice(0, events.length))
  }),

  conformanceTest('only the producer of a log appends to it', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'])
    for (const producer of ['other', '', 'm', 'me ', 'ME']) {
      await rejectsFenced(b.append(id, producer, 2, ['b']))
      await rejectsFenced(b.append(id, producer, 1, ['a']))
      await rejectsFenced(b.append(id, producer, 2, [], END))
      await rejectsFenced(b.renew(id, producer))
    }
    await harness.expectLog(id, ['a'])
    await a.append(id, 'me', 2, [], END)
    await rejectsFenced(b.append(id, 'other', 2, [], END))
    await harness.expectLog(id, ['a'], ownEnd(END))
  })
]
