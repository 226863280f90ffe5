import t from 'tap'
import { type Deadline, Deadlines } from '../../../plugin/util/deadlines.js'
import { Clock, LONGEST } from '../../helpers/clock.js'
import { Random, seed } from '../../helpers/random.js'
import { until } from '../../helpers/until.js'

/** A deadline that notes when it was told, and then does what it is given. */
function noting(onDeadline: (self: Deadline) => void = () => {}) {
  const deadline = {
    told: [] as number[],
    onDeadline() {
      deadline.told.push(performance.now())
      onDeadline(deadline)
    }
  }
  return deadline
}

/** The timers of this process that are waiting. */
function timers(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
}

t.test('has one timer, whatever the number of deadlines, and none without', async t => {
  const before = timers()
  const deadlines = new Deadlines()
  t.equal(timers(), before)
  const all = Array.from({ length: 10_000 }, () => noting())
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

t.test('has no timer once all were told', async t => {
  const before = timers()
  const deadlines = new Deadlines()
  const all = [1, 5, 10].map(ms => ({ ms, setAt: performance.now(), deadline: noting() }))
  for (const { deadline, ms } of all) deadlines.set(deadline, ms)
  await until('all were told', () => all.every(({ deadline }) => deadline.told.length > 0))
  t.equal(deadlines.size, 0)
  t.equal(timers(), before)
  for (const { deadline, ms, setAt } of all) {
    t.equal(deadline.told.length, 1)
    t.ok((deadline.told[0] as number) >= setAt + ms, 'never early')
  }
})

t.test('tells each once, never early, and late by no more than a share of its length', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const random = new Random(seed)
  const lengths = [0, 1, 10, 100, 1000, 15_000, 2 ** 30]
  const all = Array.from({ length: 500 }, () => {
    const ms = random.pick(lengths)
    const deadline = noting()
    const due = clock.now + ms
    deadlines.set(deadline, ms)
    clock.pass(random.next() * 3)
    return { ms, due, deadline }
  })
  clock.pass(2 ** 31)
  const wrong = all.filter(({ ms, due, deadline: { told } }) => {
    const [at = 0] = told
    return told.length !== 1 || at < due || at > due + ms / 64 + 2
  })
  t.same(wrong, [], `SEED=${seed}`)
  t.equal(deadlines.size, 0)
  t.equal(clock.timers, 0)
})

t.test('wakes once for many deadlines that are due at about the same time', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const all = Array.from({ length: 100 }, () => noting())
  for (const deadline of all) {
    deadlines.set(deadline, 6400)
    clock.pass(1)
  }
  clock.pass(6400)
  t.ok(all.every(({ told }) => told.length === 1))
  t.equal(clock.rings, 1)
})

t.test('tells those of a length in the order in which they were set', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const order: string[] = []
  for (const name of ['a', 'b', 'c']) deadlines.set({ onDeadline: () => order.push(name) }, 100)
  clock.pass(200)
  t.same(order, ['a', 'b', 'c'])
})

t.test('a deadline that is set anew', async t => {
  t.test('is told once, after the new time', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const deadline = noting()
    const start = clock.now
    deadlines.set(deadline, 1000)
    clock.pass(900)
    deadlines.set(deadline, 1000)
    t.equal(deadlines.size, 1)
    clock.pass(900)
    t.same(deadline.told, [])
    clock.pass(200)
    t.equal(deadline.told.length, 1)
    t.ok((deadline.told[0] as number) >= start + 1900)
    clock.pass(10_000)
    t.equal(deadline.told.length, 1)
  })

  t.test('is told sooner with a shorter time', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const deadline = noting()
    deadlines.set(deadline, 2 ** 30)
    deadlines.set(deadline, 100)
    clock.pass(102)
    t.equal(deadline.told.length, 1)
    clock.pass(2 ** 31)
    t.equal(deadline.told.length, 1)
  })

  t.test('keeps none of the others waiting', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const busy = noting()
    const other = noting()
    deadlines.set(other, 1000)
    for (let passed = 0; passed < 1016; passed += 8) {
      deadlines.set(busy, 1000)
      clock.pass(8)
    }
    t.equal(other.told.length, 1)
    t.equal(busy.told.length, 0)
  })
})

t.test('a deadline that is cleared is not told', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const [cleared, other] = [noting(), noting()]
  deadlines.set(cleared, 100)
  deadlines.set(other, 200)
  deadlines.clear(cleared)
  deadlines.clear(noting())
  t.equal(deadlines.size, 1)
  clock.pass(1000)
  t.same(cleared.told, [])
  t.equal(other.told.length, 1)
})

t.test('a deadline that is told', async t => {
  t.test('is no longer waiting', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const sizes: number[] = []
    const deadline = noting(() => sizes.push(deadlines.size))
    deadlines.set(deadline, 100)
    clock.pass(200)
    t.same(sizes, [0])
    deadlines.clear(deadline)
    t.equal(clock.timers, 0)
  })

  t.test('may clear others that are due too', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const [same, another, last] = [noting(), noting(), noting()]
    const first = noting(() => {
      deadlines.clear(same)
      deadlines.clear(another)
    })
    deadlines.set(first, 100)
    deadlines.set(same, 100)
    deadlines.set(another, 101)
    deadlines.set(last, 101)
    clock.pass(1000)
    t.same(
      [first, same, another, last].map(({ told }) => told.length),
      [1, 0, 0, 1]
    )
    t.equal(clock.timers, 0)
  })

  t.test('may clear all that wait', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const other = noting()
    const first = noting(() => deadlines.clear(other))
    deadlines.set(first, 100)
    deadlines.set(other, 5000)
    clock.pass(200)
    t.equal(first.told.length, 1)
    t.equal(deadlines.size, 0)
    t.equal(clock.timers, 0)
  })

  t.test('may set itself again, and is told again after that time', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const again = noting(self => deadlines.set(self, 100))
    const other = noting()
    const start = clock.now
    deadlines.set(again, 100)
    deadlines.set(other, 1000)
    clock.pass(1000 + 1000 / 64 + 1)
    t.equal(again.told.length, 9, 'every time a little late')
    again.told.reduce((before, at) => {
      t.ok(at >= before + 100)
      return at
    }, start)
    t.equal(other.told.length, 1)
  })

  t.test('may set itself again at once without keeping the others from being told', async t => {
    const deadlines = new Deadlines()
    const again = noting(self => deadlines.set(self, 0))
    const other = noting()
    deadlines.set(again, 0)
    deadlines.set(other, 5)
    await until('the other was told', () => other.told.length)
    deadlines.clear(again)
    t.ok(again.told.length > 0)
    t.equal(deadlines.size, 0)
  })

  t.test('may set others, which are told too', async t => {
    const clock = new Clock(t)
    const deadlines = new Deadlines()
    const [shorter, same, longer] = [noting(), noting(), noting()]
    const first = noting(() => {
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
      t.equal(deadline.told.length, 1)
      t.ok((deadline.told[0] as number) >= start + ms)
      t.ok((deadline.told[0] as number) <= start + ms + 10)
    }
  })
})

t.test('takes the longest time that an option may have', async t => {
  const clock = new Clock(t)
  const deadlines = new Deadlines()
  const deadline = noting()
  deadlines.set(deadline, LONGEST)
  clock.pass(LONGEST - 1)
  t.same(deadline.told, [])
  clock.pass(LONGEST / 64 + 2)
  t.equal(deadline.told.length, 1)
})
