import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { type OpenStreamOptions, openStream, type StreamEvent } from '../../../client/index.js'
import { eventStream } from '../../../plugin/index.js'
import { all, DONE, events, type Script, scriptedServer } from '../../helpers/scripted-server.js'
import { serve } from '../../helpers/server.js'
import { node } from '../../helpers/stepped.js'
import { holdTimers } from '../../helpers/timers.js'
import { until } from '../../helpers/until.js'

/** Reads a stream. @returns the name and the data of each event */
async function collect(stream: AsyncIterable<StreamEvent>): Promise<unknown[][]> {
  const collected: unknown[][] = []
  for await (const { event, data } of stream) collected.push([event, data])
  return collected
}

t.test('sends no request before it is read', async t => {
  const { url, calls } = await scriptedServer(t, all(DONE))
  const stream = openStream(url)
  await openStream(url).text()
  t.equal(calls.length, 1)
  await stream.text()
  t.equal(calls.length, 2)
})

t.test('gives events out as they arrive, and ends with done', async t => {
  const { url, sources } = await node(t)
  const stream = openStream(url, { body: { prompt: 'hi' } })
  t.match(stream, { id: undefined, lastEventId: undefined, complete: false, reconnects: 0 })
  const given: StreamEvent[] = []
  const over = (async () => {
    for await (const event of stream) given.push(event)
  })()
  await until('the source runs', () => sources.length === 1)
  sources[0]?.give('Hel\nlo')
  await until('the first event', () => given.length === 1)
  t.match(stream, { lastEventId: `${stream.id}:1`, complete: false })
  sources[0]?.give({ event: 'usage', data: { tokens: 1 } }, undefined)
  await over
  t.match(stream.id, /^[\w-]{22}$/)
  t.strictSame(given, [
    { event: 'message', data: 'Hel\nlo', id: `${stream.id}:1` },
    { event: 'usage', data: { tokens: 1 }, id: `${stream.id}:2` },
    { event: 'done', data: {}, id: `${stream.id}:3:end` }
  ])
  t.match(stream, { lastEventId: `${stream.id}:3:end`, complete: true, reconnects: 0 })
})

t.test('text() joins the text of all messages', async t => {
  const { url } = await scriptedServer(t, all(`data: a\n\nevent: usage\ndata: 1\n\ndata:  b\ndata\n\n${DONE}`))
  t.equal(await openStream(url).text(), 'a b\n')
})

t.test('text() refuses messages that are not strings', async t => {
  const { url, calls } = await scriptedServer(t, events('data: {"a":1}\n\n'))
  await t.rejects(
    openStream(url, { decode: { message: 'json' } }).text(),
    new TypeError('text() requires messages that are strings')
  )
  await until('the request is over', () => calls[0]?.isOver)
})

t.test('is read once', async t => {
  const { url, calls } = await scriptedServer(t, all(DONE))
  const stream = openStream(url)
  t.equal(await stream.text(), '')
  t.throws(() => stream[Symbol.asyncIterator](), new TypeError('a stream can be read only once'))
  await t.rejects(stream.text(), TypeError)
  t.equal(calls.length, 1)
})

t.test('a 204 is a complete stream without events', async t => {
  const { url, calls } = await scriptedServer(t, ({ response }) => response.writeHead(204).end())
  const stream = openStream(url)
  t.strictSame(await collect(stream), [])
  t.equal(stream.complete, true)
  t.equal(calls.length, 1)
})

t.test('an event that ends the stream', async t => {
  const two = all('event: done\ndata: 1\n\nevent: bye\ndata: 2\n\nevent: done\ndata: 3\n\n')
  const cases: [OpenStreamOptions['end'], unknown[][]][] = [
    [undefined, [['done', 1]]],
    [
      'bye',
      [
        ['done', 1],
        ['bye', 2]
      ]
    ],
    [
      false,
      [
        ['done', 1],
        ['bye', 2],
        ['done', 3]
      ]
    ]
  ]
  for (const [end, expected] of cases) {
    t.test(`is ${end}`, async t => {
      const { url } = await scriptedServer(t, two)
      const stream = openStream(url, { end })
      t.strictSame(await collect(stream), expected)
      t.equal(stream.complete, true)
    })
  }
})

t.test('the connection can be used again after the last event', async t => {
  const ports: unknown[] = []
  const script: Script = ({ response }) => {
    ports.push(response.socket?.remotePort)
    all(`data: a\n\n${DONE}`)({ response } as never)
  }
  const { url } = await scriptedServer(t, script)
  for (const _ of 'repeated') await openStream(url).text()
  t.ok(new Set(ports).size < ports.length, `${ports}`)
})

