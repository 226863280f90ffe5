import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore, LogEnd } from '../event-store.js'
import { conformanceTest, fenced, isInTime, LAPSING, LASTING, newId, pageOf, texts } from './harness.js'

const END = 'event: done\ndata: {}\n\n'
const LOST = 'event: error\ndata: {"code":"é"}\n\n'
const lost = (frame: string): LogEnd => ({ frame, lost: true })

/** What becomes of a log when its producer is not heard of. */
export const leasing = [
  conformanceTest('the lease gets shorter until its producer renews it', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log()
    const left = async () => (await pageOf(b, id)).leaseLeft
    const first = await left()
    await scene.until('the lease gets shorter', async () => (await left()) < first)
    await scene.until('a renewed lease is longer than it was', async () => {
      await sleep(20)
      const before = await left()
      await a.renew(id, 'me')
      return (await left()) > before
    })
    assert.ok((await left()) <= LASTING.lease, 'it is never longer than a lease')
  }),

  conformanceTest('a repeated renewal is the same renewal', LASTING, async scene => {
    const id = await scene.log(['a'])
    const news = await Promise.all(Array.from({ length: 10 }, () => scene.a.renew(id, 'me')))
    for (const each of news) assert.deepEqual(each, { stop: false, followers: 0 })
    assert.equal(await scene.a.append(id, 'me', 2, ['b']), 2)
    await scene.holds(id, ['a', 'b'])
  }),

  conformanceTest(
    'a producer that lets its lease run out cannot go on, however late it comes',
    LAPSING,
    async scene => {
      const { a, b } = scene
      const id = await scene.log(['a'])
      await scene.lapsed(id)
      const refuses = async () => {
        await fenced(a.append(id, 'me', 2, ['b']))
        await fenced(a.append(id, 'me', 1, ['a']))
        await fenced(a.append(id, 'me', 2, []))
        await fenced(a.append(id, 'me', 2, [], END))
        await fenced(a.renew(id, 'me'))
      }
      await refuses()
      assert.equal(await a.create(id, 'me', undefined), true, 'the id is still its own')
      assert.equal(await b.create(id, 'other', undefined), false)
      await refuses()
      assert.equal((await pageOf(b, id)).leaseLeft, 0)
      await scene.holds(id, ['a'])
      await b.endLost(id, LOST)
      await refuses()
      await scene.holds(id, ['a'], lost(LOST))
    }
  ),

  conformanceTest('a log whose producer holds its lease is not ended by others', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'])
    for (const store of [a, b, b]) assert.equal(await store.endLost(id, LOST), false)
    await scene.holds(id, ['a'])
    assert.equal(await a.append(id, 'me', 2, ['b']), 2)
  }),

  conformanceTest('a log whose producer is lost is ended once, and says so', LAPSING, async scene => {
    const { a, b } = scene
    const id = await scene.log(texts(3))
    await scene.lapsed(id)
    assert.equal(await b.endLost(id, LOST), true)
    for (const store of [a, b]) assert.equal(await store.endLost(id, 'another end'), false)
    await scene.holds(id, texts(3), lost(LOST))
    assert.equal((await pageOf(a, id)).leaseLeft, 0)
    assert.equal(await a.create(id, 'other', undefined), false)
  }),

  conformanceTest('a lost log may end with an empty text', LAPSING, async scene => {
    const id = await scene.log()
    await scene.lapsed(id)
    assert.equal(await scene.b.endLost(id, ''), true)
    assert.equal(await scene.b.endLost(id, LOST), false)
    await scene.holds(id, [], lost(''))
  }),

  conformanceTest('one of 50 nodes that race to end a lost log does', LAPSING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'])
    await scene.lapsed(id)
    const ends = Array.from({ length: 50 }, (_, i) => `end ${i}`)
    const ended = await Promise.all(ends.map((end, i) => (i % 2 === 0 ? a : b).endLost(id, end)))
    assert.deepEqual(
      ended.filter(isFirst => isFirst),
      [true]
    )
    await scene.holds(id, ['a'], lost(ends[ended.indexOf(true)] as string))
  }),

  conformanceTest(
    'an end by others is not the end of the producer, though its text may be the same',
    LAPSING,
    async scene => {
      const { a } = scene
      const id = await scene.log(['a'])
      await scene.lapsed(id)
      await scene.b.endLost(id, LOST)
      await fenced(a.append(id, 'me', 2, [], LOST))
      await fenced(a.append(id, 'me', 1, ['a'], LOST))
      await scene.holds(id, ['a'], lost(LOST))
    }
  ),

  conformanceTest('a log that its producer has ended is not lost later', LAPSING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'], END)
    await scene.lapsed(await scene.log())
    for (const store of [a, b]) assert.equal(await store.endLost(id, LOST), false)
    assert.equal(await a.append(id, 'me', 1, ['a'], END), 1, 'its producer may still ask what has become of its end')
    await scene.holds(id, ['a'], { frame: END, lost: false })
  }),

  conformanceTest(
    'a producer that is lost while it appends is refused, or its events are there, all of them',
    LAPSING,
    async scene => {
      const { a, b } = scene
      const race = async () => {
        const id = newId()
        await a.create(id, 'me', undefined)
        const [sent] = await Promise.all([appendUntilFenced(a, id), endWhenLost(b, id)])
        await scene.holds(id, sent, lost(LOST))
      }
      const endWhenLost = (store: EventStore, id: string) =>
        scene.until('a log is ended whose producer does not renew its lease', () => store.endLost(id, LOST))
      await Promise.all(Array.from({ length: 5 }, race))
    }
  )
]

/** @returns the events that have arrived */
async function appendUntilFenced(store: EventStore, id: string): Promise<string[]> {
  const sent: string[] = []
  // A store may take an append for a sign of life.
  const enough = performance.now() + 2 * LAPSING.lease
  while (performance.now() < enough) {
    const batch = texts(20, sent.length + 1)
    const isThere = isInTime(store.append(id, 'me', sent.length + 1, batch))
    if (!(await isThere)) break
    sent.push(...batch)
    await sleep(1)
  }
  return sent
}
