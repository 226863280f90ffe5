import t, { type Test } from 'tap'
import { delayOf, retryAfterOf } from '../../../client/connection/backoff.js'
import { type OpenStreamOptions, openStream, type Reconnect, SseStreamError } from '../../../client/index.js'
import {
  all,
  broken,
  DONE,
  events,
  hangUp,
  type Script,
  scriptedServer,
  status
} from '../../helpers/scripted-server.js'
import { until } from '../../helpers/until.js'

const WHOLE = all(`data: a\n\n${DONE}`)
const POST = { body: { prompt: 'hi' } }

/** Reads a stream to its end, and ends each wait for a retry at once. */
async function read(t: Test, options: OpenStreamOptions, ...scripts: [Script, ...Script[]]) {
  const { url, calls } = await scriptedServer(t, ...scripts)
  const reconnects: Reconnect[] = []
  const stream = openStream(`${url}/stream`, {
    onReconnect: reconnect => {
      reconnects.push(reconnect)
      setImmediate(() => stream.retryNow())
    },
    ...options
  })
  const given: unknown[] = []
  let error: SseStreamError | undefined
  try {
    for await (const { data } of stream) given.push(data)
  } catch (thrown) {
    error = thrown as SseStreamError
  }
  return { calls, given, error, stream, reconnects, asked: calls.map(({ method, url }) => `${method} ${url}`) }
}

t.test('a response that breaks off, or ends too early', async t => {
  for (const [how, cut] of Object.entries({ 'breaks off': broken, 'ends too early': all })) {
    t.test(`${how}: goes on after the last event`, async t => {
      for (const options of [{}, POST]) {
        const { calls, given, stream } = await read(
          t,
          options,
          cut('id: 1\ndata: a\n\ndata: b\n\n', { 'x-stream-id': 'abc' }),
          all(`id: 3\ndata: c\n\n${DONE}`)
        )
        t.strictSame(given, ['a', 'b', 'c', {}])
        const [first, second] = calls
        t.match(second, { method: first?.method, url: '/stream', body: first?.body, headers: { 'last-event-id': '1' } })
        t.equal(stream.reconnects, 1)
      }
    })

    t.test(`${how}: is followed by its id from its start, before the first event`, async t => {
      for (const options of [{}, POST]) {
        const { asked, given, calls } = await read(t, options, cut(':\n', { 'x-stream-id': 'abc' }), WHOLE)
        t.strictSame(given, ['a', {}])
        t.equal(asked[1], 'GET /stream/abc')
        t.equal(calls[1]?.headers['last-event-id'], undefined)
      }
    })

    t.test(`${how}: is followed by its id if it was resumed by it`, async t => {
      const { asked, calls, given } = await read(t, { resume: 'abc' }, cut('id: 1\ndata: a\n\n'), all(DONE))
      t.strictSame(asked, ['GET /stream/abc', 'GET /stream/abc'])
      t.equal(calls[1]?.headers['last-event-id'], '1')
      t.strictSame(given, ['a', {}])
    })

    t.test(`${how}: is requested again by GET, before the first event`, async t => {
      const { asked, given } = await read(t, {}, cut(), WHOLE)
      t.strictSame(asked, ['GET /stream', 'GET /stream'])
      t.strictSame(given, ['a', {}])
    })

    t.test(`${how}: fails if an event would come twice`, async t => {
      for (const headers of [{}, { 'x-stream-id': 'abc' }] as Record<string, string>[]) {
        const { asked, given, error, stream } = await read(t, {}, cut('data: a\n\n', headers), WHOLE)
        t.strictSame(given, ['a'])
        t.match(error, { code: 'SSE_TRUNCATED', statusCode: undefined })
        t.equal(stream.complete, false)
        t.equal(asked.length, 1)
      }
    })

    t.test(`${how}: fails if the server has reset the id`, async t => {
      const { asked, error } = await read(t, {}, cut('id: 1\ndata: a\n\nid\ndata: b\n\n'), WHOLE)
      t.match(error, { code: 'SSE_TRUNCATED' })
      t.equal(asked.length, 1)
    })

    t.test(`${how}: fails if a POST would have to be sent again`, async t => {
      const { asked, error } = await read(t, POST, cut(), WHOLE)
      t.match(error, { code: 'SSE_TRUNCATED' })
      t.equal(asked.length, 1)
    })
  }

  t.test('has a message and a cause', async t => {
    const early = await read(t, POST, all())
    t.strictSame([early.error?.message, early.error?.cause], ['the response ended too early', undefined])
    const lost = await read(t, POST, broken())
    t.match(lost.error?.message, /^the connection was lost: TypeError: terminated$/)
    t.type(lost.error?.cause, TypeError)
  })

  t.test('rejects text()', async t => {
    const { url } = await scriptedServer(t, all('data: a\n\n'))
    await t.rejects(openStream(url).text(), { code: 'SSE_TRUNCATED' })
  })
})

