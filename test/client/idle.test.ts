import { getEventListeners } from 'node:events'
import t from 'tap'
import { withTimeout } from '../../client/connection/with-timeout.js'
import { openStream } from '../../client/index.js'
import { all, DONE, events, type Script, scriptedServer } from '../helpers/scripted-server.js'
import { node } from '../helpers/stepped.js'
import { tcpProxy } from '../helpers/tcp-proxy.js'
import { holdTimers } from '../helpers/timers.js'
import { until } from '../helpers/until.js'

/** A duration that no other timer has. */
const idleTimeout = 54_321

t.test('a connection that died without a word is replaced', async t => {
  const timers = holdTimers(t, idleTimeout)
  const { port, sources } = await node(t)
  const proxy = await tcpProxy(t, port)
  const url = `http://127.0.0.1:${proxy.port}/`
  const given: unknown[] = []
  const errors: unknown[] = []
  const stream = openStream(url, {
    body: {},
    idleTimeout,
    retryDelay: 0,
    onReconnect: ({ error }) => errors.push(error)
  })
  const over = (async () => {
    for await (const { data } of stream) given.push(data)
  })()
  await until('the source runs', () => sources.length === 1)
  sources[0]?.give('a')
  await until('the first event', () => given.length === 1)
  proxy.forget()
  sources[0]?.give('b', undefined)
  timers.runOut()
  await over
  t.strictSame(given, ['a', 'b', {}])
  t.equal(stream.reconnects, 1)
  t.match(errors, [
    { code: 'SSE_TRUNCATED', message: `the connection was lost: Error: nothing arrived for ${idleTimeout} ms` }
  ])
})

t.test('any byte counts as activity', async t => {
  const timers = holdTimers(t, idleTimeout)
  const { url, calls } = await scriptedServer(t, events(':\n'))
  const over = (async () => {
    for await (const _ of openStream(url, { idleTimeout }));
  })()
  // One for the head, and one for the first bytes.
  await until('the first bytes', () => timers.total === 3)
  for (const [i, text] of [':\n', ':', '\n', 'data: not complete'].entries()) {
    calls[0]?.response.write(text)
    await until('the bytes', () => timers.total === 4 + i)
    t.equal(timers.set, 1)
  }
  calls[0]?.response.end(`\n\n${DONE}`)
  await over
  t.equal(timers.set, 0)
})

t.test('the head of a response', async t => {
  const silent: Script = () => {}
  const late = `no response: Error: nothing arrived for ${idleTimeout} ms`

  t.test('that does not arrive is requested again if that does no harm', async t => {
    const timers = holdTimers(t, idleTimeout)
    const { url, calls } = await scriptedServer(t, silent, all(DONE))
    const text = openStream(url, { idleTimeout, retryDelay: 0 }).text()
    await until('the request', () => calls.length === 1)
    timers.runOut()
    t.equal(await text, '')
    t.equal(calls.length, 2)
    await until('the first request is over', () => calls[0]?.isOver)
  })

  t.test('that does not arrive for a POST', async t => {
    const timers = holdTimers(t, idleTimeout)
    const { url, calls } = await scriptedServer(t, silent)
    const text = openStream(url, { idleTimeout, body: {} }).text()
    text.catch(() => {})
    await until('the request', () => calls.length === 1)
    timers.runOut()
    await t.rejects(text, { code: 'SSE_UNREACHABLE', message: late })
    await until('the request is over', () => calls[0]?.isOver)
    t.equal(calls.length, 1)
  })
})

t.test('an error response without its body is waited for at most idleTimeout', async t => {
  const timers = holdTimers(t, idleTimeout)
  const { url, calls } = await scriptedServer(t, ({ response }) => {
    response.writeHead(409).flushHeaders()
  })
  const text = openStream(url, { idleTimeout }).text()
  text.catch(() => {})
  await until('the head', () => timers.total === 2)
  timers.runOut()
  await t.rejects(text, { statusCode: 409, message: 'the server responded with 409' })
  await until('the request is over', () => calls[0]?.isOver)
})

t.test('the time that the reader takes does not count', async t => {
  const timers = holdTimers(t, idleTimeout)
  const { url } = await scriptedServer(t, all(`data: a\n\ndata: b\n\n${DONE}`))
  for await (const _ of openStream(url, { idleTimeout })) t.equal(timers.set, 0)
})

t.test('the server may stay silent', async t => {
  const limits: [string, number | false | undefined, number][] = [
    ['45 seconds', undefined, 45_000],
    ['as long as a timer takes', 2 ** 40, 2 ** 31 - 1],
    ['without a limit', false, 2 ** 31 - 1]
  ]
  for (const [name, limit, ms] of limits) {
    t.test(name, async t => {
      const timers = holdTimers(t, ms)
      const { url } = await scriptedServer(t, all(DONE))
      await openStream(url, { idleTimeout: limit }).text()
      t.equal(timers.total, 2)
    })
  }
})

t.test('data that arrived while the process was busy is read before the timeout', async t => {
  // When several things are due, timers go off first and immediates last.
  await new Promise(setImmediate)
  const work = new Promise(resolve => setImmediate(resolve, 'found'))
  const waiting = withTimeout(work, 0, new AbortController().signal)
  const due = performance.now() + 20
  while (performance.now() < due);
  t.equal(await waiting, 'found')
})

t.test('a wait leaves nothing behind', async t => {
  const { signal } = new AbortController()
  const timers = holdTimers(t, idleTimeout)
  t.equal(await withTimeout(Promise.resolve('found'), idleTimeout, signal), 'found')
  await t.rejects(withTimeout(Promise.reject(new RangeError()), idleTimeout, signal), RangeError)
  t.strictSame([getEventListeners(signal, 'abort'), timers.set, timers.total], [[], 0, 2])
})
