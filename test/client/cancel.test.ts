import { getEventListeners } from 'node:events'
import t, { type Test } from 'tap'
import { type OpenStreamOptions, openStream, type SseStream, type StreamEvent } from '../../client/index.js'
import { all, broken, DONE, events, type Script, scriptedServer, status } from '../helpers/scripted-server.js'
import { holdTimers } from '../helpers/timers.js'
import { until } from '../helpers/until.js'

const silent: Script = () => {}
const reason = new RangeError('enough')

/** What a reader waits for when its stream is ended, and how the server brings it there. */
const WAITS: Record<string, { scripts: [Script, ...Script[]]; given: number }> = {
  'the head of the response': { scripts: [silent], given: 0 },
  'the first event': { scripts: [events()], given: 0 },
  'the next event': { scripts: [events('id: 1\ndata: a\n\n')], given: 1 },
  'the next connection': { scripts: [broken('id: 1\ndata: a\n\n')], given: 1 },
  'the body of an error response': { scripts: [({ response }) => response.writeHead(409).flushHeaders()], given: 0 }
}

/** Opens a stream, and lets it wait. */
async function waiting(t: Test, { scripts, given: count }: (typeof WAITS)[string], options: OpenStreamOptions = {}) {
  const { url, calls } = await scriptedServer(t, ...scripts)
  let isBackingOff = false
  const stream = openStream(url, {
    ...options,
    retryDelay: 2 ** 30,
    maxRetryDelay: 2 ** 30,
    onReconnect: () => {
      isBackingOff = true
    }
  })
  const given: StreamEvent[] = []
  const over = (async () => {
    for await (const event of stream) given.push(event)
  })()
  over.catch(() => {})
  await until('the request', () => calls.length === 1)
  await until('the events', () => given.length === count)
  if (scripts[0] === WAITS['the next connection']?.scripts[0]) await until('the wait', () => isBackingOff)
  return { stream, over, calls, given }
}

for (const [what, wait] of Object.entries(WAITS)) {
  t.test(`a stream that waits for ${what}`, async t => {
    const isOver = async (t: Test, { calls, given }: Awaited<ReturnType<typeof waiting>>) => {
      await until('the request is over', () => calls[0]?.isOver)
      t.equal(calls.length, 1)
      t.equal(given.length, wait.given)
    }

    t.test('is closed', async t => {
      const reading = await waiting(t, wait)
      reading.stream.close()
      reading.stream.close()
      t.equal(await reading.over, undefined)
      t.equal(reading.stream.complete, false)
      await isOver(t, reading)
    })

    t.test('is ended by its signal', async t => {
      const controller = new AbortController()
      const reading = await waiting(t, wait, { signal: controller.signal })
      t.equal(getEventListeners(controller.signal, 'abort').length, 1)
      controller.abort(reason)
      await t.rejects(reading.over, reason)
      await isOver(t, reading)
      t.equal(getEventListeners(controller.signal, 'abort').length, 0)
    })

    t.test('is left by return()', async t => {
      const { url, calls } = await scriptedServer(t, ...wait.scripts)
      const iterator = openStream(url, { retryDelay: 2 ** 30, maxRetryDelay: 2 ** 30 })[Symbol.asyncIterator]()
      for (let i = 0; i < wait.given; i++) await iterator.next()
      const next = iterator.next()
      await until('the request', () => calls.length === 1)
      t.strictSame(await iterator.return?.(), { done: true, value: undefined })
      t.strictSame(await next, { done: true, value: undefined })
      await until('the request is over', () => calls[0]?.isOver)
    })
  })
}

t.test('a stream with further events in the same chunk', async t => {
  const ways: Record<string, (stream: SseStream, controller: AbortController) => void> = {
    'it is closed': stream => stream.close(),
    'it is stopped': stream => void stream.stop(),
    'it is ended by its signal': (_, controller) => controller.abort(reason)
  }
  for (const [what, end] of Object.entries(ways)) {
    t.test(`${what}: they are not given out`, async t => {
      const { url, calls } = await scriptedServer(t, events('data: a\n\ndata: b\n\n'))
      const controller = new AbortController()
      const stream = openStream(url, { signal: controller.signal })
      const given: unknown[] = []
      const over = (async () => {
        for await (const { data } of stream) {
          given.push(data)
          end(stream, controller)
          await until('the request is over', () => calls[0]?.isOver)
        }
      })()
      if (what === 'it is ended by its signal') await t.rejects(over, reason)
      else await over
      t.strictSame(given, ['a'])
    })
  }
})

