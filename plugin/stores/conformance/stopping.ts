import assert from 'node:assert/strict'
import { END, LOST, lostEnd, ownEnd } from './assertions.js'
import { conformanceTest, SHORT } from './harness.js'

/** What `stop` does. */
export const stopping = [
  conformanceTest('renew tells the producer to stop, every time', {}, async harness => {
    const { a, b } = harness
    const [id, other] = [await harness.newLog(['a']), await harness.newLog()]
    assert.equal(await b.stop(id), true)
    assert.equal(await b.stop(id), true)
    assert.equal(await a.stop(id), true)
    for (const _ of 'repeated') assert.deepEqual(await a.renew(id, 'me'), { stop: true, followers: 0 })
    assert.deepEqual(await a.renew(other, 'me'), { stop: false, followers: 0 })
    assert.equal(await a.append(id, 'me', 2, ['b'], END), 2, 'it may still append its end')
    await harness.expectLog(id, ['a', 'b'], ownEnd(END))
  }),

  conformanceTest('stop finds a lost log, and does not change it', { lease: SHORT }, async harness => {
    const id = await harness.newLog(['a'])
    await harness.leaseExpired(id)
    assert.equal(await harness.b.stop(id), true)
    await harness.expectLog(id, ['a'])
    assert.equal(await harness.b.endLost(id, LOST), true)
    assert.equal(await harness.b.stop(id), true)
    await harness.expectLog(id, ['a'], lostEnd(LOST))
  }),

  conformanceTest('stop notifies the producer', {}, async harness => {
    const notifications = await harness.listen(harness.a)
    const id = await harness.newLog()
    await harness.expectNotified(notifications, id, () => harness.b.stop(id))
    assert.equal((await harness.a.renew(id, 'me')).stop, true)
  })
]
