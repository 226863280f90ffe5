import t from 'tap'
import { TimeSlice } from '../../../plugin/util/time-slice.js'
import { Clock } from '../../helpers/clock.js'

/** Counts items until the turn is over; `between` happens after each. */
function itemsOf(turn: TimeSlice, between: () => void = () => {}): number {
  let items = 1
  while (!turn.isOver()) {
    items++
    between()
  }
  return items
}

t.test('a turn is over after 1024 items, however fast they come', async t => {
  new Clock(t)
  t.equal(itemsOf(new TimeSlice()), 1024)
})

t.test('a turn is over after 10 ms, with few items too', async t => {
  const clock = new Clock(t)
  t.equal(
    itemsOf(new TimeSlice(), () => clock.pass(11)),
    16
  )
  t.equal(
    itemsOf(new TimeSlice(), () => clock.pass(0.5)),
    32,
    'of 0.5 ms each: 10 ms is not yet over at the 16th'
  )
  t.equal(
    itemsOf(new TimeSlice(), () => clock.pass(0.001)),
    1024
  )
})

t.test('the time of a turn begins with its first item', async t => {
  const clock = new Clock(t)
  const turn = new TimeSlice()
  clock.pass(1000)
  t.equal(itemsOf(turn), 1024)
  await turn.next()
  clock.pass(1000)
  t.equal(itemsOf(turn), 1024)
})

t.test('stays over until the next one', async t => {
  const turn = new TimeSlice()
  itemsOf(turn)
  t.ok(turn.isOver())
  t.ok(turn.isOver())
  await turn.next()
  t.notOk(turn.isOver())
})

t.test('can be cut, so that the next item is its last', async t => {
  const turn = new TimeSlice()
  turn.cut()
  t.equal(itemsOf(turn), 1)
  await turn.next()
  t.notOk(turn.isOver())
  turn.cut()
  t.ok(turn.isOver())
})

t.test('starts anew in another turn of the event loop, whoever waited for it', async t => {
  new Clock(t)
  const turn = new TimeSlice()
  for (let items = 0; items < 1000; items++) turn.isOver()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(itemsOf(turn), 1024)
  turn.cut()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(itemsOf(turn), 1024)
})

t.test('tells that what is ready was given when no promise is left to go on with', async t => {
  const turn = new TimeSlice()
  const order: string[] = []
  turn.onSettled(name => order.push(name), 'settled')
  setImmediate(() => order.push('the end of the turn'))
  for (let i = 0; i < 100; i++) await undefined
  order.push('100 promises')
  await new Promise(resolve => setImmediate(resolve))
  t.same(order, ['100 promises', 'settled', 'the end of the turn'])
})

t.test('tells it at the end of the turn from the second time on, and anew in the next turn', async t => {
  const turn = new TimeSlice()
  const order: string[] = []
  const tick = () => new Promise<void>(resolve => process.nextTick(resolve))
  for (const name of ['first', 'second', 'third']) {
    turn.onSettled(said => order.push(said), name)
    await tick()
    order.push('tick')
  }
  t.same(order, ['first', 'tick', 'tick', 'tick'])
  await new Promise(resolve => setImmediate(resolve))
  t.same(order.slice(4), ['second', 'third'])
  turn.onSettled(name => order.push(name), 'fourth')
  await tick()
  t.same(order.slice(6), ['fourth'])
})

t.test('lets others have their share before the next turn', async t => {
  const turn = new TimeSlice()
  const had: string[] = []
  setImmediate(() => had.push('an immediate'))
  Promise.resolve().then(() => had.push('a promise'))
  process.nextTick(() => had.push('a tick'))
  await turn.next()
  t.same(had.sort(), ['a promise', 'a tick', 'an immediate'])
})

t.test('does not tell at the end of the turn what is forgotten by then', async t => {
  const turn = new TimeSlice()
  const order: string[] = []
  turn.forget()
  turn.onSettled(name => order.push(name), 'first')
  turn.onSettled(name => order.push(name), 'second')
  turn.forget()
  await new Promise(resolve => setImmediate(resolve))
  t.same(order, ['first'])
})