t.test('a callback may close the stream', async t => {
  t.test('when a response begins', async t => {
    const { url, calls } = await scriptedServer(t, events('data: a\n\n'))
    for await (const _ of openStream(url, { onOpen: stream => stream.close() })) t.fail('it is closed')
    await until('the request is over', () => calls[0]?.isOver)
  })

  t.test('when a connection is lost', async t => {
    const { url, calls } = await scriptedServer(t, status(503))
    const stream = openStream(url, { retryDelay: 2 ** 30, maxRetryDelay: 2 ** 30, onReconnect: () => stream.close() })
    for await (const _ of stream) t.fail('it is closed')
    t.equal(calls.length, 1)
  })
})

t.test('a loop that is left ends the request', async t => {
  const ways: Record<string, (stream: SseStream) => Promise<void>> = {
    'by break': async stream => {
      for await (const _ of stream) break
    },
    'by return': async stream => {
      for await (const _ of stream) return
    },
    'by an exception': async stream => {
      await t.rejects(async () => {
        for await (const _ of stream) throw reason
      }, reason)
    }
  }
  for (const [how, leave] of Object.entries(ways)) {
    t.test(how, async t => {
      const { url, calls } = await scriptedServer(t, events('data: a\n\ndata: b\n\n'))
      const controller = new AbortController()
      const stream = openStream(url, { signal: controller.signal })
      await leave(stream)
      await until('the request is over', () => calls[0]?.isOver)
      t.equal(stream.complete, false)
      t.equal(getEventListeners(controller.signal, 'abort').length, 0)
    })
  }
})

t.test('a stream that is closed before it is read sends no request', async t => {
  const send = async () => t.fail('nothing is to be sent') as never
  const closed = () => {
    const stream = openStream('/', { fetch: send })
    stream.close()
    return stream
  }
  for await (const _ of closed()) t.fail('there is nothing to give')
  await t.rejects(closed().text(), { name: 'AbortError', message: 'the stream was closed' })
  await new Promise(setImmediate)
})

t.test('a signal that is already aborted sends no request', async t => {
  const { url, calls } = await scriptedServer(t, all(DONE))
  await t.rejects(openStream(url, { signal: AbortSignal.abort(reason) }).text(), reason)
  await t.rejects(openStream(url, { signal: AbortSignal.abort() }).text(), { name: 'AbortError' })
  t.equal(calls.length, 0)
})

t.test('text() rejects if the stream is closed', async t => {
  const { url, calls } = await scriptedServer(t, events('data: a\n\n'))
  const stream = openStream(url)
  const text = stream.text()
  text.catch(() => {})
  await until('the event', () => stream.lastEventId !== undefined || calls.length === 1)
  stream.close()
  await t.rejects(text, { name: 'AbortError' })
})

t.test('a signal may end many streams', async t => {
  const { url } = await scriptedServer(t, events('data: a\n\n'))
  const controller = new AbortController()
  let begun = 0
  const streams = Array.from({ length: 10 }, async () => {
    for await (const _ of openStream(url, { signal: controller.signal })) begun++
  })
  const over = Promise.allSettled(streams)
  await until('all have begun', () => begun === streams.length)
  controller.abort(reason)
  for (const result of await over) t.match(result, { status: 'rejected', reason })
})

t.test('a wait for the next connection leaves no timer behind', async t => {
  t.intercept(Math, 'random', { value: () => 0.5 })
  const timers = holdTimers(t, 27_000)
  const { url } = await scriptedServer(t, status(503))
  const stream = openStream(url, { retryDelay: 54_000, maxRetryDelay: 54_000 })
  const text = stream.text()
  text.catch(() => {})
  await until('the wait', () => timers.set === 1)
  stream.close()
  await t.rejects(text, { name: 'AbortError' })
  t.equal(timers.set, 0)
})
