import t from 'tap'
import { openStream } from '../../client/index.js'
import { type Generate, streamRoutes } from '../../routes/index.js'
import { all, broken, DONE, events, hangUp, type Script, scriptedServer, status } from '../helpers/scripted-server.js'
import { serve } from '../helpers/server.js'
import { holdTimers } from '../helpers/timers.js'
import { until } from '../helpers/until.js'

const one = events('id: abc:1\ndata: a\n\n', { 'x-stream-id': 'abc' })

/** Reads a stream to its end. @returns the data of its events */
async function read(stream: AsyncIterable<{ data: unknown }>): Promise<unknown[]> {
  const given: unknown[] = []
  for await (const { data } of stream) given.push(data)
  return given
}

t.test('stops the source', async t => {
  const aborted: unknown[] = []
  const generate: Generate = async function* (_input, { signal }) {
    yield 'a'
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    aborted.push(signal.reason)
    return { finishReason: 'stop' }
  }
  const { url } = await serve(t, app =>
    app.register(streamRoutes, { generate, resumable: { onDisconnect: 'continue' } })
  )
  const stream = openStream(`${url}/stream`, { body: { prompt: 'hi' } })
  for await (const { data } of stream) {
    t.equal(data, 'a')
    t.equal(stream.stopped, false)
    t.equal(await stream.stop(), true)
  }
  t.equal(stream.stopped, true, 'which the loop can tell from close()')
  await until('the source is aborted', () => aborted.length === 1)
  t.equal(stream.complete, false)
  t.equal(await stream.stop(), true, 'it has ended already')
})

t.test('sends the DELETE with the headers and the query of the stream', async t => {
  const { url, calls } = await scriptedServer(t, one, status(204))
  const stream = openStream(`${url}/stream?a=b`, { body: { prompt: 'hi' }, headers: { authorization: 'me' } })
  const over = read(stream)
  await until('the event', () => stream.lastEventId)
  t.equal(await stream.stop(), true)
  t.strictSame(await over, ['a'])
  await until('the request is over', () => calls[0]?.isOver)
  t.match(calls[1], {
    method: 'DELETE',
    url: '/stream/abc?a=b',
    body: '',
    headers: { authorization: 'me', 'content-type': undefined, 'last-event-id': undefined }
  })
  t.equal(calls.length, 2)
})

t.test('before the head arrives, waits for it to learn the id', async t => {
  let begin = () => {}
  const late: Script = call => {
    begin = () => one(call)
  }
  const { url, calls } = await scriptedServer(t, late, status(204))
  const stream = openStream(`${url}/stream`, { body: { prompt: 'hi' } })
  const over = read(stream)
  await until('the request', () => calls.length === 1)
  const stopped = stream.stop()
  t.strictSame(await over, [], 'the loop ends at once')
  t.equal(calls[0]?.isOver, false)
  begin()
  t.equal(await stopped, true)
  await until('the request is over', () => calls[0]?.isOver)
  t.match(calls[1], { method: 'DELETE', url: '/stream/abc' })
  t.equal(stream.id, 'abc')
})

