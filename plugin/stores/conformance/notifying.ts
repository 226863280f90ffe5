import assert from 'node:assert/strict'
import { END, LOST } from './assertions.js'
import { conformanceTest, ReceivedNotifications, SHORT } from './harness.js'

/** Who is notified of what. */
export const notifying = [
  conformanceTest('an append notifies the followers', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'])
    const notifications = await harness.listen(b)
    await b.follow(id)
    for (const first of [2, 3, 4]) {
      await harness.expectNotified(notifications, id, () => a.append(id, 'me', first, ['b']))
    }
  }),

  conformanceTest('the end notifies the followers', {}, async harness => {
    const { a, b } = harness
    const notifications = await harness.listen(b)
    const [withEvents, without] = [await harness.newLog(), await harness.newLog()]
    await b.follow(withEvents)
    await harness.expectNotified(notifications, withEvents, () => a.append(withEvents, 'me', 1, ['a'], END))
    await b.follow(without)
    await harness.expectNotified(notifications, without, () => a.append(without, 'me', 1, [], END))
  }),

  conformanceTest('endLost notifies the followers', { lease: SHORT }, async harness => {
    const { a, b } = harness
    const notifications = await harness.listen(b)
    await harness.until('a log is ended while a node follows', async () => {
      const id = await harness.newLog()
      await harness.leaseExpired(id)
      const before = performance.now()
      await b.follow(id)
      notifications.clear()
      await a.endLost(id, LOST)
      // On a busy machine, the node may no longer count.
      if (performance.now() > before + SHORT / 2) return false
      await harness.until('the follower is notified', () => notifications.has(id))
      return true
    })
  }),

  conformanceTest('the first follow of a node and its unfollow notify the producer', {}, async harness => {
    const { a, b } = harness
    const notifications = await harness.listen(a)
    const id = await harness.newLog()
    await harness.expectNotified(notifications, id, () => b.follow(id))
    await harness.expectNotified(notifications, id, () => b.unfollow(id))
    await harness.expectNotified(notifications, id, () => b.follow(id))
  }),

  conformanceTest('subscriptions are independent of each other', {}, async harness => {
    const { a, b } = harness
    const notifications = await harness.listen(a)
    const others = new ReceivedNotifications()
    const [unsubscribe, unsubscribeAgain] = [a.subscribe(others.notify), a.subscribe(others.notify)]
    const id = await harness.newLog()
    const stop = async (what: string, isNotified: boolean) => {
      others.clear()
      await harness.expectNotified(notifications, id, () => b.stop(id))
      // All subscriptions are notified of the same change, but perhaps not in the same turn.
      await harness.until(what, () => !isNotified || others.has(id))
      assert.equal(others.has(id), isNotified, what)
    }
    await stop('both subscriptions are notified', true)
    unsubscribe()
    unsubscribe()
    await stop('the same function is still subscribed once', true)
    unsubscribeAgain()
    await stop('an ended subscription is not notified', false)
    const again = a.subscribe(others.notify)
    await stop('a new subscription is notified', true)
    again()
  })
]
