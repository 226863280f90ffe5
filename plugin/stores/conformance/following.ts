import assert from 'node:assert/strict'
import { END, isNotFenced, ownEnd } from './assertions.js'
import { conformanceTest, type Harness, SHORT } from './harness.js'

/** How followers are counted. */
export const following = [
  conformanceTest('each node that follows counts once', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog()
    const followers = async () => (await a.renew(id, 'me')).followers
    assert.equal(await followers(), 0)
    for (const _ of 'repeated') await b.follow(id)
    assert.equal(await followers(), 1)
    await a.follow(id)
    assert.equal(await followers(), new Set([a, b]).size)
    await a.unfollow(id)
    await a.unfollow(id)
    assert.equal(await followers(), a === b ? 0 : 1)
    await b.unfollow(id)
    assert.equal(await followers(), 0)
    await b.follow(id)
    assert.equal(await followers(), 1)
  }),

  conformanceTest('a node that does not follow may call unfollow', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog()
    await b.unfollow(id)
    assert.deepEqual(await a.renew(id, 'me'), { stop: false, followers: 0 })
  }),

  conformanceTest('followers are counted per stream', {}, async harness => {
    const ids = [await harness.newLog(), await harness.newLog()] as const
    await harness.b.follow(ids[0])
    assert.equal((await harness.a.renew(ids[0], 'me')).followers, 1)
    assert.equal((await harness.a.renew(ids[1], 'me')).followers, 0)
  }),

  conformanceTest('follow, unfollow and stop do not change an ended log', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'], END)
    await b.follow(id)
    await b.unfollow(id)
    assert.equal(await b.stop(id), true)
    assert.equal(await a.append(id, 'me', 1, ['a'], END), 1)
    await harness.expectLog(id, ['a'], ownEnd(END))
  }),

  conformanceTest('a follower counts until its lease expires', { lease: SHORT }, async harness => {
    await whileHeld(harness, async id => {
      await expectCounted(harness, id)
      await harness.until('it no longer counts', async () => (await harness.a.renew(id, 'me')).followers === 0)
    })
  }),

  conformanceTest('a follower that calls follow again keeps counting', { lease: SHORT }, async harness => {
    await whileHeld(harness, async id => {
      const enough = performance.now() + 3 * SHORT
      await harness.until('three leases have passed', async () => {
        await expectCounted(harness, id)
        return performance.now() > enough
      })
    })
  })
]

/** Tries with a new log until no call comes too late for the lease, as may happen on a busy machine. */
async function whileHeld(harness: Harness, body: (id: string) => Promise<void>): Promise<void> {
  await harness.until('a producer renews its lease in time', async () => {
    const id = await harness.newLog()
    return await isNotFenced(body(id))
  })
}

async function expectCounted({ a, b }: Harness, id: string): Promise<void> {
  const expires = performance.now() + SHORT
  await b.follow(id)
  const { followers } = await a.renew(id, 'me')
  assert.ok(followers === 1 || performance.now() > expires, 'a node that follows counts')
}
