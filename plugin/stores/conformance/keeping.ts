import assert from 'node:assert/strict'
import { END, frames, LOST, ownEnd, pageOf, rejectsFenced } from './assertions.js'
import { conformanceTest, type Harness, SHORT } from './harness.js'

/** How long logs are kept. */
export const keeping = [
  conformanceTest('an ended log is deleted later, and no call restores it', { keep: SHORT }, async harness => {
    const id = await harness.newLog(frames(3), END)
    await harness.deleted(id)
    await expectGone(harness, id)
  }),

  conformanceTest('a lost log is deleted, even if nobody reads it', { lease: SHORT, keep: SHORT }, async harness => {
    const ids = [await harness.newLog(frames(3)), await harness.newLog()]
    for (const id of ids) await harness.deleted(id)
    for (const id of ids) await expectGone(harness, id)
  }),

  conformanceTest('a log that endLost has ended is deleted', { lease: SHORT, keep: SHORT }, async harness => {
    let id = ''
    await harness.until('a lost log is ended before it is deleted', async () => {
      id = await harness.newLog(frames(3))
      let isEnded = false
      await harness.until('it can be ended, or is deleted', async () => {
        isEnded = await harness.b.endLost(id, LOST)
        return isEnded || (await harness.b.read(id, 0)) === undefined
      })
      return isEnded
    })
    await harness.deleted(id)
    await expectGone(harness, id)
  }),

  conformanceTest('the id of a deleted log can be used for a new log', { keep: SHORT }, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(frames(3), END)
    await b.stop(id)
    await harness.deleted(id)
    assert.equal(await b.create(id, 'other', 'other owner'), true)
    const { producer, owner } = await pageOf(a, id)
    assert.deepEqual([producer, owner], ['other', 'other owner'])
    assert.deepEqual(await b.renew(id, 'other'), { stop: false, followers: 0 })
    await rejectsFenced(a.append(id, 'me', 4, ['d']))
    await rejectsFenced(a.append(id, 'me', 4, [], END))
    assert.equal(await b.append(id, 'other', 1, ['a']), 1)
    await harness.expectLog(id, ['a'])
  }),

  conformanceTest('a log is kept whole while its producer holds the lease', { keep: SHORT }, async harness => {
    const id = await harness.newLog(frames(100))
    await harness.deleted(await harness.newLog(frames(1), END))
    await harness.expectLog(id, frames(100))
    assert.equal(await harness.a.append(id, 'me', 101, frames(1, 101)), 101)
    await harness.expectLog(id, frames(101))
  }),

  conformanceTest('an ended log can still be read', {}, async harness => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => harness.newLog(frames(20), END)))
    for (const id of ids) await harness.expectLog(id, frames(20), ownEnd(END))
  })
]

/** Expects that there is no such log, and that no call but `create` makes one. */
async function expectGone({ a, b }: Harness, id: string): Promise<void> {
  await b.follow(id)
  await b.unfollow(id)
  assert.equal(await b.stop(id), false)
  assert.equal(await b.endLost(id, LOST), false)
  await rejectsFenced(a.append(id, 'me', 4, ['d']))
  await rejectsFenced(a.renew(id, 'me'))
  for (const store of [a, b]) assert.equal(await store.read(id, 0), undefined)
}
