import createError from '@fastify/error'
import t from 'tap'
import { openStream, SseStreamError } from '../../client/index.js'
import { all, events, scriptedServer, status } from '../helpers/scripted-server.js'
import { node } from '../helpers/stepped.js'
import { until } from '../helpers/until.js'

function failure(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => error)
}

t.test('an error event is thrown', async t => {
  const { url, sources } = await node(t)
  const stream = openStream(url, { body: {} })
  const given: unknown[] = []
  const over = (async () => {
    for await (const { data } of stream) given.push(data)
  })()
  over.catch(() => {})
  await until('the source runs', () => sources.length === 1)
  sources[0]?.give('a', Object.assign(new Error('too long'), { statusCode: 413, code: 'TOO_LONG' }))
  const expected = { statusCode: 413, code: 'TOO_LONG', message: 'too long' }
  await t.rejects(over, { name: 'SseStreamError', ...expected, data: expected, retryAfter: undefined })
  await t.rejects(over, SseStreamError)
  t.strictSame(given, ['a'])
  t.equal(stream.complete, false)
})

t.test('an error event', async t => {
  const cases: [string, string, object][] = [
    [
      'of a 5xx is not tried again',
      '{"statusCode":503,"code":"FST_SSE_PRODUCER_LOST","message":"gone"}',
      { statusCode: 503, code: 'FST_SSE_PRODUCER_LOST', message: 'gone' }
    ],
    [
      'may be text',
      'out of tokens',
      { statusCode: undefined, code: 'SSE_FAILED', message: 'the stream failed', data: 'out of tokens' }
    ],
    [
      'may be other JSON',
      '[1]',
      { statusCode: undefined, code: 'SSE_FAILED', message: 'the stream failed', data: [1] }
    ],
    ['may be null', 'null', { code: 'SSE_FAILED', message: 'the stream failed', data: null }],
    [
      'may have fields of other types',
      '{"statusCode":"429","code":7,"message":{}}',
      { statusCode: 429, code: '7', message: 'the stream failed' }
    ],
    [
      'may have no code',
      '{"type":"error","code":null,"message":"boom","param":null}',
      { code: 'SSE_FAILED', message: 'boom', data: { code: null } }
    ],
    [
      'may have fields that cannot become text',
      '{"statusCode":{"toString":1},"code":{"toString":1},"message":{"toString":1}}',
      { name: 'SseStreamError', statusCode: undefined, code: 'SSE_FAILED', message: 'the stream failed' }
    ],
    [
      'may have fields that are empty or of no use',
      '{"statusCode":1e9,"code":"","message":["a"]}',
      { statusCode: undefined, code: 'SSE_FAILED', message: 'the stream failed' }
    ]
  ]
  for (const [name, data, expected] of cases) {
    t.test(name, async t => {
      const { url, calls } = await scriptedServer(t, events(`id: 1\ndata: a\n\nevent: error\nid: 2\ndata: ${data}\n\n`))
      t.match(await failure(openStream(url).text()), expected)
      await until('the request is over', () => calls[0]?.isOver)
      t.equal(calls.length, 1)
    })
  }
})

t.test('an error response is thrown as Fastify writes it', async t => {
  const TooMany = createError<[]>('TOO_MANY', 'slow down', 402)
  const { url, sources } = await node(t)
  const text = openStream(url, { body: {} }).text()
  text.catch(() => {})
  await until('the source runs', () => sources.length === 1)
  sources[0]?.give(new TooMany())
  const expected = { statusCode: 402, code: 'TOO_MANY', message: 'slow down' }
  await t.rejects(text, { name: 'SseStreamError', ...expected, data: { ...expected, error: 'Payment Required' } })
})

t.test('an error response', async t => {
  const cases: [string, Parameters<typeof status>, object][] = [
    [
      'without a code',
      [400, { statusCode: 400, error: 'Bad Request', message: 'wrong' }],
      { statusCode: 400, code: 'SSE_STATUS', message: 'wrong' }
    ],
    [
      'with an HTML page',
      [404, '<h1>Not here</h1>'],
      { statusCode: 404, code: 'SSE_STATUS', message: 'the server responded with 404', data: '<h1>Not here</h1>' }
    ],
    [
      'without a body',
      [401],
      { statusCode: 401, code: 'SSE_STATUS', message: 'the server responded with 401', data: '' }
    ],
    ['whose body names another status', [403, { statusCode: 500, message: 'no' }], { statusCode: 403, message: 'no' }]
  ]
  for (const [name, answer, expected] of cases) {
    t.test(name, async t => {
      const { url, calls } = await scriptedServer(t, status(...answer))
      t.match(await failure(openStream(url).text()), expected)
      t.equal(calls.length, 1)
    })
  }

  t.test('whose body breaks off', async t => {
    const { url } = await scriptedServer(t, ({ response }) => {
      response.writeHead(409, { 'content-length': '100' })
      response.write('{', () => response.destroy())
    })
    await t.rejects(openStream(url).text(), {
      statusCode: 409,
      code: 'SSE_STATUS',
      message: 'the server responded with 409'
    })
  })
})