t.test('before the head arrives, waits for at most idleTimeout', async t => {
  const timers = holdTimers(t, 54_321)
  const { url, calls } = await scriptedServer(t, () => {})
  const stream = openStream(url, { body: {}, idleTimeout: 54_321 })
  const over = read(stream)
  await until('the request', () => calls.length === 1)
  const stopped = stream.stop()
  await over
  await until('the wait', () => timers.set === 1)
  timers.runOut()
  t.equal(await stopped, false)
  t.match(stream.stopError, { code: 'SSE_UNREACHABLE', message: /nothing arrived for 54321 ms \(http:\/\/127/ })
  await until('the request is over', () => calls[0]?.isOver)
  t.equal(calls.length, 1)
})

t.test('before the head of an error response arrives', async t => {
  let answer = () => {}
  const { url, calls } = await scriptedServer(t, call => {
    answer = () => status(429)(call)
  })
  const stream = openStream(url, { body: {} })
  const over = read(stream)
  await until('the request', () => calls.length === 1)
  const stopped = stream.stop()
  answer()
  t.strictSame(await over, [])
  t.equal(await stopped, false)
  t.equal(stream.stopError, undefined, 'no stream has begun')
  t.equal(calls.length, 1)
})

t.test('before it is read', async t => {
  const { url, calls } = await scriptedServer(t, status(204))
  const stream = openStream(url)
  t.equal(await stream.stop(), false)
  t.strictSame(await read(stream), [])
  t.equal(calls.length, 0)
  t.equal(await openStream(url, { resume: 'abc' }).stop(), true)
  t.match(calls, [{ method: 'DELETE', url: '/abc' }])
})

t.test('while it waits for the next connection', async t => {
  const { url, calls } = await scriptedServer(
    t,
    broken('id: abc:1\ndata: a\n\n', { 'x-stream-id': 'abc' }),
    status(204)
  )
  let isWaiting = false
  const stream = openStream(url, {
    retryDelay: 2 ** 30,
    maxRetryDelay: 2 ** 30,
    onReconnect: () => {
      isWaiting = true
    }
  })
  const over = read(stream)
  await until('the wait', () => isWaiting)
  t.equal(await stream.stop(), true)
  t.strictSame(await over, ['a'])
  t.match(calls, [{}, { method: 'DELETE', url: '/abc' }])
})

t.test('a stream without an id only ends its request', async t => {
  const { url, calls } = await scriptedServer(t, events('data: a\n\n'))
  const stream = openStream(url)
  for await (const _ of stream) t.equal(await stream.stop(), false)
  t.match(stream.stopError, { code: 'SSE_ID_UNKNOWN', message: /no header x-stream-id/ })
  await until('the request is over', () => calls[0]?.isOver)
  t.equal(calls.length, 1)
})

t.test('a complete stream sends no DELETE', async t => {
  const { url, calls } = await scriptedServer(t, all(DONE, { 'x-stream-id': 'abc' }))
  const stream = openStream(url)
  await stream.text()
  t.equal(await stream.stop(), false)
  t.match(stream, { complete: true, stopped: false, stopError: undefined })
  t.equal(calls.length, 1)
})

t.test('a stream that somebody else has stopped sends no DELETE', async t => {
  const { url, calls } = await scriptedServer(t, all('event: stopped\ndata: {}\n\n', { 'x-stream-id': 'abc' }))
  const stream = openStream(url)
  await read(stream)
  t.equal(await stream.stop(), true)
  t.match(stream, { stopped: true, stopError: undefined })
  t.equal(calls.length, 1)
})

t.test('a server that does not confirm it', async t => {
  const answers: Record<string, [Script, object | undefined]> = {
    'knows no such stream': [status(404), undefined],
    'has forgotten it': [status(410), undefined],
    'hangs up': [hangUp, { code: 'SSE_UNREACHABLE', message: /\(UND_ERR_SOCKET, http:\/\/127.0.0.1:\d+\/abc\)$/ }],
    fails: [status(500, { code: 'DOWN', message: 'down' }), { code: 'DOWN', message: 'down', statusCode: 500 }],
    'lets others do that': [status(403), { code: 'SSE_STATUS', statusCode: 403 }]
  }
  for (const [what, [answer, stopError]] of Object.entries(answers)) {
    t.test(what, async t => {
      const { url, calls } = await scriptedServer(t, one, answer)
      const stream = openStream(url, { body: {} })
      for await (const _ of stream) t.equal(await stream.stop(), false)
      t.match(stream, { stopped: true, stopError })
      t.equal(calls.length, 2)
    })
  }

  t.test('and confirms it when it is asked again', async t => {
    const { url, calls } = await scriptedServer(t, one, status(503), status(204))
    const stream = openStream(url, { body: {} })
    for await (const _ of stream) {
      t.equal(await stream.stop(), false)
      t.match(stream.stopError, { statusCode: 503 })
      t.equal(await stream.stop(), true)
      t.equal(stream.stopError, undefined)
    }
    t.equal(calls.length, 3)
  })

  t.test('does not respond', async t => {
    const timers = holdTimers(t, 54_321)
    const { url, calls } = await scriptedServer(t, one, () => {})
    const stream = openStream(url, { body: {}, idleTimeout: 54_321 })
    for await (const _ of stream) {
      const stopped = stream.stop()
      await until('the request', () => calls.length === 2)
      timers.runOut()
      t.equal(await stopped, false)
    }
  })
})

t.test('does not reject if the headers function throws', async t => {
  const { url } = await scriptedServer(t, one)
  let isBroken = false
  const headers = () => {
    if (isBroken) throw new Error('no token')
    return {}
  }
  const stream = openStream(url, { headers })
  for await (const _ of stream) {
    isBroken = true
    t.equal(await stream.stop(), false)
  }
})
