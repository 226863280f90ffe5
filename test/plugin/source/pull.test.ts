import t from 'tap'
import { type Pulled, pull, type Sink } from '../../../plugin/source/pull.js'
import { TimeSlice } from '../../../plugin/util/timing/time-slice.js'

interface Encoded {
  readonly value: number
  readonly isLast: boolean
}

/** A source of the numbers from 1 to `last`, by promise or at once. */
function numbers(last: number, isAsync = false) {
  const source = {
    pulls: 0,
    next: () => {
      const value = ++source.pulls
      return isAsync ? Promise.resolve(value) : value
    },
    encode: (value: number): Encoded => ({ value, isLast: value === last })
  }
  return source satisfies Pulled<number, Encoded>
}

/** A sink that collects values. */
function collector() {
  const sink = {
    isOpen: true,
    values: [] as number[],
    room: (): Promise<void> | undefined => undefined,
    take: ({ value }: Encoded) => void sink.values.push(value)
  }
  return sink satisfies Sink<Encoded>
}

for (const isAsync of [false, true]) {
  const kind = isAsync ? 'promises' : 'values'
  t.test(`moves ${kind} in order, and returns the last one instead of passing it on`, async t => {
    const sink = collector()
    t.strictSame(await pull(numbers(4, isAsync), sink, new TimeSlice()), { value: 4, isLast: true })
    t.strictSame(sink.values, [1, 2, 3])
  })
}

t.test('does not start a source for a closed sink', async t => {
  const source = numbers(4)
  const sink = collector()
  sink.isOpen = false
  t.equal(await pull(source, sink, new TimeSlice()), undefined)
  t.equal(source.pulls, 0)
})

t.test('waits for room before each pull', async t => {
  const source = numbers(3)
  const sink = collector()
  let free = () => {}
  sink.room = () =>
    new Promise(resolve => {
      free = resolve
    })
  const pulled = pull(source, sink, new TimeSlice())
  t.equal(source.pulls, 0)
  for (let pulls = 1; pulls <= 3; pulls++) {
    free()
    await new Promise(setImmediate)
    t.equal(source.pulls, pulls)
  }
  t.match(await pulled, { value: 3 })
})

for (const moment of ['room', 'next', 'encode', 'take'] as const) {
  t.test(`stops when the sink is closed during ${moment}`, async t => {
    const source = numbers(9)
    const sink = collector()
    /** Closes the sink at its moment, and returns its argument. */
    const closeAt = <T>(at: typeof moment, value: T): T => {
      if (at === moment) sink.isOpen = false
      return value
    }
    const { next, encode } = source
    const { take } = sink
    sink.room = async () => closeAt('room', undefined)
    source.next = () => closeAt('next', next())
    source.encode = value => closeAt('encode', encode(value))
    sink.take = encoded => take(closeAt('take', encoded))
    t.equal(await pull(source, sink, new TimeSlice()), undefined)
    t.equal(source.pulls, moment === 'room' ? 0 : 1)
    t.strictSame(sink.values, moment === 'take' ? [1] : [])
  })
}

t.test('rejects with the error of the source or of encode', async t => {
  const failure = new Error('broken')
  const fail = () => {
    throw failure
  }
  await t.rejects(pull({ ...numbers(2), next: () => Promise.reject(failure) }, collector(), new TimeSlice()), failure)
  await t.rejects(pull({ ...numbers(2), encode: fail }, collector(), new TimeSlice()), failure)
})

t.test('yields to the event loop while the source is always ready', async t => {
  const sink = collector()
  let turns = 0
  const count = () => {
    turns++
    if (sink.isOpen) setImmediate(count)
  }
  setImmediate(count)
  await pull(numbers(10_000), sink, new TimeSlice())
  sink.isOpen = false
  t.ok(turns > 5, `${turns} turns`)
})
