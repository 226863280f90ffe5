import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogEnd } from '../event-store.js'
import { conformanceTest, fenced, isInTime, LASTING, newId, pageOf, readAll, texts } from './harness.js'

const END = 'event: done\ndata: {}\n\n'
const own = (frame: string): LogEnd => ({ frame, lost: false })

/** What lines, encodings and the formats of stores may break. */
const HARD_TEXTS = [
  '',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  ' data ',
  'data: a\ndata: b\r\ndata: c\rdata: d\n\n',
  '\0',
  'a\0b',
  '\ufeff',
  '\u2028\u2029\u0085',
  '\u007f\u0080\u00ff\ufffd\uffff',
  'é e\u0301',
  '日本語',
  '👩‍👩‍👧‍👦 🏳️‍🌈',
  '0',
  '-1',
  'null',
  'undefined',
  '"\\u0000"',
  '{"a":[1]}',
  '*1\r\n$4\r\nPING\r\n'
]

const OWNERS = [undefined, '', ' ', '0', 'undefined', 'é日本👩‍👩‍👧‍👦', 'a\r\nb\0', 'o'.repeat(10_000)]

/** What `create`, `append` and `read` do while a producer holds its lease. */
export const logging = [
  conformanceTest('says how much it holds, and for how long it waits for a sign of life', LASTING, async ({ a, b }) => {
    for (const { maxEvents, maxBytes, lease, linger = 0 } of [a, b]) {
      assert.ok(maxEvents > 0, 'maxEvents')
      assert.ok(maxBytes > 0, 'maxBytes')
      assert.equal(lease, LASTING.lease, 'lease')
      assert.ok(linger >= 0 && linger < lease, 'linger')
    }
  }),

  conformanceTest('a log begins empty, and every node finds it', LASTING, async ({ a, b }) => {
    const id = newId()
    assert.equal(await a.create(id, 'me', 'owner'), true)
    for (const store of [a, b]) {
      const { leaseLeft, ...page } = await pageOf(store, id)
      assert.deepEqual(page, { owner: 'owner', protocol: undefined, first: 1, events: [], more: false, end: undefined })
      assert.ok(leaseLeft > 0 && leaseLeft <= LASTING.lease, 'its producer holds the lease')
    }
  }),

  conformanceTest('an id that is taken is refused', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'])
    for (const store of [a, b]) assert.equal(await store.create(id, 'other', 'thief'), false)
    assert.equal((await pageOf(b, id)).owner, undefined)
    await fenced(b.append(id, 'other', 2, ['b']))
    assert.equal(await a.append(id, 'me', 2, ['b']), 2)
    await scene.holds(id, ['a', 'b'])
  }),

  conformanceTest('one of 100 producers that race for an id gets it', LASTING, async ({ a, b }) => {
    const id = newId()
    const producers = Array.from({ length: 100 }, (_, i) => ({ name: `producer ${i}`, store: i % 2 === 0 ? a : b }))
    const created = await Promise.all(producers.map(({ name, store }) => store.create(id, name, name)))
    assert.deepEqual(
      created.filter(isOwn => isOwn),
      [true]
    )
    for (const [i, { name, store }] of producers.entries()) {
      if (created[i]) assert.equal(await store.append(id, name, 1, ['a']), 1)
      else await fenced(store.append(id, name, 1, ['b']))
    }
    assert.equal((await pageOf(a, id)).owner, producers[created.indexOf(true)]?.name)
  }),

  conformanceTest('a repeated create is the same create', LASTING, async scene => {
    const { a, b } = scene
    const id = newId()
    const created = await Promise.all(Array.from({ length: 10 }, () => a.create(id, 'me', 'owner')))
    assert.deepEqual([...new Set(created)], [true])
    await a.append(id, 'me', 1, ['a'])
    await a.stop(id)
    assert.equal(await b.create(id, 'me', 'owner'), true)
    assert.equal((await a.renew(id, 'me')).stop, true)
    assert.equal((await pageOf(a, id)).owner, 'owner')
    await scene.holds(id, ['a'])
  }),

  conformanceTest('an id stays taken when its log has ended', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'], END)
    assert.equal(await b.create(id, 'other', undefined), false)
    assert.equal(await a.create(id, 'me', undefined), true)
    await scene.holds(id, ['a'], own(END))
  }),

  conformanceTest('an owner is given back as it is, none and an empty one included', LASTING, async ({ a, b }) => {
    for (const owner of OWNERS) {
      const id = newId()
      await a.create(id, 'me', owner)
      for (const store of [a, b]) assert.equal((await pageOf(store, id)).owner, owner)
      await a.append(id, 'me', 1, ['a'], END)
      assert.equal((await pageOf(b, id, Number.MAX_SAFE_INTEGER)).owner, owner)
    }
  }),

  conformanceTest('a protocol is given back as it is, none included', LASTING, async ({ a, b }) => {
    for (const owner of ['owner', undefined]) {
      for (const protocol of ['openai', undefined]) {
        const id = newId()
        await a.create(id, 'me', owner, protocol)
        for (const store of [a, b]) {
          const page = await pageOf(store, id)
          assert.deepEqual([page.owner, page.protocol], [owner, protocol])
        }
        await a.append(id, 'me', 1, ['a'], END)
        assert.equal((await pageOf(b, id, Number.MAX_SAFE_INTEGER)).protocol, protocol)
      }
    }
  }),

  conformanceTest('streams whose ids look alike are kept apart', LASTING, async scene => {
    const { a } = scene
    const id = `${newId()}-x`
    const ids = [id, id.toUpperCase(), `${id}-`, `${id}_`, `-${id}`, `${id}1`, id.padEnd(128, '0'), id.slice(0, -1)]
    for (const [i, each] of ids.entries()) {
      assert.equal(await a.create(each, 'me', undefined), true)
      await a.append(each, 'me', 1, texts(i))
    }
    for (const [i, each] of ids.entries()) await scene.holds(each, texts(i))
  }),

  conformanceTest('a stream that is not there has no log, and nothing makes one', LASTING, async ({ a, b }) => {
    const id = newId()
    await fenced(a.append(id, 'me', 1, ['a']))
    await fenced(a.append(id, 'me', 1, [], END))
    await fenced(a.renew(id, 'me'))
    await a.follow(id)
    await a.unfollow(id)
    assert.equal(await a.stop(id), false)
    assert.equal(await a.endLost(id, END), false)
    for (const store of [a, b]) assert.equal(await store.read(id, 0), undefined)
    assert.equal(await b.create(id, 'other', undefined), true)
    assert.deepEqual(await b.renew(id, 'other'), { stop: false, followers: 0 })
  }),

  conformanceTest('events are numbered from 1, in the order in which they were appended', LASTING, async scene => {
    const { a } = scene
    const id = await scene.log()
    assert.equal(await a.append(id, 'me', 1, texts(1)), 1)
    assert.equal(await a.append(id, 'me', 2, texts(12, 2)), 13)
    assert.equal(await a.append(id, 'me', 14, texts(1, 14)), 14)
    await scene.holds(id, texts(14))
  }),

  conformanceTest('an append that leaves a gap adds nothing, and says what is there', LASTING, async scene => {
    const { a } = scene
    const id = await scene.log()
    assert.equal(await a.append(id, 'me', 2, ['b']), 0)
    assert.equal(await a.append(id, 'me', 2, [], END), 0)
    assert.equal(await a.append(id, 'me', 3, ['c', 'd'], END), 0)
    await scene.holds(id, [])
    await a.append(id, 'me', 1, ['a', 'b'])
    assert.equal(await a.append(id, 'me', 4, ['d']), 2)
    assert.equal(await a.append(id, 'me', 1000, [], END), 2)
    await scene.holds(id, ['a', 'b'])
    assert.equal(await a.append(id, 'me', 3, ['c']), 3)
    await scene.holds(id, ['a', 'b', 'c'])
  }),

  conformanceTest('a repeated append adds nothing, and says what is there', LASTING, async scene => {
    const { a } = scene
    const id = await scene.log(['a', 'b'])
    assert.equal(await a.append(id, 'me', 1, ['a', 'b']), 2)
    assert.equal(await a.append(id, 'me', 2, ['b']), 2)
    await scene.holds(id, ['a', 'b'])
  }),

  conformanceTest(
    'an append whose events are there in part adds nothing, and says what is there',
    LASTING,
    async scene => {
      const { a } = scene
      const id = await scene.log(['a', 'b'])
      assert.equal(await a.append(id, 'me', 2, ['b', 'c']), 2)
      assert.equal(await a.append(id, 'me', 2, ['b', 'c', 'd'], END), 2)
      await scene.holds(id, ['a', 'b'])
    }
  ),

  conformanceTest('an append without events adds nothing, and says what is there', LASTING, async scene => {
    const { a } = scene
    const id = await scene.log()
    assert.equal(await a.append(id, 'me', 1, []), 0)
    await a.append(id, 'me', 1, texts(3))
    for (const first of [1, 4, 7]) assert.equal(await a.append(id, 'me', first, []), 3)
    await scene.holds(id, texts(3))
  }),

  conformanceTest('repeats of an append that arrive together add its events once', LASTING, async scene => {
    const { a } = scene
    const id = await scene.log()
    const few = texts(20)
    const many = texts(50)
    // What was sent again, with what has come in the meantime, may overtake what was sent before.
    const calls = Array.from({ length: 20 }, (_, i) => a.append(id, 'me', 1, i % 2 === 0 ? few : many))
    const lasts = new Set(await Promise.all(calls))
    const { events } = await readAll(a, id)
    assert.deepEqual([...lasts], [events.length], 'every call says what is there')
    assert.ok([few.length, many.length].includes(events.length), 'the events of one call are there')
    assert.deepEqual(events, many.slice(0, events.length))
  }),

  conformanceTest('a log ends together with its last events', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a', 'b'])
    assert.equal(await a.append(id, 'me', 3, ['c', 'd'], END), 4)
    await scene.holds(id, ['a', 'b', 'c', 'd'], own(END))
    assert.equal((await pageOf(b, id)).leaseLeft, 0)
  }),

  conformanceTest('a log ends without further events, or without any', LASTING, async scene => {
    const id = await scene.log(['a'])
    assert.equal(await scene.a.append(id, 'me', 2, [], END), 1)
    await scene.holds(id, ['a'], own(END))
    await scene.holds(await scene.log([], END), [], own(END))
  }),

  conformanceTest('an end may have an empty text', LASTING, async scene => {
    const id = await scene.log(['a'], '')
    await scene.holds(id, ['a'], own(''))
    assert.equal(await scene.a.append(id, 'me', 1, ['a'], ''), 1)
    await fenced(scene.a.append(id, 'me', 2, ['b']))
    await scene.holds(id, ['a'], own(''))
  }),

  conformanceTest('an end that is repeated after a lost answer counts as done', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a', 'b'])
    for (const store of [a, a, b]) assert.equal(await store.append(id, 'me', 3, ['c'], END), 3)
    assert.equal(await a.append(id, 'me', 4, [], END), 3)
    await scene.holds(id, ['a', 'b', 'c'], own(END))
  }),

  conformanceTest('an end is added where all that it comes with is there already', LASTING, async scene => {
    const { a } = scene
    const id = await scene.log(['a', 'b', 'c'])
    assert.equal(await a.append(id, 'me', 2, ['b', 'c'], END), 3)
    await scene.holds(id, ['a', 'b', 'c'], own(END))
  }),

  conformanceTest('an end does not cut off what is there', LASTING, async scene => {
    const { a } = scene
    const id = await scene.log(['a', 'b', 'c'])
    assert.equal(await a.append(id, 'me', 1, ['a'], END), 3)
    assert.equal(await a.append(id, 'me', 3, [], END), 3)
    await scene.holds(id, ['a', 'b', 'c'])
    assert.equal(await a.append(id, 'me', 4, ['d'], END), 4)
    await scene.holds(id, ['a', 'b', 'c', 'd'], own(END))
  }),

  conformanceTest('nothing is added after the end, and no other end takes its place', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'], END)
    await fenced(a.append(id, 'me', 2, ['b']))
    await fenced(a.append(id, 'me', 2, []))
    await fenced(a.append(id, 'me', 1, ['a']))
    await fenced(a.append(id, 'me', 2, [], 'another end'))
    await fenced(a.append(id, 'me', 2, [], ''))
    await fenced(a.append(id, 'me', 1, ['a'], 'another end'))
    await fenced(a.renew(id, 'me'))
    for (const store of [a, b]) assert.equal(await store.endLost(id, 'lost'), false)
    await scene.holds(id, ['a'], own(END))
  }),

  conformanceTest('one of 50 ends that race ends the log', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log()
    const ends = Array.from({ length: 50 }, (_, i) => `end ${i}`)
    const inTime = await Promise.all(
      ends.map((end, i) => isInTime((i % 2 === 0 ? a : b).append(id, 'me', 1, ['a'], end)))
    )
    assert.deepEqual(
      inTime.filter(isFirst => isFirst),
      [true]
    )
    await scene.holds(id, ['a'], own(ends[inTime.indexOf(true)] as string))
  }),

  conformanceTest('only the producer of a log adds to it', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log(['a'])
    for (const producer of ['other', '', 'm', 'me ', 'ME']) {
      await fenced(b.append(id, producer, 2, ['b']))
      await fenced(b.append(id, producer, 1, ['a']))
      await fenced(b.append(id, producer, 2, [], END))
      await fenced(b.renew(id, producer))
    }
    await scene.holds(id, ['a'])
    await a.append(id, 'me', 2, [], END)
    await fenced(b.append(id, 'other', 2, [], END))
    await scene.holds(id, ['a'], own(END))
  }),

  conformanceTest('texts are given back byte for byte', LASTING, async scene => {
    await scene.holds(await scene.log(HARD_TEXTS), HARD_TEXTS)
    for (const text of HARD_TEXTS) await scene.holds(await scene.log([text], text), [text], own(text))
  }),

  conformanceTest('large texts are given back byte for byte', LASTING, async scene => {
    const size = Math.min(500_000, Math.floor(scene.a.maxBytes / 3))
    const large = 'é日本\r\n'.repeat(Math.ceil(size / 10))
    await scene.holds(await scene.log([large, 'a', large], large), [large, 'a', large], own(large))
  }),

  conformanceTest('a long log is read to its end, page by page', LASTING, async scene => {
    const all = texts(Math.min(5000, scene.a.maxEvents))
    const id = await scene.log(all)
    await scene.holds(id, all)
    await scene.a.append(id, 'me', all.length + 1, [], END)
    await scene.holds(id, all, own(END))
  }),

  conformanceTest('what comes after any event is given, the end with the last', LASTING, async scene => {
    const all = texts(50)
    const id = await scene.log(all, END)
    for (const [after] of all.entries()) {
      const page = await pageOf(scene.b, id, after)
      assert.equal(page.first, after + 1)
      assert.ok(page.events.length > 0)
      assert.deepEqual(page.events, all.slice(after, after + page.events.length))
      const isLast = after + page.events.length === all.length
      assert.deepEqual(page.end, isLast ? own(END) : undefined)
      assert.equal(page.more, !isLast)
    }
  }),

  conformanceTest('there is nothing after the last event but the end', LASTING, async scene => {
    const running = await scene.log(texts(3))
    const ended = await scene.log(texts(3), END)
    for (const after of [3, 4, 5, 1000, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]) {
      for (const store of [scene.a, scene.b]) {
        for (const [id, end] of [
          [running, undefined],
          [ended, own(END)]
        ] as const) {
          const { leaseLeft, ...page } = await pageOf(store, id, after)
          assert.deepEqual(page, {
            owner: undefined,
            protocol: undefined,
            first: after + 1,
            events: [],
            more: false,
            end
          })
          assert.equal(leaseLeft === 0, end !== undefined)
        }
      }
    }
  }),

  conformanceTest('who reads while events come gets each of them once, in order', LASTING, async scene => {
    const { a, b } = scene
    const id = await scene.log()
    const all = texts(500)
    const produce = async () => {
      for (let last = 0; last < all.length; ) {
        const batch = all.slice(last, last + (last % 7) + 1)
        last = await a.append(id, 'me', last + 1, batch, last + batch.length === all.length ? END : undefined)
        await sleep(1)
      }
    }
    const read: string[] = []
    let end: LogEnd | undefined
    const follow = () =>
      scene.until('the end of a log that is read while it grows', async () => {
        const page = await pageOf(b, id, read.length)
        assert.equal(page.first, read.length + 1)
        read.push(...page.events)
        end = page.end
        return end !== undefined
      })
    await Promise.all([produce(), follow()])
    assert.deepEqual(read, all)
    assert.deepEqual(end, own(END))
  })
]