t.test('a response that is not an event stream', async t => {
  const types: [Record<string, string>, string][] = [
    [{ 'content-type': 'text/html; charset=utf-8' }, 'text/html; charset=utf-8'],
    [{ 'content-type': 'application/json' }, 'application/json'],
    [{ 'content-type': 'text/event-streams' }, 'text/event-streams'],
    [{}, 'none']
  ]
  for (const [headers, type] of types) {
    t.test(`but of type ${type}`, async t => {
      const { url, calls } = await scriptedServer(t, ({ response }) => {
        response.writeHead(200, headers)
        response.write('<h1>Please sign in</h1>')
      })
      await t.rejects(openStream(url).text(), {
        name: 'SseStreamError',
        statusCode: 200,
        code: 'SSE_RESPONSE_INVALID',
        message: `expected content type text/event-stream, got ${type}`
      })
      await until('the request is over', () => calls[0]?.isOver)
      t.equal(calls.length, 1)
    })
  }

  t.test('but has no body', async t => {
    const send = async () => new Response(null, { headers: { 'content-type': 'text/event-stream' } })
    await t.rejects(openStream('/', { fetch: send }).text(), {
      code: 'SSE_RESPONSE_INVALID',
      message: /^the body is not a readable web stream: TypeError: /,
      cause: TypeError
    })
  })
})

t.test('what a callback throws ends the stream', async t => {
  const cause = new RangeError('mine')
  const fail = () => {
    throw cause
  }
  await t.test('onOpen', async t => {
    const { url, calls } = await scriptedServer(t, events())
    await t.rejects(openStream(url, { onOpen: fail }).text(), cause)
    await until('the request is over', () => calls[0]?.isOver)
    t.equal(calls.length, 1)
  })
  await t.test('onReconnect', async t => {
    const { url, calls } = await scriptedServer(t, all())
    await t.rejects(openStream(url, { onReconnect: fail }).text(), cause)
    t.equal(calls.length, 1)
  })
})

t.test('what cannot become text is the cause of an SseStreamError', async t => {
  const cause = Object.create(null)
  const fail = () => {
    throw cause
  }
  await t.test('if a check throws it', async t => {
    const { url } = await scriptedServer(t, all('data: a\n\n'))
    const expected = { code: 'SSE_EVENT_INVALID', message: 'invalid event message: an error without a text' }
    t.match(await failure(openStream(url, { validate: fail }).text()), { name: 'SseStreamError', ...expected, cause })
  })
  await t.test('if fetch or its body throws it', async t => {
    t.match(await failure(openStream('/', { fetch: fail, maxRetries: 0 }).text()), { code: 'SSE_UNREACHABLE', cause })
    const cruel = Object.defineProperty({}, 'code', { get: fail })
    const thrown = Object.defineProperty(Object.create(null), 'cause', { get: fail })
    for (const error of [cruel, thrown]) {
      const send = () => Promise.reject(error)
      const expected = { code: 'SSE_UNREACHABLE', message: /\(.*\/\)$/ }
      t.match(await failure(openStream('/', { fetch: send, maxRetries: 0 }).text()), { ...expected, cause: error })
    }
    const body = { getReader: fail } as unknown as ReadableStream
    const head = { status: 200, ok: true, headers: new Headers({ 'content-type': 'text/event-stream' }), body }
    const send = async () => head as unknown as Response
    t.match(await failure(openStream('/', { fetch: send }).text()), { code: 'SSE_RESPONSE_INVALID', cause })
  })
  await t.test('if an error response has no body', async t => {
    const send = async () => ({ status: 400, ok: false, headers: new Headers() }) as Response
    const expected = { code: 'SSE_STATUS', message: 'the server responded with 400', statusCode: 400 }
    t.match(await failure(openStream('/', { fetch: send }).text()), { name: 'SseStreamError', ...expected })
  })
})

t.test('onOpen is called for each response that begins', async t => {
  const { url } = await scriptedServer(
    t,
    status(503),
    all('id: 1\ndata: a\n\n', { 'x-stream-id': 'abc' }),
    status(503),
    all('event: done\ndata: {}\n\n', { 'x-stream-id': 'abc' })
  )
  const opened: unknown[] = []
  const stream = openStream(url, {
    retryDelay: 0,
    onOpen: ({ id, reconnects }) => opened.push([id, reconnects])
  })
  await stream.text()
  t.strictSame(opened, [
    ['abc', 0],
    ['abc', 1]
  ])
})
