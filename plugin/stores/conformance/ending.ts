import assert from 'node:assert/strict'
import { END, isNotFenced, ownEnd, pageOf, rejectsFenced } from './assertions.js'
import { conformanceTest } from './harness.js'

/** How `append` ends a log. */
export const ending = [
  conformanceTest('one append can store events and the end', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a', 'b'])
    assert.equal(await a.append(id, 'me', 3, ['c', 'd'], END), 4)
    await harness.expectLog(id, ['a', 'b', 'c', 'd'], ownEnd(END))
    assert.equal((await pageOf(b, id)).leaseLeft, 0)
  }),

  conformanceTest('a log can end without further events, and without any', {}, async harness => {
    const id = await harness.newLog(['a'])
    assert.equal(await harness.a.append(id, 'me', 2, [], END), 1)
    await harness.expectLog(id, ['a'], ownEnd(END))
    await harness.expectLog(await harness.newLog([], END), [], ownEnd(END))
  }),

  conformanceTest('the frame of the end may be empty', {}, async harness => {
    const id = await harness.newLog(['a'], '')
    await harness.expectLog(id, ['a'], ownEnd(''))
    assert.equal(await harness.a.append(id, 'me', 1, ['a'], ''), 1)
    await rejectsFenced(harness.a.append(id, 'me', 2, ['b']))
    await harness.expectLog(id, ['a'], ownEnd(''))
  }),

  conformanceTest('a producer may repeat its end', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a', 'b'])
    for (const store of [a, a, b]) assert.equal(await store.append(id, 'me', 3, ['c'], END), 3)
    assert.equal(await a.append(id, 'me', 4, [], END), 3)
    await harness.expectLog(id, ['a', 'b', 'c'], ownEnd(END))
  }),

  conformanceTest('an end is stored if the events that come with it already are', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog(['a', 'b', 'c'])
    assert.equal(await a.append(id, 'me', 2, ['b', 'c'], END), 3)
    await harness.expectLog(id, ['a', 'b', 'c'], ownEnd(END))
  }),

  conformanceTest('an end is not stored before the last event', {}, async harness => {
    const { a } = harness
    const id = await harness.newLog(['a', 'b', 'c'])
    assert.equal(await a.append(id, 'me', 1, ['a'], END), 3)
    assert.equal(await a.append(id, 'me', 3, [], END), 3)
    await harness.expectLog(id, ['a', 'b', 'c'])
    assert.equal(await a.append(id, 'me', 4, ['d'], END), 4)
    await harness.expectLog(id, ['a', 'b', 'c', 'd'], ownEnd(END))
  }),

  conformanceTest('nothing is stored after the end, and no other end replaces it', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'], END)
    await rejectsFenced(a.append(id, 'me', 2, ['b']))
    await rejectsFenced(a.append(id, 'me', 2, []))
    await rejectsFenced(a.append(id, 'me', 1, ['a']))
    await rejectsFenced(a.append(id, 'me', 2, [], 'another end'))
    await rejectsFenced(a.append(id, 'me', 2, [], ''))
    await rejectsFenced(a.append(id, 'me', 1, ['a'], 'another end'))
    await rejectsFenced(a.renew(id, 'me'))
    for (const store of [a, b]) assert.equal(await store.endLost(id, 'lost'), false)
    await harness.expectLog(id, ['a'], ownEnd(END))
  }),

  conformanceTest('one of 50 ends that race ends the log', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog()
    const ends = Array.from({ length: 50 }, (_, i) => `end ${i}`)
    const notFenced = await Promise.all(
      ends.map((end, i) => isNotFenced((i % 2 === 0 ? a : b).append(id, 'me', 1, ['a'], end)))
    )
    assert.deepEqual(
      notFenced.filter(isFirst => isFirst),
      [true]
    )
    await harness.expectLog(id, ['a'], ownEnd(ends[notFenced.indexOf(true)] as string))
  })
]