t.test('the response may end after the last event', async t => {
  const timers = holdTimers(t, 100)
  const { url, calls } = await scriptedServer(t, events(DONE))
  const text = openStream(url).text()
  await until('the last event', () => timers.set === 1)
  calls[0]?.response.end()
  t.equal(await text, '')
  t.equal(calls[0]?.response.writableFinished, true, 'it was not cut off')
  t.equal(timers.set, 0)
})

t.test('the last event ends the request even if the server keeps it open', async t => {
  const { url, calls } = await scriptedServer(t, events(DONE))
  for await (const { event } of openStream(url)) {
    t.equal(event, 'done')
    await until('the request is over', () => calls[0]?.isOver)
  }
})

t.test('events are read with any line ends, and cut anywhere', async t => {
  const lines = [
    '\ufeff: comment',
    'event: gruß',
    'data: "ü漢👩‍🚀"',
    'id: 1',
    '',
    'retry: 1',
    'data: a',
    'data:b',
    '',
    'event: done',
    'data: {}',
    '',
    ''
  ]
  for (const [name, lineEnd] of Object.entries({ LF: '\n', CR: '\r', CRLF: '\r\n' })) {
    t.test(name, async t => {
      const bytes = Buffer.from(lines.join(lineEnd))
      for (let at = 0; at <= bytes.length; at++) {
        const { url } = await scriptedServer(t, ({ response }) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' })
          response.flushHeaders()
          response.write(bytes.subarray(0, at))
          setImmediate(() => response.end(bytes.subarray(at)))
        })
        const given: StreamEvent[] = []
        for await (const event of openStream(url)) given.push(event)
        t.strictSame(
          given,
          [
            { event: 'gruß', data: 'ü漢👩‍🚀', id: '1' },
            { event: 'message', data: 'a\nb', id: undefined },
            { event: 'done', data: {}, id: undefined }
          ],
          `cut at ${at}`
        )
      }
    })
  }
})

t.test('events are read byte by byte, with empty chunks in between', async t => {
  const bytes = Buffer.from(`\ufeffdata: ü👩‍🚀\r\ndata: b\r\n\r\n${DONE}`)
  const chunks = [...bytes].flatMap(byte => [Uint8Array.of(byte), new Uint8Array()])
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(chunks.shift())
    }
  })
  const send = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  t.strictSame(await collect(openStream('/', { fetch: send })), [
    ['message', 'ü👩‍🚀\nb'],
    ['done', {}]
  ])
})

t.test('an event whose lines end in CR is given out at once', async t => {
  const { url } = await scriptedServer(t, events('data: a\r\r'))
  for await (const { data } of openStream(url)) {
    t.equal(data, 'a')
    break
  }
})

t.test('an incomplete event is dropped', async t => {
  const { url } = await scriptedServer(t, all('data: a\n\ndata: b'))
  t.strictSame(await collect(openStream(url, { end: false })), [['message', 'a']])
})

t.test('how data is read', async t => {
  const sent = all('data: 42\n\nevent: n\ndata: 42\n\nevent: constructor\ndata: "a"\n\nevent: done\ndata: {"a":1}\n\n')
  const { url } = await scriptedServer(t, sent)

  t.test('messages as text, and others as JSON', async t => {
    t.strictSame(await collect(openStream(url)), [
      ['message', '42'],
      ['n', 42],
      ['constructor', 'a'],
      ['done', { a: 1 }]
    ])
  })

  t.test('as decode says', async t => {
    const decode = { message: 'json', n: 'text' } as const
    t.strictSame(await collect(openStream(url, { decode })), [
      ['message', 42],
      ['n', '42'],
      ['constructor', 'a'],
      ['done', { a: 1 }]
    ])
  })

  t.test('as the function in validate returns it', async t => {
    const validate = (event: string, data: unknown) => [event, data]
    t.strictSame((await collect(openStream(url, { validate })))[1], ['n', ['n', 42]])
  })
})

t.test('data that is not JSON fails the stream, and ends its request', async t => {
  const { url, calls } = await scriptedServer(t, events('event: title\ndata: Hello\n\n'))
  await t.rejects(collect(openStream(url)), {
    name: 'SseStreamError',
    code: 'SSE_EVENT_INVALID',
    message: /^invalid event title: SyntaxError: /,
    cause: SyntaxError
  })
  await until('the request is over', () => calls[0]?.isOver)
  t.equal(calls.length, 1)
})