t.test('a request without a response', async t => {
  t.test('is sent again if that does no harm', async t => {
    const harmless: OpenStreamOptions[] = [
      {},
      { method: 'get' },
      { ...POST, method: 'PUT' },
      { ...POST, headers: { 'Idempotency-Key': 'abc' } },
      { ...POST, lastEventId: 'abc:1' },
      { ...POST, resume: 'abc' }
    ]
    for (const options of harmless) {
      const { given, calls, stream } = await read(t, options, hangUp, WHOLE)
      t.strictSame(given, ['a', {}])
      t.equal(calls.length, 2)
      t.equal(stream.reconnects, 0, 'it has connected once')
    }
  })

  t.test('is not sent again if somebody might pay twice', async t => {
    for (const options of [POST, { method: 'PATCH' }]) {
      const { error, calls, reconnects } = await read(t, options, hangUp, WHOLE)
      t.match(error, {
        code: 'SSE_UNREACHABLE',
        message: /^no response: TypeError: fetch failed \(UND_ERR_SOCKET, http:\/\/127\.0\.0\.1:\d+\/stream\)$/,
        statusCode: undefined
      })
      t.type(error?.cause, TypeError)
      t.equal(calls.length, 1)
      t.strictSame(reconnects, [])
    }
  })
})

t.test('an error response', async t => {
  const isRetried = async (t: Test, code: number, options: OpenStreamOptions) => {
    const { calls, given, error, reconnects } = await read(
      t,
      options,
      status(code, { message: 'no', code: 'NO' }),
      WHOLE
    )
    if (calls.length === 2) {
      t.strictSame(given, ['a', {}])
      t.match(reconnects, [{ attempt: 1, error: { statusCode: code, code: 'NO' } }])
      return true
    }
    t.match(error, { statusCode: code, code: 'NO', message: 'no' })
    return false
  }
  const expected: Record<string, [OpenStreamOptions, number[]]> = {
    GET: [{}, [408, 429, 500, 502, 503, 504]],
    // The server may have begun to answer before it failed.
    POST: [POST, [408, 429, 503]],
    'a POST that goes on': [{ ...POST, lastEventId: '1' }, [408, 429, 500, 502, 503, 504]]
  }
  for (const [what, [options, retried]] of Object.entries(expected)) {
    for (const code of [400, 401, 403, 404, 408, 409, 410, 429, 500, 502, 503, 504]) {
      t.equal(await isRetried(t, code, options), retried.includes(code), `${code} to ${what}`)
    }
  }
})

t.test('a 204 completes the stream of a client that comes back', async t => {
  const { given, stream, error } = await read(t, {}, broken('id: 1\ndata: a\n\n'), status(204))
  t.strictSame([given, error, stream.complete], [['a'], undefined, true])
})

t.test('a 410 has the failure before it as its cause', async t => {
  const gone = { statusCode: 410, code: 'FST_SSE_STREAM_GONE', message: 'the stream has expired' }
  const { error, given } = await read(t, POST, broken('id: 1\ndata: a\n\n'), status(410, gone))
  t.strictSame(given, ['a'])
  t.match(error, { ...gone, cause: { code: 'SSE_TRUNCATED' } })
})

t.test('it gives up', async t => {
  const no = status(503, { statusCode: 503, code: 'FST_SSE_CLOSING', message: 'closing' }, { 'retry-after': '0' })

  t.test('after ten retries', async t => {
    const { calls, error, reconnects } = await read(t, {}, no)
    t.equal(calls.length, 11)
    t.strictSame(
      reconnects.map(({ attempt }) => attempt),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    )
    t.match(error, {
      name: 'SseStreamError',
      message: 'closing (gave up after 10 retries)',
      statusCode: 503,
      code: 'FST_SSE_CLOSING',
      data: { code: 'FST_SSE_CLOSING' },
      cause: { message: 'closing', code: 'FST_SSE_CLOSING', statusCode: 503 }
    })
    t.type(error, SseStreamError)
    const { cause } = error as { cause: SseStreamError }
    t.type(cause, SseStreamError)
    t.equal(cause.cause, reconnects[0]?.error, 'what began it')
    t.equal(reconnects[0]?.error.cause, undefined)
  })

  t.test('after maxRetries', async t => {
    const { calls, error } = await read(t, { maxRetries: 2 }, no)
    t.equal(calls.length, 3)
    t.equal(error?.message, 'closing (gave up after 2 retries)')
  })

  t.test('at once', async t => {
    const { calls, error, reconnects } = await read(t, { maxRetries: 0 }, no)
    t.equal(calls.length, 1)
    t.strictSame([error?.message, error?.cause, reconnects], ['closing', undefined, []])
  })

  t.test('never, if each connection brings an event', async t => {
    const one: Script = call => broken(`id: ${Number(call.headers['last-event-id'] ?? 0) + 1}\ndata: a\n\n`)(call)
    const times: Script[] = [one, no, one, no, one, no]
    const { given, error } = await read(t, { maxRetries: 2 }, one, no, ...times, all(DONE))
    t.strictSame([given, error], [['a', 'a', 'a', 'a', {}], undefined])
    const patient = await read(t, { maxRetries: Number.POSITIVE_INFINITY }, ...(Array(20).fill(no) as [Script]), WHOLE)
    t.strictSame(patient.given, ['a', {}])
  })
})

