import assert from 'node:assert/strict'
import { conformanceTest, type Harness, isInTime, LAPSING, LASTING, ReceivedNotifications } from './harness.js'

const END = 'event: done\ndata: {}\n\n'
const LOST = 'event: error\ndata: {}\n\n'

/** What nodes tell each other: who follows, who is to stop, and that something is new. */
export const following = [
  conformanceTest('the nodes that follow are counted, each once', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log()
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

  conformanceTest('a node that does not follow may say that it has left', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log()
    await b.unfollow(id)
    assert.deepEqual(await a.renew(id, 'me'), { stop: false, followers: 0 })
  }),

  conformanceTest('each stream has followers of its own', LASTING, async scene => {
    const ids = [await scene.log(), await scene.log()] as const
    await scene.b.follow(ids[0])
    assert.equal((await scene.a.renew(ids[0], 'me')).followers, 1)
    assert.equal((await scene.a.renew(ids[1], 'me')).followers, 0)
  }),

  conformanceTest('an ended log may be followed and left, and does not change', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'], END)
    await b.follow(id)
    await b.unfollow(id)
    assert.equal(await b.stop(id), true)
    assert.equal(await a.append(id, 'me', 1, ['a'], END), 1)
    await scene.holds(id, ['a'], { frame: END, lost: false })
  }),

  conformanceTest('a node that is not heard of any more does not count as following', LAPSING, async scene => {
    await inTime(scene, async id => {
      await isCounted(scene, id)
      await scene.until('it is forgotten', async () => (await scene.a.renew(id, 'me')).followers === 0)
    })
  }),

  conformanceTest('a node that goes on following is not forgotten', LAPSING, async scene => {
    await inTime(scene, async id => {
      const enough = performance.now() + 3 * LAPSING.lease
      await scene.until('some leases have passed', async () => {
        await isCounted(scene, id)
        return performance.now() > enough
      })
    })
  }),

  conformanceTest('a producer is told to stop, however often it asks', LASTING, async scene => {
    const { a, b } = scene
    const [id, other] = [await scene.log(['a']), await scene.log()]
    assert.equal(await b.stop(id), true)
    assert.equal(await b.stop(id), true)
    assert.equal(await a.stop(id), true)
    for (const _ of 'repeated') assert.deepEqual(await a.renew(id, 'me'), { stop: true, followers: 0 })
    assert.deepEqual(await a.renew(other, 'me'), { stop: false, followers: 0 })
    assert.equal(await a.append(id, 'me', 2, ['b'], END), 2, 'it may still say how it ends')
    await scene.holds(id, ['a', 'b'], { frame: END, lost: false })
  }),

  conformanceTest('a lost log can be asked to stop, which changes nothing', LAPSING, async scene => {
    const id = await scene.log(['a'])
    await scene.lapsed(id)
    assert.equal(await scene.b.stop(id), true)
    await scene.holds(id, ['a'])
    assert.equal(await scene.b.endLost(id, LOST), true)
    assert.equal(await scene.b.stop(id), true)
    await scene.holds(id, ['a'], { frame: LOST, lost: true })
  }),

  conformanceTest('a node that follows is rung for events', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'])
    const rings = await scene.listen(b)
    await b.follow(id)
    for (const first of [2, 3, 4]) await scene.notified(rings, id, () => a.append(id, 'me', first, ['b']))
  }),

  conformanceTest('a node that follows is rung for the end', LASTING, async scene => {
    const { a, b } = scene
    const rings = await scene.listen(b)
    const [withEvents, without] = [await scene.log(), await scene.log()]
    await b.follow(withEvents)
    await scene.notified(rings, withEvents, () => a.append(withEvents, 'me', 1, ['a'], END))
    await b.follow(without)
    await scene.notified(rings, without, () => a.append(without, 'me', 1, [], END))
  }),

  conformanceTest('a node that follows is rung when others end a lost log', LAPSING, async scene => {
    const { a, b } = scene
    const rings = await scene.listen(b)
    await scene.until('a log is ended while another node follows', async () => {
      const id = await scene.log()
      await scene.lapsed(id)
      const before = performance.now()
      await b.follow(id)
      rings.forget()
      await a.endLost(id, LOST)
      // On a busy machine the node may already be forgotten.
      if (performance.now() > before + LAPSING.lease / 2) return false
      await scene.until('the other node is rung', () => rings.for(id))
      return true
    })
  }),

  conformanceTest('a producer is rung when a node begins to follow, and when it has left', LASTING, async scene => {
    const { a, b } = scene
    const rings = await scene.listen(a)
    const id = await scene.log()
    await scene.notified(rings, id, () => b.follow(id))
    await scene.notified(rings, id, () => b.unfollow(id))
    await scene.notified(rings, id, () => b.follow(id))
  }),

  conformanceTest('a producer is rung when it is asked to stop', LASTING, async scene => {
    const rings = await scene.listen(scene.a)
    const id = await scene.log()
    await scene.notified(rings, id, () => scene.b.stop(id))
    assert.equal((await scene.a.renew(id, 'me')).stop, true)
  }),

  conformanceTest('who subscribes is rung until it ends that, whoever else subscribes', LASTING, async scene => {
    const { a, b } = scene
    const rings = await scene.listen(a)
    const others = new ReceivedNotifications()
    const [unsubscribe, unsubscribeAgain] = [a.subscribe(others.notify), a.subscribe(others.notify)]
    const id = await scene.log()
    const stop = async (what: string, isRung: boolean) => {
      others.forget()
      await scene.notified(rings, id, () => b.stop(id))
      // A ring comes to all of them at once, but perhaps not in one go.
      await scene.until(what, () => !isRung || others.for(id))
      assert.equal(others.for(id), isRung, what)
    }
    await stop('both subscriptions are rung', true)
    unsubscribe()
    unsubscribe()
    await stop('the same function is still subscribed once', true)
    unsubscribeAgain()
    await stop('nobody is rung any more', false)
    const again = a.subscribe(others.notify)
    await stop('a new subscription is rung', true)
    again()
  })
]

/** Does with a new log what needs a producer that is heard of in time, which on a busy machine takes more than one. */
async function inTime(scene: Harness, body: (id: string) => Promise<void>): Promise<void> {
  await scene.until('a producer is heard of in time', async () => {
    const id = await scene.log()
    return await isInTime(body(id))
  })
}

/** A node that says that it follows counts, unless that is too long ago. */
async function isCounted({ a, b, wishes }: Harness, id: string): Promise<void> {
  const enough = performance.now() + wishes.lease
  await b.follow(id)
  const { followers } = await a.renew(id, 'me')
  assert.ok(followers === 1 || performance.now() > enough, 'a node that follows counts')
}
