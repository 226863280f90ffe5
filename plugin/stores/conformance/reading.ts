import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogEnd } from '../event-store.js'
import { END, frames, ownEnd, pageOf } from './assertions.js'
import { conformanceTest } from './harness.js'

/** Texts that line protocols, encodings and data formats may damage. */
const HARD_FRAMES = [
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

/** What `read` returns. */
export const reading = [
  conformanceTest('read returns frames unchanged', {}, async harness => {
    await harness.expectLog(await harness.newLog(HARD_FRAMES), HARD_FRAMES)
    for (const text of HARD_FRAMES) await harness.expectLog(await harness.newLog([text], text), [text], ownEnd(text))
  }),

  conformanceTest('read returns large frames unchanged', {}, async harness => {
    const size = Math.min(500_000, Math.floor(harness.a.maxBytes / 3))
    const large = 'é日本\r\n'.repeat(Math.ceil(size / 10))
    await harness.expectLog(await harness.newLog([large, 'a', large], large), [large, 'a', large], ownEnd(large))
  }),

  conformanceTest('a long log can be read to its end, page by page', {}, async harness => {
    const all = frames(Math.min(5000, harness.a.maxEvents))
    const id = await harness.newLog(all)
    await harness.expectLog(id, all)
    await harness.a.append(id, 'me', all.length + 1, [], END)
    await harness.expectLog(id, all, ownEnd(END))
  }),

  conformanceTest('read returns what follows an event, and the end with the last event', {}, async harness => {
    const all = frames(50)
    const id = await harness.newLog(all, END)
    for (const [after] of all.entries()) {
      const page = await pageOf(harness.b, id, after)
      assert.equal(page.first, after + 1)
      assert.ok(page.events.length > 0)
      assert.deepEqual(page.events, all.slice(after, after + page.events.length))
      const isLast = after + page.events.length === all.length
      assert.deepEqual(page.end, isLast ? ownEnd(END) : undefined)
      assert.equal(page.more, !isLast)
    }
  }),

  conformanceTest('only the end follows the last event', {}, async harness => {
    const running = await harness.newLog(frames(3))
    const ended = await harness.newLog(frames(3), END)
    for (const after of [3, 4, 5, 1000, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]) {
      for (const store of [harness.a, harness.b]) {
        for (const [id, end] of [
          [running, undefined],
          [ended, ownEnd(END)]
        ] as const) {
          const { leaseLeft, ...page } = await pageOf(store, id, after)
          assert.deepEqual(page, {
            producer: 'me',
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

  conformanceTest('a reader of a growing log gets every event once, in order', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog()
    const all = frames(500)
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
      harness.until('the end of a growing log', async () => {
        const page = await pageOf(b, id, read.length)
        assert.equal(page.first, read.length + 1)
        read.push(...page.events)
        end = page.end
        return end !== undefined
      })
    await Promise.all([produce(), follow()])
    assert.deepEqual(read, all)
    assert.deepEqual(end, ownEnd(END))
  })
]
