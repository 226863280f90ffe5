import t from 'tap'
import { TimeSlice } from '../../../../plugin/util/timing/time-slice.js'
import { Clock } from '../../../helpers/clock.js'

/** Counts the items until the slice is over. `between` is called after each. */
function itemsOf(slice: TimeSlice, between: () => void = () => {}): number {
  let items = 1
  while (!slice.isOver()) {
    items++
    between()
  }
  return items
}

t.test('a slice ends after 1024 items, however fast they come', async t => {
  new Clock(t)
  t.equal(itemsOf(new TimeSlice()), 1024)
})

t.test('a slice ends after 10 ms, even with few items', async t => {
  const clock = new Clock(t)
  t.equal(
    itemsOf(new TimeSlice(), () => clock.pass(11)),
    16
  )
  t.equal(
    itemsOf(new TimeSlice(), () => clock.pass(0.5)),
    32,
    'at 0.5 ms each, 10 ms have not passed by the 16th item'
  )
  t.equal(
    itemsOf(new TimeSlice(), () => clock.pass(0.001)),
    1024
  )
})

t.test('the time of a slice begins with its first item', async t => {
  const clock = new Clock(t)
  const slice = new TimeSlice()
  clock.pass(1000)
  t.equal(itemsOf(slice), 1024)
  await slice.next()
  clock.pass(1000)
  t.equal(itemsOf(slice), 1024)
})

t.test('stays over until the next slice', async t => {
  const slice = new TimeSlice()
  itemsOf(slice)
  t.ok(slice.isOver())
  t.ok(slice.isOver())
  await slice.next()
  t.notOk(slice.isOver())
})

t.test('can be cut, so that the next item is the last one', async t => {
  const slice = new TimeSlice()
  slice.cut()
  t.equal(itemsOf(slice), 1)
  await slice.next()
  t.notOk(slice.isOver())
  slice.cut()
  t.ok(slice.isOver())
})

t.test('starts anew in each turn of the event loop, even if nobody waited for that', async t => {
  new Clock(t)
  const slice = new TimeSlice()
  for (let items = 0; items < 1000; items++) slice.isOver()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(itemsOf(slice), 1024)
  slice.cut()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(itemsOf(slice), 1024)
})

t.test('calls back once no more promises are ready', async t => {
  const slice = new TimeSlice()
  const order: string[] = []
  slice.onSettled(name => order.push(name), 'settled')
  setImmediate(() => order.push('the end of the turn'))
  for (let i = 0; i < 100; i++) await undefined
  order.push('100 promises')
  await new Promise(resolve => setImmediate(resolve))
  t.same(order, ['100 promises', 'settled', 'the end of the turn'])
})

t.test('calls back at the end of the turn from the second time on, and at once in the next turn', async t => {
  const slice = new TimeSlice()
  const order: string[] = []
  const tick = () => new Promise<void>(resolve => process.nextTick(resolve))
  for (const name of ['first', 'second', 'third']) {
    slice.onSettled(said => order.push(said), name)
    await tick()
    order.push('tick')
  }
  t.same(order, ['first', 'tick', 'tick', 'tick'])
  await new Promise(resolve => setImmediate(resolve))
  t.same(order.slice(4), ['second', 'third'])
  slice.onSettled(name => order.push(name), 'fourth')
  await tick()
  t.same(order.slice(6), ['fourth'])
})

t.test('lets promises, ticks and immediates run before the next slice', async t => {
  const slice = new TimeSlice()
  const had: string[] = []
  setImmediate(() => had.push('an immediate'))
  Promise.resolve().then(() => had.push('a promise'))
  process.nextTick(() => had.push('a tick'))
  await slice.next()
  t.same(had.sort(), ['a promise', 'a tick', 'an immediate'])
})

t.test('does not call back after `forget`', async t => {
  const slice = new TimeSlice()
  const order: string[] = []
  slice.forget()
  slice.onSettled(name => order.push(name), 'first')
  slice.onSettled(name => order.push(name), 'second')
  slice.forget()
  await new Promise(resolve => setImmediate(resolve))
  t.same(order, ['first'])
})