t.test('an event that validate refuses fails the stream', async t => {
  const { url } = await scriptedServer(t, events('data: Hello\n\n'))
  const cause = new RangeError('too long')
  const validate = () => {
    throw cause
  }
  await t.rejects(collect(openStream(url, { validate })), {
    code: 'SSE_EVENT_INVALID',
    message: 'invalid event message: RangeError: too long',
    cause
  })
})

t.test('an event that never ends fails the stream', async t => {
  const { url } = await scriptedServer(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const more = () => {
      while (response.write('data: '.padEnd(1_000_000, 'a')));
    }
    response.on('drain', more)
    more()
  })
  await t.rejects(collect(openStream(url)), {
    code: 'SSE_EVENT_INVALID',
    message: /an event is longer than 16777216 characters$/
  })
})

t.test('a schema', async t => {
  const Tokens = eventStream({
    message: Type.String({ maxLength: 10 }),
    title: Type.String(),
    size: Type.Union([Type.Literal('S'), Type.Number()]),
    usage: Type.Object({ tokens: Type.Integer() }),
    done: Type.Object({ finishReason: Type.String() })
  })
  const sends = async (t: Test, ...items: unknown[]) => {
    const { url } = await serve(t, app =>
      app.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
        reply.sseFrom(async function* () {
          yield* items as string[]
          return { finishReason: 'stop' }
        })
      )
    )
    return url
  }

  t.test('says how data is read', async t => {
    const url = await sends(
      t,
      '42',
      { event: 'title', data: '{}' },
      { event: 'size', data: 'S' },
      { event: 'size', data: 1 },
      { event: 'usage', data: { tokens: 1 } }
    )
    t.strictSame(await collect(openStream(url, { validate: Tokens })), [
      ['message', '42'],
      ['title', '{}'],
      ['size', 'S'],
      ['size', 1],
      ['usage', { tokens: 1 }],
      ['done', { finishReason: 'stop' }]
    ])
    t.equal(await openStream(url, { validate: Tokens }).text(), '42')
  })

  t.test('works if no text may become code', async t => {
    const { restore } = t.intercept(globalThis, 'Function', {
      value: function refuse() {
        throw new EvalError('refused by the policy of the page')
      }
    })
    const Strict = eventStream({ n: Type.Integer({ minimum: 1 }) })
    restore()
    const { url } = await scriptedServer(t, all(`event: n\ndata: 1\n\n${DONE}`), all('event: n\ndata: 0\n\n'))
    t.strictSame(await collect(openStream(url, { validate: Strict })), [
      ['n', 1],
      ['done', {}]
    ])
    await t.rejects(collect(openStream(url, { validate: Strict })), {
      code: 'SSE_EVENT_INVALID',
      message: /Expected integer to be greater or equal to 1, but it is a number$/
    })
    const served = await serve(t, app =>
      app.get('/', { schema: { response: { 200: Strict } } }, (_request, reply) =>
        reply.sseFrom([{ event: 'n', data: 2 }])
      )
    )
    t.strictSame(await collect(openStream(served.url)), [
      ['n', 2],
      ['done', {}]
    ])
  })

  t.test('refuses events that it does not declare', async t => {
    const data = 'the data of "usage" is not what the route declares'
    const declared = 'only message, title, size, usage, done, error, stopped'
    const integer = 'Expected integer at /tokens, but it is a string'
    const refusals: Record<string, string> = {
      'event: usage\ndata: {"tokens":"1"}': `usage: TypeError: ${data}: ${integer}`,
      'event: usage\ndata: 1': `usage: TypeError: ${data}: Expected object, but it is a number`,
      'event: other\ndata: 1': `other: TypeError: the route declares no event "other", ${declared}`,
      'event: constructor\ndata: 1': `constructor: TypeError: the route declares no event "constructor", ${declared}`
    }
    for (const [frame, message] of Object.entries(refusals)) {
      const { url } = await scriptedServer(t, events(`${frame}\n\n`))
      await t.rejects(collect(openStream(url, { validate: Tokens })), {
        code: 'SSE_EVENT_INVALID',
        message: `invalid event ${message}`
      })
    }
    const { url } = await scriptedServer(t, events('data: longer than that\n\n'))
    await t.rejects(collect(openStream(url, { validate: Tokens })), { code: 'SSE_EVENT_INVALID', cause: SyntaxError })
  })
})
