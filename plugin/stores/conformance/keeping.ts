import assert from 'node:assert/strict'
import type { LogEnd } from '../event-store.js'
import { conformanceTest, FLEETING, FORGETTING, fenced, type Harness, LASTING, pageOf, texts } from './harness.js'

const END = 'event: done\ndata: {}\n\n'
const LOST = 'event: error\ndata: {}\n\n'

/** How long logs are kept. */
export const keeping = [
  conformanceTest(
    'a log that has ended is forgotten some time later, and nothing brings it back',
    FORGETTING,
    async scene => {
      const id = await scene.log(texts(3), END)
      await scene.forgotten(id)
      await isGone(scene, id)
    }
  ),

  conformanceTest('a log whose producer has died is forgotten, though nobody asks for it', FLEETING, async scene => {
    const ids = [await scene.log(texts(3)), await scene.log()]
    for (const id of ids) await scene.forgotten(id)
    for (const id of ids) await isGone(scene, id)
  }),

  conformanceTest('a log that others have ended is forgotten', FLEETING, async scene => {
    let id = ''
    await scene.until('a lost log is ended before it is forgotten', async () => {
      id = await scene.log(texts(3))
      let isEnded = false
      await scene.until('it may be ended, or is forgotten', async () => {
        isEnded = await scene.b.endLost(id, LOST)
        return isEnded || (await scene.b.read(id, 0)) === undefined
      })
      return isEnded
    })
    await scene.forgotten(id)
    await isGone(scene, id)
  }),

  conformanceTest('an id that was forgotten may be taken for a new log', FORGETTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(texts(3), END)
    await b.stop(id)
    await scene.forgotten(id)
    assert.equal(await b.create(id, 'other', 'other owner'), true)
    assert.equal((await pageOf(a, id)).owner, 'other owner')
    assert.deepEqual(await b.renew(id, 'other'), { stop: false, followers: 0 })
    await fenced(a.append(id, 'me', 4, ['d']))
    await fenced(a.append(id, 'me', 4, [], END))
    assert.equal(await b.append(id, 'other', 1, ['a']), 1)
    await scene.holds(id, ['a'])
  }),

  conformanceTest('a log is kept with all its events as long as its producer holds it', FORGETTING, async scene => {
    const id = await scene.log(texts(100))
    await scene.forgotten(await scene.log(texts(1), END))
    await scene.holds(id, texts(100))
    assert.equal(await scene.a.append(id, 'me', 101, texts(1, 101)), 101)
    await scene.holds(id, texts(101))
  }),

  conformanceTest('a log that has ended is still there for those who come back', LASTING, async scene => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => scene.log(texts(20), END)))
    const end: LogEnd = { frame: END, lost: false }
    for (const id of ids) await scene.holds(id, texts(20), end)
  })
]

/** There is no such log, and what others still say about it makes none. */
async function isGone({ a, b }: Harness, id: string): Promise<void> {
  await b.follow(id)
  await b.unfollow(id)
  assert.equal(await b.stop(id), false)
  assert.equal(await b.endLost(id, LOST), false)
  await fenced(a.append(id, 'me', 4, ['d']))
  await fenced(a.renew(id, 'me'))
  for (const store of [a, b]) assert.equal(await store.read(id, 0), undefined)
}