t.test('it waits', async t => {
  const delays = async (t: Test, options: OpenStreamOptions, ...scripts: [Script, ...Script[]]) => {
    const { reconnects, error } = await read(t, options, ...scripts, WHOLE)
    t.equal(error, undefined)
    return reconnects.map(({ delay }) => delay)
  }
  t.intercept(Math, 'random', { value: () => 0.5 })

  t.test('longer each time, up to a limit', async t => {
    const no = status(503)
    t.strictSame(await delays(t, {}, no, no, no, no, no, no, no), [500, 1000, 2000, 4000, 8000, 15_000, 15_000])
    t.strictSame(await delays(t, { retryDelay: 100, maxRetryDelay: 300 }, no, no, no), [50, 100, 150])
  })

  t.test('for what the server asks for with retry, and beyond that', async t => {
    const one = broken('retry: 3000\nid: 1\ndata: a\n\n')
    t.strictSame(await delays(t, {}, one, status(503), broken('retry: 0\n\n'), hangUp), [3500, 4000, 2000, 4000])
  })

  t.test('not for longer than maxRetryDelay because of a retry', async t => {
    for (const retry of ['99999999999', '9'.repeat(400)]) {
      const cut = broken(`retry: ${retry}\nid: 1\ndata: a\n\n`)
      t.strictSame(await delays(t, {}, cut), [30_500])
      t.strictSame(await delays(t, { maxRetryDelay: 5000 }, cut), [5500])
    }
  })

  t.test('for Retry-After, if that is longer', async t => {
    const after = (value: string) => status(503, '', { 'retry-after': value })
    t.strictSame(await delays(t, {}, after('2'), after('0'), after('x')), [2500, 1000, 2000])
    t.strictSame(
      await delays(t, {}, broken('retry: 9000\n\n'), after('2'), broken(), after('10')),
      [9500, 10_000, 11_000, 14_000]
    )
  })

  t.test('until a date', async t => {
    const [delay = 0] = await delays(t, {}, call => {
      status(503, '', { 'retry-after': new Date(Date.now() + 20_000).toUTCString() })(call)
    })
    t.ok(delay > 10_000 && delay < 21_000, String(delay))
  })

  t.test('not at all if the server asks for more than maxRetryDelay', async t => {
    for (const options of [{}, POST]) {
      const { error, calls, reconnects } = await read(
        t,
        options,
        status(429, { message: 'slow down' }, { 'retry-after': '31' }),
        WHOLE
      )
      t.match(error, { statusCode: 429, message: 'slow down', retryAfter: 31_000 })
      t.equal(calls.length, 1)
      t.strictSame(reconnects, [])
    }
    t.strictSame(await delays(t, { maxRetryDelay: 40_000 }, status(429, '', { 'retry-after': '31' })), [31_500])
  })
})

t.test('the next request is sent when the wait is over', async t => {
  const { url, calls } = await scriptedServer(t, hangUp, WHOLE)
  t.equal(await openStream(url, { retryDelay: 1 }).text(), 'a')
  t.equal(calls.length, 2)
})

t.test('retryNow() does nothing outside a wait', async t => {
  const { url, calls } = await scriptedServer(t, events('data: a\n\n'))
  const stream = openStream(url)
  stream.retryNow()
  for await (const _ of stream) {
    stream.retryNow()
    break
  }
  stream.retryNow()
  await until('the request is over', () => calls[0]?.isOver)
  t.equal(calls.length, 1)
})

t.test('an outage of the event store', async t => {
  const later = all('retry: 1\n')
  for (const end of ['done', false] as const) {
    t.test(`is waited for: end ${end}`, async t => {
      const { given, asked, stream } = await read(
        t,
        { ...POST, end },
        broken('id: abc:1\ndata: a\n\n', { 'x-stream-id': 'abc' }),
        later,
        all(`id: abc:2\ndata: b\n\n${end ? DONE : ''}`, { 'x-stream-id': 'abc' })
      )
      t.strictSame(given.slice(0, 2), ['a', 'b'])
      t.strictSame(asked, ['POST /stream', 'POST /stream', 'POST /stream'])
      t.match(stream, { id: 'abc', complete: true })
    })
  }
  t.test('is waited for before the first event', async t => {
    const { given } = await read(t, {}, later, WHOLE)
    t.strictSame(given, ['a', {}])
  })
})

t.test('the wait', async t => {
  t.test('has any length up to its limit', async t => {
    const delays = Array.from({ length: 1000 }, () => delayOf(2, 100, 10, 1000))
    t.ok(Math.min(...delays) >= 100 && Math.min(...delays) < 110)
    t.ok(Math.max(...delays) <= 140 && Math.max(...delays) > 130)
  })

  t.test('is read from Retry-After', async t => {
    const read = (value: string) => retryAfterOf(new Headers({ 'retry-after': value }))
    t.strictSame(['3', '0', '', 'soon', '-1', new Date(0).toUTCString()].map(read), [
      3000,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined
    ])
    t.equal(retryAfterOf(new Headers()), undefined)
  })
})
