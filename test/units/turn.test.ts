import t from 'tap'
import { Turn } from '../../plugin/turn.js'
import { Clock } from '../helpers/clock.js'

/** Counts items until the turn is over; `between` happens after each. */
function itemsOf(turn: Turn, between: () => void = () => {}): number {
  let items = 1
  while (!turn.isOver()) {
    items++
    between()
  }
  return items
}

t.test('a turn is over after 1024 items, however fast they come', async t => {
  new Clock(t)
  t.equal(itemsOf(new Turn()), 1024)
})

t.test('a turn is over after 10 ms, with few items too', async t => {
  const clock = new Clock(t)
  t.equal(
    itemsOf(new Turn(), () => clock.pass(11)),
    16
  )
  t.equal(
    itemsOf(new Turn(), () => clock.pass(0.5)),
    32,
    'of 0.5 ms each: 10 ms is not yet over at the 16th'
  )
  t.equal(
    itemsOf(new Turn(), () => clock.pass(0.001)),
    1024
  )
})

t.test('the time of a turn begins with its first item', async t => {
  const clock = new Clock(t)
  const turn = new Turn()
  clock.pass(1000)
  t.equal(itemsOf(turn), 1024)
  await turn.next()
  clock.pass(1000)
  t.equal(itemsOf(turn), 1024)
})

t.test('stays over until the next one', async t => {
  const turn = new Turn()
  itemsOf(turn)
  t.ok(turn.isOver())
  t.ok(turn.isOver())
  await turn.next()
  t.notOk(turn.isOver())
})

t.test('can be cut, so that the next item is its last', async t => {
  const turn = new Turn()
  turn.cut()
  t.equal(itemsOf(turn), 1)
  await turn.next()
  t.notOk(turn.isOver())
  turn.cut()
  t.ok(turn.isOver())
})

t.test('starts anew with a reset', async t => {
  new Clock(t)
  const turn = new Turn()
  for (let items = 0; items < 1000; items++) turn.isOver()
  turn.reset()
  t.equal(itemsOf(turn), 1024)
  turn.cut()
  turn.reset()
  t.equal(itemsOf(turn), 1024)
})

t.test('lets others have their share before the next turn', async t => {
  const turn = new Turn()
  const had: string[] = []
  setImmediate(() => had.push('an immediate'))
  Promise.resolve().then(() => had.push('a promise'))
  process.nextTick(() => had.push('a tick'))
  await turn.next()
  t.same(had.sort(), ['a promise', 'a tick', 'an immediate'])
})
