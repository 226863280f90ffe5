import t from 'tap'
import { type Deadline, Deadlines } from '../../../../plugin/util/timing/deadlines.js'
import { Clock, LONGEST } from '../../../helpers/clock.js'
import { Random, seed } from '../../../helpers/random.js'
import { until } from '../../../helpers/until.js'

/** A deadline that records when it expired, and then calls a function. */
function recorded(onDeadline: (self: Deadline) => void = () => {}) {
  const deadline = {
    expired: [] as number[],
    onDeadline() {
      deadline.expired.push(performance.now())
      onDeadline(deadline)
    }
  }
  return deadline
}

/** The number of active timers in this process. */
function timers(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
}

t.test('uses one timer for any number of deadlines, and none without deadlines', async t => {
  const before = timers()
  const deadlines = new Deadlines()
  t.equal(timers(), before)
  const all = Array.from({ length: 10_000 }, () => recorded())
  for (const [index, deadline] of all.entries()) deadlines.set(deadline, 1000 * (10 - (index % 7)))
  t.equal(deadlines.size, 10_000)
  t.equal(timers(), before + 1)
  for (const deadline of all.slice(1)) deadlines.clear(deadline)
  t.equal(deadlines.size, 1)
  t.equal(timers(), before + 1)
  deadlines.clear(all[0] as Deadline)
  t.equal(deadlines.size, 0)
  t.equal(timers(), before)
})

t.test('uses no timer once all deadlines have expired', async t => {
  const before = timers()
  const deadlines = new Deadlines()
  const all = [1, 5, 10].map(ms => ({ ms, setAt: performance.now(), deadline: recorded() }))
  for (const { deadline, ms } of all) deadlines.set(deadline, ms)
  await until('all deadlines have expired', () => all.every(({ deadline }) => deadline.expired.length > 0))
  t.equal(deadlines.size, 0)
  t.equal(timers(), before)
  for (const { deadline, ms, setAt } of all) {
    t.equal(deadline.expired.length, 1)
    t.ok((deadline.expired[0] as number) >= setAt + ms, 'never early')
  }
})

t.test('every deadline expires once, never early, and late by at most 1/64 of its length', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const random = new Random(seed)
  const lengths = [0, 1, 10, 100, 1000, 15_000, 2 ** 30]
  const all = Array.from({ length: 500 }, () => {
    const ms = random.pick(lengths)
    const deadline = recorded()
    const due = clock.now + ms
    deadlines.set(deadline, ms)
    clock.pass(random.next() * 3)
    return { ms, due, deadline }
  })
  clock.pass(2 ** 31)
  const wrong = all.filter(({ ms, due, deadline: { expired } }) => {
    const [at = 0] = expired
    return expired.length !== 1 || at < due || at > due + ms / 64 + 2
  })
  t.same(wrong, [], `SEED=${seed}`)
  t.equal(deadlines.size, 0)
  t.equal(clock.timers, 0)
})

t.test('wakes once for deadlines that are due at about the same time', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const all = Array.from({ length: 100 }, () => recorded())
  for (const deadline of all) {
    deadlines.set(deadline, 6400)
    clock.pass(1)
  }
  clock.pass(6400)
  t.ok(all.every(({ expired }) => expired.length === 1))
  t.equal(clock.fired, 1)
})

t.test('deadlines of equal length expire in the order in which they were set', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const order: string[] = []
  for (const name of ['a', 'b', 'c']) deadlines.set({ onDeadline: () => order.push(name) }, 100)
  clock.pass(200)
  t.same(order, ['a', 'b', 'c'])
})

t.test('a deadline that is set again', async t => {
  t.test('expires once, after the new time', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const deadline = recorded()
    const start = clock.now
    deadlines.set(deadline, 1000)
    clock.pass(900)
    deadlines.set(deadline, 1000)
    t.equal(deadlines.size, 1)
    clock.pass(900)
    t.same(deadline.expired, [])
    clock.pass(200)
    t.equal(deadline.expired.length, 1)
    t.ok((deadline.expired[0] as number) >= start + 1900)
    clock.pass(10_000)
    t.equal(deadline.expired.length, 1)
  })

  t.test('expires earlier if the new time is shorter', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const deadline = recorded()
    deadlines.set(deadline, 2 ** 30)
    deadlines.set(deadline, 100)
    clock.pass(102)
    t.equal(deadline.expired.length, 1)
    clock.pass(2 ** 31)
    t.equal(deadline.expired.length, 1)
  })

  t.test('does not delay the others', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const busy = recorded()
    const other = recorded()
    deadlines.set(other, 1000)
    for (let passed = 0; passed < 1016; passed += 8) {
      deadlines.set(busy, 1000)
      clock.pass(8)
    }
    t.equal(other.expired.length, 1)
    t.equal(busy.expired.length, 0)
  })
})

