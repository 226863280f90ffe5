import t, { type Test } from 'tap'
import { type OpenStreamOptions, openStream, SseStreamError } from '../../client/index.js'
import { all, broken, DONE, events, hangUp, type Script, scriptedServer, status } from '../helpers/scripted-server.js'
import { skipTimers } from '../helpers/timers.js'
import { until } from '../helpers/until.js'

const POST = { body: { prompt: 'hi' } }

const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error)

// What servers do.

t.test('a server that starts over instead of resuming is left after the first event', async t => {
  const bodies: Record<string, [body: string, given: string]> = {
    'ids that grow': ['id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n', 'abc'],
    'a single event': ['id: 1\ndata: a\n\n', 'a'],
    'the same id for all events': ['id: x\ndata: a\n\nid: x\ndata: b\n\n', 'ab'],
    'an id of 0': ['id: 0\ndata: a\n\nid: 1\ndata: b\n\n', 'ab'],
    'an event without an id first': ['data: a\n\nid: 1\ndata: b\n\nid: 2\ndata: c\n\n', 'abc']
  }
  for (const [name, [body, text]] of Object.entries(bodies)) {
    for (const options of [{}, POST] as OpenStreamOptions[]) {
      t.test(`${name}, by ${options.body ? 'POST' : 'GET'}`, async t => {
        const { url, calls } = await scriptedServer(t, all(body))
        const stream = openStream(url, { ...options, retryDelay: 0 })
        let given = ''
        const error = await failure(
          (async () => {
            for await (const { data } of stream) {
              given += data
              if (given.length > 50) throw new Error('it never ends')
            }
          })()
        )
        t.type(error, SseStreamError)
        t.match(error, { code: 'SSE_RESPONSE_INVALID', message: /^the server did not resume after event / })
        t.equal(calls.length, 2)
        // An event without an id cannot be recognized.
        t.equal(given, name.startsWith('an event without') ? `${text}a` : text)
      })
    }
  }

  t.test('also if the position was given as an option', async t => {
    const { url, calls } = await scriptedServer(t, all(`id: 7\ndata: a\n\n${DONE}`))
    await t.rejects(openStream(url, { lastEventId: '7' }).text(), {
      code: 'SSE_RESPONSE_INVALID',
      message: 'the server did not resume after event 7: it sent event 7 again'
    })
    t.equal(calls.length, 1)
  })

  t.test('but not one that only repeats the position', async t => {
    const { url } = await scriptedServer(
      t,
      broken('id: 1\ndata: a\n\nid: 2\ndata: b\n\n'),
      all(`id: 2\n\nid: 3\ndata: c\n\n${DONE}`)
    )
    t.equal(await openStream(url, { retryDelay: 0 }).text(), 'abc')
  })

  t.test('but not one that was asked for the stream from its start', async t => {
    const { url, calls } = await scriptedServer(t, broken('id: 1\n\nid\n\n'), all(`id: 1\ndata: a\n\n${DONE}`))
    t.equal(await openStream(url, { retryDelay: 0 }).text(), 'a')
    t.equal(calls.length, 2)
  })
})

t.test('an id that no header can carry', async t => {
  for (const id of ['\x01', 'a\fb', 'a\x1b', '\x7f', '漢\x02']) {
    t.test(`${JSON.stringify(id)} fails a stream that breaks off after it, at once`, async t => {
      const { url, calls } = await scriptedServer(t, broken(`id: ${id}\ndata: a\n\n`), all(DONE))
      const stream = openStream(url)
      await t.rejects(stream.text(), { code: 'SSE_TRUNCATED' })
      t.equal(stream.lastEventId, id)
      t.equal(calls.length, 1)
    })

    t.test(`${JSON.stringify(id)} is not sent before the first event`, async t => {
      const { url, calls } = await scriptedServer(
        t,
        broken(`id: ${id}\n\n`, { 'x-stream-id': 'abc' }),
        all(`id: 1\ndata: a\n\n${DONE}`)
      )
      t.equal(await openStream(url, { ...POST, retryDelay: 0 }).text(), 'a')
      t.match(calls[1], { method: 'GET', url: '/abc', headers: { 'last-event-id': undefined } })
    })

    t.test(`${JSON.stringify(id)} of the caller is refused`, async t => {
      t.throws(() => openStream('/', { lastEventId: id }), new TypeError('a header cannot carry this lastEventId'))
    })
  }

  t.test('may have a tab, and characters beyond ASCII', async t => {
    for (const id of ['a\tb', 'ü漢👩‍🚀', '\u0085', '~']) {
      const { url, calls } = await scriptedServer(t, broken(`id: ${id}\ndata: a\n\n`), all(DONE))
      t.equal(await openStream(url, { retryDelay: 0 }).text(), 'a')
      t.equal(Buffer.from(String(calls[1]?.headers['last-event-id']), 'latin1').toString(), id)
    }
  })
})

