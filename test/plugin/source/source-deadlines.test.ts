import t, { type Test } from 'tap'
import { SourceDeadlines, type SourceTimeouts } from '../../../plugin/source/source-deadlines.js'
import { Deadlines, stepTo } from '../../../plugin/util/timing/deadlines.js'
import { TimeSlice } from '../../../plugin/util/timing/time-slice.js'
import { Clock } from '../../helpers/clock.js'

const NONE: SourceTimeouts = { firstEventTimeout: false, idleTimeout: false, maxDuration: false }

/** How late a deadline may be. Milliseconds. */
const LATE = 10

/** A source whose clock the test moves. */
function run(t: Test, timeouts: Partial<SourceTimeouts>, deadlines = new Deadlines()) {
  const clock = new Clock(t)
  const source = {
    slice: new TimeSlice(),
    errors: [] as { code: string; at: number }[],
    fail: (error: Error) => void source.errors.push({ code: (error as { code?: string }).code ?? '', at: clock.now })
  }
  const sourceDeadlines = new SourceDeadlines(source, { ...NONE, ...timeouts }, deadlines)
  sourceDeadlines.start()
  source.slice.isOver()
  /** Gives an item, and asks for the next one. Each is in a turn of its own. */
  let items = 0
  const item = async () => {
    if (items++ === 0) sourceDeadlines.begin()
    await source.slice.next()
    source.slice.isOver()
  }
  return { clock, source, sourceDeadlines, deadlines, item }
}

for (const timeout of [1, 7, 100, 5000, 60_000, 600_000, 2 ** 31 - 1]) {
  t.test(`a source without an event in ${timeout} ms is ended on time`, async t => {
    const { clock, source } = run(t, { firstEventTimeout: timeout, idleTimeout: 1 })
    clock.pass(timeout - 1)
    t.strictSame(source.errors, [])
    clock.pass(LATE)
    t.equal(source.errors[0]?.code, 'FST_SSE_FIRST_EVENT_TIMEOUT')
    clock.pass(timeout)
    t.equal(source.errors.length, 1)
    t.equal(clock.timers, 0, 'no timer is left')
  })

  t.test(`a source that is silent for ${timeout} ms is ended on time, also after many items`, async t => {
    const { clock, source, item } = run(t, { idleTimeout: timeout })
    for (const gap of [0, 0.1, 0.5, 0.9, 0.99, 0.25]) {
      clock.pass(timeout * gap)
      await item()
    }
    const lastAt = clock.now
    clock.pass(timeout - 0.5)
    t.strictSame(source.errors, [])
    clock.pass(LATE + 0.5)
    t.equal(source.errors[0]?.code, 'FST_SSE_IDLE_TIMEOUT')
    t.ok((source.errors[0]?.at ?? 0) - lastAt >= timeout)
  })

  t.test(`a source that runs for ${timeout} ms is ended on time, however much it gives`, async t => {
    const { clock, source, item } = run(t, { maxDuration: timeout, idleTimeout: timeout })
    for (let i = 0; i < 9; i++) {
      clock.pass(timeout / 10)
      await item()
    }
    t.strictSame(source.errors, [])
    clock.pass(timeout / 10 + LATE)
    t.equal(source.errors[0]?.code, 'FST_SSE_DURATION_EXCEEDED')
  })
}

t.test('the silence before the first event is not that of idleTimeout', async t => {
  const { clock, source, item } = run(t, { firstEventTimeout: 1000, idleTimeout: 100 })
  clock.pass(900)
  await item()
  clock.pass(99)
  t.strictSame(source.errors, [])
  clock.pass(LATE)
  t.equal(source.errors[0]?.code, 'FST_SSE_IDLE_TIMEOUT')
})

t.test('the time in which a slow client keeps the source waiting is no silence', async t => {
  const { clock, source, item } = run(t, { idleTimeout: 100, maxDuration: 10_000 })
  await item()
  source.slice.pause()
  clock.pass(1000)
  t.strictSame(source.errors, [])
  source.slice.resume()
  clock.pass(99)
  t.strictSame(source.errors, [])
  clock.pass(LATE)
  t.equal(source.errors[0]?.code, 'FST_SSE_IDLE_TIMEOUT')
})

t.test('a source that waits for a slow client is ended by maxDuration', async t => {
  const { clock, source, item } = run(t, { idleTimeout: 100, maxDuration: 1000 })
  await item()
  source.slice.pause()
  clock.pass(1000 + LATE)
  t.equal(source.errors[0]?.code, 'FST_SSE_DURATION_EXCEEDED')
})

t.test('a source without deadlines has no timer', async t => {
  const { clock, deadlines } = run(t, {})
  t.strictSame([deadlines.size, clock.timers], [0, 0])
})

t.test('a source that has ended is not ended again', async t => {
  const { clock, source, sourceDeadlines, deadlines } = run(t, { firstEventTimeout: 100 })
  sourceDeadlines.stop()
  clock.pass(1000)
  t.strictSame([source.errors, deadlines.size], [[], 0])
})

t.test('a source that gives items all the time is looked at about twice per deadline, not with each item', async t => {
  const deadlines = new Deadlines()
  let set = 0
  const count = deadlines.set.bind(deadlines)
  deadlines.set = (...args) => {
    set++
    count(...args)
  }
  const { clock, item } = run(t, { firstEventTimeout: 60_000, idleTimeout: 60_000, maxDuration: 3_600_000 }, deadlines)
  for (let i = 0; i < 6000; i++) {
    await item()
    clock.pass(100)
  }
  t.ok(set <= 22, `${set} times in ten minutes`)
})

t.test('steps have few lengths, and never go beyond what is left', async t => {
  const lengths = new Set<number>()
  for (let left = 2; left < 2 ** 31; left *= 1.01) {
    const step = stepTo(left)
    lengths.add(step)
    if (step * (1 + 1 / 64) > left || step < left / 2.1) t.fail(`${step} ms of ${left} ms`)
  }
  t.strictSame([stepTo(0.001), stepTo(0), stepTo(-1)], [1, 1, 1])
  t.ok(lengths.size <= 31)
})
