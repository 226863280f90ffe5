import t, { type Test } from 'tap'
import { type OpenStreamOptions, openStream, SseStreamError } from '../../client/index.js'
import { Random, seed } from '../helpers/random.js'
import { all, broken, DONE, hangUp, type Script, scriptedServer, status } from '../helpers/scripted-server.js'
import { skipTimers } from '../helpers/timers.js'

t.comment(`SEED=${seed}`)
const random = new Random(seed)

const DELAYS = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000, 15_000]
const POST = { body: { prompt: 'hi' } }
const down = status(503, { code: 'DOWN', message: 'down' })

/** Reads a stream to its end. Its waits are skipped: only they have a fraction of a millisecond. */
async function read(t: Test, options: OpenStreamOptions, ...scripts: [Script, ...Script[]]) {
  t.intercept(Math, 'random', { value: () => 0.50001 })
  const delays = skipTimers(t, ms => !Number.isInteger(ms))
  const bounded = scripts.map(
    (script): Script =>
      call => {
        if (calls.length > 50) stream.close()
        script(call)
      }
  )
  const { url, calls } = await scriptedServer(t, ...(bounded as [Script, ...Script[]]))
  const stream = openStream(`${url}/stream`, options)
  const given: unknown[] = []
  let error: SseStreamError | undefined
  try {
    for await (const { event, data, id } of stream) given.push([event, data, id])
  } catch (thrown) {
    error = thrown as SseStreamError
  }
  const { id, lastEventId, complete, reconnects } = stream
  const requests = calls.map(({ method, url, headers, body }) => [method, url, headers['last-event-id'], body])
  return { given, error, delays: delays.map(Math.floor), requests, state: { id, lastEventId, complete, reconnects } }
}

t.test('without any option, a stream is given up after ten retries, each after a longer wait', async t => {
  const cases: [string, OpenStreamOptions, Script[], object][] = [
    ['a server that is down', {}, [down], { statusCode: 503, code: 'DOWN' }],
    ['a server that hangs up', {}, [hangUp], { code: 'SSE_UNREACHABLE' }],
    ['a server that refuses a POST', POST, [status(503)], { statusCode: 503, code: 'SSE_STATUS' }],
    ['a stream that is refused later', { ...POST, lastEventId: '1' }, [status(408)], { statusCode: 408 }],
    ['responses that break off', {}, [broken()], { code: 'SSE_TRUNCATED' }],
    ['responses that end too early', {}, [all()], { code: 'SSE_TRUNCATED' }],
    ['a resumable POST that breaks off', POST, [broken(':\n', { 'x-stream-id': 'a' })], { code: 'SSE_TRUNCATED' }],
    ['a stream that is resumed', { resume: 'a' }, [down], { statusCode: 503 }],
    ['a stream that continues', { ...POST, lastEventId: '1' }, [status(500)], { statusCode: 500 }]
  ]
  for (const [name, options, [script = down], expected] of cases) {
    t.test(name, async t => {
      const { error, delays, requests } = await read(t, options, script)
      t.type(error, SseStreamError)
      t.match(error, { ...expected, message: /\(gave up after 10 retries\)$/ })
      t.equal(requests.length, 11)
      t.strictSame(delays, DELAYS)
    })
  }

  t.test('counted from the last event', async t => {
    const one = broken('id: 1\ndata: a\n\n')
    const { given, requests, delays } = await read(
      t,
      {},
      down,
      down,
      one,
      hangUp,
      hangUp,
      broken('id: 2\ndata: b\n\n'),
      down
    )
    t.strictSame(given, [
      ['message', 'a', '1'],
      ['message', 'b', '2']
    ])
    t.equal(requests.length, 6 + 10)
    t.strictSame(delays, [500, 1000, 500, 1000, 2000, ...DELAYS])
  })
})