t.test('a deadline that is cleared does not expire', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const [cleared, other] = [recorded(), recorded()]
  deadlines.set(cleared, 100)
  deadlines.set(other, 200)
  deadlines.clear(cleared)
  deadlines.clear(recorded())
  t.equal(deadlines.size, 1)
  clock.pass(1000)
  t.same(cleared.expired, [])
  t.equal(other.expired.length, 1)
})

t.test('a deadline that expires', async t => {
  t.test('is no longer waiting', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const sizes: number[] = []
    const deadline = recorded(() => sizes.push(deadlines.size))
    deadlines.set(deadline, 100)
    clock.pass(200)
    t.same(sizes, [0])
    deadlines.clear(deadline)
    t.equal(clock.timers, 0)
  })

  t.test('may clear others that are due at the same time', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const [same, another, last] = [recorded(), recorded(), recorded()]
    const first = recorded(() => {
      deadlines.clear(same)
      deadlines.clear(another)
    })
    deadlines.set(first, 100)
    deadlines.set(same, 100)
    deadlines.set(another, 101)
    deadlines.set(last, 101)
    clock.pass(1000)
    t.same(
      [first, same, another, last].map(({ expired }) => expired.length),
      [1, 0, 0, 1]
    )
    t.equal(clock.timers, 0)
  })

  t.test('may clear all the others', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const other = recorded()
    const first = recorded(() => deadlines.clear(other))
    deadlines.set(first, 100)
    deadlines.set(other, 5000)
    clock.pass(200)
    t.equal(first.expired.length, 1)
    t.equal(deadlines.size, 0)
    t.equal(clock.timers, 0)
  })

  t.test('may set itself again, and expires again after that time', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const again = recorded(self => deadlines.set(self, 100))
    const other = recorded()
    const start = clock.now
    deadlines.set(again, 100)
    deadlines.set(other, 1000)
    clock.pass(1000 + 1000 / 64 + 1)
    t.equal(again.expired.length, 9, 'each time a little late')
    again.expired.reduce((before, at) => {
      t.ok(at >= before + 100)
      return at
    }, start)
    t.equal(other.expired.length, 1)
  })

  t.test('may set itself to 0 ms again and again without starving the others', async t => {
    const deadlines = new Deadlines()
    const again = recorded(self => deadlines.set(self, 0))
    const other = recorded()
    deadlines.set(again, 0)
    deadlines.set(other, 5)
    await until('the other deadline has expired', () => other.expired.length)
    deadlines.clear(again)
    t.ok(again.expired.length > 0)
    t.equal(deadlines.size, 0)
  })

  t.test('may set others, which expire too', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const [shorter, same, longer] = [recorded(), recorded(), recorded()]
    const first = recorded(() => {
      deadlines.set(longer, 200)
      deadlines.set(shorter, 10)
      deadlines.set(same, 100)
    })
    const start = clock.now
    deadlines.set(first, 100)
    clock.pass(1000)
    for (const [deadline, ms] of [
      [shorter, 110],
      [same, 200],
      [longer, 300]
    ] as const) {
      t.equal(deadline.expired.length, 1)
      t.ok((deadline.expired[0] as number) >= start + ms)
      t.ok((deadline.expired[0] as number) <= start + ms + 10)
    }
  })
})

t.test('accepts the longest time that an option allows', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const deadline = recorded()
  deadlines.set(deadline, LONGEST)
  clock.pass(LONGEST - 1)
  t.same(deadline.expired, [])
  clock.pass(LONGEST / 64 + 2)
  t.equal(deadline.expired.length, 1)
})
