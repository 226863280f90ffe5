import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WriteDeadline } from '../../../plugin/response/write/write-deadline.js'
import { Deadlines } from '../../../plugin/util/timing/deadlines.js'
import { Clock } from '../../helpers/clock.js'

/** How late a deadline may be. Milliseconds. */
const LATE = 10

/** A deadline of 1000 ms, for a client that takes what the test says. */
function make(t: Test, headersSent = true) {
  const clock = new Clock(t)
  const raw = new ServerResponse(new IncomingMessage(new Socket()))
  Object.defineProperty(raw, 'headersSent', { get: () => client.headersSent })
  const client = { pending: 0, gaveUp: 0, headersSent }
  const deadlines = new Deadlines()
  const response = {
    raw,
    get pendingBytes() {
      return client.pending
    },
    onWriteTimeout: () => void client.gaveUp++
  }
  const deadline = new WriteDeadline(response, 1000, deadlines)
  const write = (bytes: number) => {
    deadline.handed(bytes)
    client.pending += bytes
    deadline.wait()
  }
  return { clock, client, deadline, deadlines, write }
}

t.test('gives a client up that takes nothing for the whole time, and not before', async t => {
  const { clock, client, write } = make(t)
  write(100)
  clock.pass(500)
  write(100)
  clock.pass(499)
  t.equal(client.gaveUp, 0)
  clock.pass(LATE)
  t.equal(client.gaveUp, 1)
})

t.test('counts from the last time at which nothing waited', async t => {
  const { clock, client, deadline, write } = make(t)
  write(100)
  clock.pass(900)
  client.pending = 0
  deadline.taken()
  write(100)
  clock.pass(999)
  t.equal(client.gaveUp, 0)
  clock.pass(LATE)
  t.equal(client.gaveUp, 1)
})

t.test('goes on with a client that takes a little', async t => {
  const { clock, client, write } = make(t)
  write(1000)
  for (let i = 0; i < 100; i++) {
    clock.pass(400)
    client.pending--
  }
  t.equal(client.gaveUp, 0)
  clock.pass(2000)
  t.equal(client.gaveUp, 1)
})

t.test('sets no timer once everything was taken', async t => {
  const { clock, client, deadlines, write } = make(t)
  write(100)
  client.pending = 0
  clock.pass(1000)
  t.strictSame([client.gaveUp, deadlines.size, clock.timers], [0, 0, 0])
  write(100)
  clock.pass(1000 + LATE)
  t.equal(client.gaveUp, 1)
})

t.test('does nothing if the client has taken everything when the time is up', async t => {
  const { clock, client, deadline, deadlines, write } = make(t)
  write(100)
  deadline.taken()
  clock.pass(1000 + LATE)
  t.strictSame([client.gaveUp, deadlines.size, clock.timers], [0, 0, 0])
})

t.test('does not count the time before the head was sent', async t => {
  const { clock, client, deadline } = make(t, false)
  deadline.wait()
  clock.pass(5000)
  t.equal(client.gaveUp, 0)
  client.headersSent = true
  client.pending = 100
  clock.pass(2000)
  t.equal(client.gaveUp, 1)
})

t.test('gives nobody up after the end', async t => {
  const { clock, client, deadline, write } = make(t)
  write(100)
  deadline.stop()
  clock.pass(5000)
  t.strictSame([client.gaveUp, clock.timers], [0, 0])
})