t.test('without any option, a 429 before the first event is given up after two retries', async t => {
  for (const options of [POST, {}]) {
    const { error, delays, requests } = await read(t, options, status(429))
    t.match(error, { statusCode: 429, code: 'SSE_STATUS', message: /\(gave up after 2 retries\)$/ })
    t.equal(requests.length, 3)
    t.strictSame(delays, DELAYS.slice(0, 2))
  }
  for (const seconds of ['6', '30']) {
    const { error, requests } = await read(t, POST, status(429, '', { 'retry-after': seconds }))
    t.match(
      error,
      { statusCode: 429, retryAfter: Number(seconds) * 1000 },
      'at once if the server asks for more than 5 s'
    )
    t.equal(requests.length, 1)
  }
  const short = await read(t, POST, status(429, '', { 'retry-after': '5' }))
  t.strictSame(
    short.delays,
    DELAYS.slice(0, 2).map(delay => 5000 + delay)
  )
  const patient = await read(t, { ...POST, maxRetryDelay: 30_000 }, status(429, '', { 'retry-after': '30' }))
  t.equal(patient.requests.length, 3, 'unless the caller says how long to wait')
  const { requests } = await read(t, {}, broken('id: 1\ndata: a\n\n'), ...Array.from({ length: 11 }, () => status(429)))
  t.equal(requests.length, 1 + 10, 'after an event, the answer is worth waiting for')
})

t.test('maxRetries alone is a limit', async t => {
  for (const maxRetries of [1, 2, 3, 20]) {
    const { error, requests } = await read(t, { maxRetries }, down)
    t.match(error, { message: `down (gave up after ${maxRetries} retries)` })
    t.equal(requests.length, maxRetries + 1)
  }
})

/** Each option with its default. */
const DEFAULTS: OpenStreamOptions = {
  method: 'GET',
  headers: {},
  signal: new AbortController().signal,
  credentials: 'same-origin',
  fetch: (url, init) => fetch(url, init),
  resume: undefined,
  lastEventId: undefined,
  streamUrl: undefined,
  end: 'done',
  maxRetries: 10,
  retryDelay: 1000,
  maxRetryDelay: 30_000,
  idleTimeout: 45_000,
  onOpen: () => {},
  onReconnect: () => {},
  validate: (_event, data) => data as object,
  decode: { message: 'text' }
}

const SCENARIOS: Record<string, [Script, ...Script[]]> = {
  'a whole stream': [all(`data: a\n\nevent: n\ndata: {"b":1}\n\n${DONE}`)],
  'a stream over three connections': [
    down,
    broken('retry: 700\nid: 1\ndata: a\n\n', { 'x-stream-id': 'abc' }),
    down,
    hangUp,
    broken('id: 2\ndata: b\n\n', { 'x-stream-id': 'abc' }),
    all(`id: 3\ndata: c\n\n${DONE}`, { 'x-stream-id': 'abc' })
  ],
  'a stream without an event yet': [broken(':\n', { 'x-stream-id': 'abc' }), all(DONE)],
  'a stream that is all there': [broken('id: 1\ndata: a\n\n'), status(204)],
  'a stream that cannot go on': [broken('data: a\n\n')],
  'a server that is down': [down],
  'a server that is down for longer than the client waits': [status(503, 'down', { 'retry-after': '31' })],
  'a server that fails': [all('event: error\ndata: {"statusCode":502,"code":"LOST","message":"lost"}\n\n')],
  'a request that is refused': [status(400)],
  'a response that is not a stream': [status(200, 'hello')]
}

for (const [name, scripts] of Object.entries(SCENARIOS)) {
  t.test(`an option that is left out is its default: ${name}`, async t => {
    const outcome = async (t: Test, options: OpenStreamOptions) => {
      const { error, ...rest } = await read(t, options, ...scripts)
      if (error !== undefined) t.type(error, SseStreamError)
      return { ...rest, error: error && [error.name, error.code, error.message, error.statusCode, error.retryAfter] }
    }
    const names = Object.keys(DEFAULTS)
    let expected: Awaited<ReturnType<typeof outcome>>
    await t.test('with all options', async t => {
      expected = await outcome(t, DEFAULTS)
      t.ok(expected.requests.length > 0)
    })
    const subsets = [
      [],
      ...names.map(left => names.filter(name => name !== left)),
      ...names.map(name => [name]),
      ...Array.from({ length: 10 }, () => names.filter(() => random.chance(0.5)))
    ]
    for (const subset of subsets) {
      await t.test(`with ${subset.join(', ') || 'no option'}`, async t => {
        const options = Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => subset.includes(name)))
        t.strictSame(await outcome(t, options), expected)
      })
    }
  })
}