t.test('a connection that is cut after the last event completes the stream', async t => {
  for (const text of [DONE, `data: a\n\n${DONE}`, `${DONE}data: not read`]) {
    const { url, calls } = await scriptedServer(t, broken(text))
    const stream = openStream(url)
    await stream.text()
    t.equal(stream.complete, true)
    t.equal(calls.length, 1)
  }
})

t.test('a retry that is too long for a timer is waited for if maxRetryDelay allows it', async t => {
  for (const retry of ['99999999999', '9'.repeat(400)]) {
    const { url, calls } = await scriptedServer(t, broken(`retry: ${retry}\nid: 1\n\n`), all(DONE))
    const longest = skipTimers(t, ms => ms > 2 ** 30)
    const delays: number[] = []
    await openStream(url, {
      maxRetryDelay: Number.POSITIVE_INFINITY,
      onReconnect: ({ delay }) => delays.push(delay)
    }).text()
    t.equal(calls.length, 2)
    t.ok(delays[0] !== undefined && delays[0] >= Number(retry))
    t.strictSame(longest, [2 ** 31 - 1], 'no timer goes off at once')
  }
})

t.test('a server that closes a resumed stream before an event is asked for the same position', async t => {
  const { url, calls } = await scriptedServer(t, all(), broken(), status(503), all(DONE))
  await openStream(url, { lastEventId: '7', retryDelay: 0 }).text()
  t.strictSame(
    calls.map(({ headers }) => headers['last-event-id']),
    ['7', '7', '7', '7']
  )
})

t.test('a 200 with an error instead of events is given up', async t => {
  for (const text of [
    '{"message":"Internal error"}',
    '<h1>Bad gateway</h1>',
    'data: {"error":',
    ': only a comment\n\n'
  ]) {
    const { url, calls } = await scriptedServer(t, all(text))
    await t.rejects(openStream(url, { retryDelay: 0, maxRetries: 3 }).text(), {
      code: 'SSE_TRUNCATED',
      message: 'the response ended too early (gave up after 3 retries)'
    })
    t.equal(calls.length, 4)
  }
})

// What callers do.

t.test('a read after the end gives no event', async t => {
  const { url } = await scriptedServer(t, all(`data: a\n\n${DONE}`))
  const whole = openStream(url)[Symbol.asyncIterator]()
  const results = await Promise.all(Array.from({ length: 4 }, () => whole.next()))
  t.strictSame(
    results.map(({ done }) => done),
    [false, false, true, true]
  )
  t.strictSame(await whole.next(), { done: true, value: undefined })
  const closed = openStream(url)
  const iterator = closed[Symbol.asyncIterator]()
  await iterator.next()
  closed.close()
  t.strictSame(await iterator.next(), { done: true, value: undefined })
})

t.test('a signal that is aborted by a callback ends the retries', async t => {
  for (const script of [hangUp, status(503), all(), broken()]) {
    const controller = new AbortController()
    const { url, calls } = await scriptedServer(t, script)
    const onReconnect = () => controller.abort()
    await t.rejects(openStream(url, { signal: controller.signal, onReconnect }).text(), { name: 'AbortError' })
    t.equal(calls.length, 1)
  }
})

t.test('a resumed stream can be stopped', async t => {
  const { url, calls } = await scriptedServer(t, events('id: abc:2\ndata: b\n\n'), status(204))
  const stream = openStream(url, { resume: 'abc', lastEventId: 'abc:1' })
  for await (const _ of stream) t.equal(await stream.stop(), true)
  await until('the request is over', () => calls[0]?.isOver)
  t.match(calls, [
    { method: 'GET', url: '/abc' },
    { method: 'DELETE', url: '/abc' }
  ])
})

// What implementations of fetch do.

/** A body that stays open, and tells whether it was cancelled. */
function openBody(text: string) {
  const self = { isCancelled: false, body: undefined as ReadableStream | undefined }
  self.body = new ReadableStream({
    start: controller => controller.enqueue(Buffer.from(text)),
    cancel() {
      self.isCancelled = true
    }
  })
  return self
}

t.test('a fetch that ignores its signal leaves no body open', async t => {
  const isCancelled = async (
    t: Test,
    text: string,
    read: (stream: ReturnType<typeof openStream>) => Promise<unknown>,
    options: OpenStreamOptions = {},
    headers: Record<string, string> = { 'content-type': 'text/event-stream' }
  ) => {
    const opened = openBody(text)
    const send = async () => new Response(opened.body, { headers })
    await read(openStream('/', { maxRetries: 0, ...options, fetch: send }))
    await until('the body is cancelled', () => opened.isCancelled)
    t.pass('the body is cancelled')
  }
  await isCancelled(t, 'data: a\n\n', async stream => {
    for await (const _ of stream) break
  })
  await isCancelled(t, 'data: a\n\n', async stream => {
    for await (const _ of stream) stream.close()
  })
  await isCancelled(t, 'data: a\n\n', async stream => {
    for await (const _ of stream) await stream.stop()
  })
  await isCancelled(t, DONE, stream => stream.text())
  await isCancelled(t, 'event: error\ndata: no\n\n', stream => failure(stream.text()))
  await isCancelled(t, 'event: n\ndata: {\n\n', stream => failure(stream.text()))
  await isCancelled(t, ':\n', stream => failure(stream.text()), { idleTimeout: 10 })
  await isCancelled(t, '<h1>', stream => failure(stream.text()), {}, { 'content-type': 'text/html' })
})

t.test('a fetch that ignores its signal leaves no body open if it responds after the end', async t => {
  const opened = openBody('data: a\n\n')
  let answer = () => {}
  const send = () =>
    new Promise<Response>(resolve => {
      answer = () => resolve(new Response(opened.body, { headers: { 'content-type': 'text/event-stream' } }))
    })
  const stream = openStream('/', { fetch: send })
  const text = failure(stream.text())
  await new Promise(setImmediate)
  stream.close()
  t.match(await text, { name: 'AbortError' })
  answer()
  await until('the body is cancelled', () => opened.isCancelled)
})

t.test('a body may break off with any reason', async t => {
  for (const reason of [new TypeError('Load failed'), new DOMException('lost', 'NetworkError'), 'lost', undefined]) {
    const bodies = ['id: 1\ndata: a\n\n', `id: 2\ndata: b\n\n${DONE}`]
    const send = async () => {
      const text = bodies.shift()
      const body = new ReadableStream({
        start: controller => controller.enqueue(Buffer.from(String(text))),
        pull: controller => controller.error(reason)
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const errors: unknown[] = []
    const onReconnect: OpenStreamOptions['onReconnect'] = ({ error }) => errors.push([error.code, error.cause])
    t.equal(await openStream('/', { fetch: send, retryDelay: 0, onReconnect }).text(), 'ab')
    t.strictSame(errors, [['SSE_TRUNCATED', reason]])
  }
})

t.test('a fetch that refuses the cache option does not get it', async t => {
  const inits: (RequestInit | undefined)[] = []
  const { url } = await scriptedServer(t, all(DONE))
  // As the fetch of Cloudflare Workers does.
  const strict = (url: string, init: RequestInit) => {
    inits.push(init)
    if ('cache' in init) throw new Error("The 'cache' field on 'RequestInitializerDict' is not implemented.")
    return fetch(url, init)
  }
  class Request {}
  for (const value of [Request, undefined]) {
    const { restore } = t.intercept(globalThis, 'Request', { value })
    t.equal(await openStream(url, { fetch: strict }).text(), '')
    restore()
  }
  t.equal(inits.length, 2)
})

t.test('every rejection is handled', async t => {
  const rejections: unknown[] = []
  const record = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', record)
  t.teardown(() => process.off('unhandledRejection', record))
  const scripts: Record<string, Script> = {
    'no head': () => {},
    'a head': ({ response }) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    'an event': events('data: a\n\n'),
    'an error': ({ response }) => response.writeHead(500).flushHeaders(),
    'no server': hangUp
  }
  for (const script of Object.values(scripts)) {
    const { url, calls } = await scriptedServer(t, script, script, status(204))
    for (const end of ['close', 'stop', 'return', 'signal'] as const) {
      const controller = new AbortController()
      const stream = openStream(url, { signal: controller.signal })
      const iterator = stream[Symbol.asyncIterator]()
      const next = failure(iterator.next())
      await until('the request', () => calls.length > 0)
      await new Promise(setImmediate)
      if (end === 'close') stream.close()
      else if (end === 'return') void iterator.return?.()
      else if (end === 'signal') controller.abort()
      else void stream.stop()
      calls.length = 0
      await next
    }
  }
  await new Promise(resolve => setTimeout(resolve, 50))
  t.strictSame(rejections, [])
})
