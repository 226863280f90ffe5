import { inspect } from 'node:util'
import { Kind, type TSchema, Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { eventStream } from '../../../plugin/index.js'
import { type Ask, DONE, errorFrame, sourceServer } from '../../helpers/source-server.js'

const Tokens = eventStream({
  message: Type.String(),
  usage: Type.Object({ tokens: Type.Integer() })
})

function declares(t: Test, map: Record<string, TSchema>): Ask {
  return sourceServer(t, { schema: { response: { 200: eventStream(map) } } })
}

/** The item is refused, as the first one with a status and later with an error event, and nothing of it is sent. */
async function refuses(t: Test, item: unknown, why: string, options: object = {}): Promise<void> {
  const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })
  const alone = await ask([item], options)
  t.equal(alone.status, 500)
  t.match(alone.error, { code: 'FST_SSE_EVENT_INVALID', message: why })
  const later = await ask([{ event: 'message', data: 'before' }, item, { event: 'message', data: 'after' }], options)
  t.equal(later.text, `event: message\ndata: before\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
}

t.test('sends what the route declares', async t => {
  const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })

  t.test('texts raw', async t => {
    const { text } = await ask(['a', { data: '{"b":1}' }, { event: 'message', data: 'c\nd' }])
    t.equal(text, `data: a\n\ndata: {"b":1}\n\nevent: message\ndata: c\ndata: d\n\n${DONE}`)
  })

  t.test('anything else as JSON', async t => {
    const { text } = await ask([{ event: 'usage', data: { tokens: 1 } }])
    t.equal(text, `event: usage\ndata: {"tokens":1}\n\n${DONE}`)
  })

  t.test('bytes for a text', async t => {
    const { text } = await ask([Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1), new Uint8Array([0xf0])])
    t.equal(text, `data: é\n\ndata: \ufffd\n\n${DONE}`)
  })

  t.test('ids, retries and comments beside the data or alone', async t => {
    const { text } = await ask([{ data: 'a', id: '1', retry: 0, comment: 'b' }, { comment: 'c' }, { retry: 5 }])
    t.equal(text, `: b\nretry: 0\nid: 1\ndata: a\n\n: c\nretry: 5\n${DONE}`)
  })

  t.test('what the options name', async t => {
    const { text } = await ask([{ tokens: 1 }, { tokens: 2, secret: 3 }], { event: 'usage' })
    t.equal(text, `event: usage\ndata: {"tokens":1}\n\nevent: usage\ndata: {"tokens":2}\n\n${DONE}`)
  })

  t.test('what `map` makes of an item', async t => {
    const { text } = await ask([1, 2], {
      map: (n: number) => (n === 1 ? 'one' : { event: 'usage', data: { tokens: n, secret: 3 } })
    })
    t.equal(text, `data: one\n\nevent: usage\ndata: {"tokens":2}\n\n${DONE}`)
  })
})

t.test('drops what the route does not declare', async t => {
  const ask = declares(t, {
    message: Type.Object({
      text: Type.String(),
      inner: Type.Optional(Type.Object({ a: Type.Number() })),
      list: Type.Optional(Type.Array(Type.Object({ b: Type.Boolean() })))
    })
  })
  const { events } = await ask(
    [
      { text: 'a', secret: 'b' },
      { text: 'c', inner: { a: 1, secret: 'd' }, list: [{ b: true, secret: 'e' }, { b: false }] }
    ],
    { end: false }
  )
  t.same(
    events.map(({ data }) => data),
    ['{"text":"a"}', '{"text":"c","inner":{"a":1},"list":[{"b":true},{"b":false}]}']
  )
})

t.test('refuses what the route does not declare', async t => {
  const only = 'the route declares no event "progress", only message, usage, done, error'
  const isNot = 'is not what the route declares: Expected'

  t.test('another event', t => refuses(t, { event: 'progress', data: 'a' }, only))
  t.test('another event without data', t => refuses(t, { event: 'progress' }, only))
  t.test('another event in the options', async t => {
    const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })
    t.match((await ask(['a'], { event: 'progress' })).error, { code: 'FST_SSE_EVENT_INVALID', message: only })
  })
  t.test('a name that all objects have', async t => {
    await refuses(t, { event: 'toString', data: 'a' }, 'declares no event "toString"')
    await refuses(t, { event: '__proto__', data: 'a' }, 'declares no event "__proto__"')
  })
  t.test('an empty name', t => refuses(t, { event: '', data: 'a' }, 'declares no event ""'))

  t.test('other data', t => refuses(t, 5, `the data of "message" ${isNot} string, but it is a number`))
  t.test('other data of an event', t =>
    refuses(t, { event: 'usage', data: 'a' }, `the data of "usage" ${isNot} object, but it is a string`)
  )
  t.test('other data deep inside', t =>
    refuses(t, { event: 'usage', data: { tokens: 'a' } }, `${isNot} integer at /tokens, but it is a string`)
  )
  t.test('other data of the event in the options', t =>
    refuses(t, { tokens: 0.5 }, `the data of "usage" ${isNot} integer at /tokens, but it is a number`, {
      event: 'usage'
    })
  )
  t.test('missing data', t => refuses(t, { event: 'usage' }, `the data of "usage" ${isNot} object`))
  t.test('data that is undefined', t => refuses(t, { event: 'usage', data: undefined }, `${isNot} object`))
  t.test('an object that has only an id, which is data', t => refuses(t, { id: '7' }, `${isNot} string`))
  t.test('bytes for what is no text', t =>
    refuses(t, Buffer.from('a'), `the data of "usage" ${isNot} object, but it is a string`, { event: 'usage' })
  )
  t.test('without showing it', async t => {
    const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })
    const { text } = await ask([{ event: 'usage', data: { tokens: 'sk-12345' } }])
    t.notMatch(text, 'sk-12345')
  })
})

t.test('still refuses the fields that no event can have', async t => {
  await refuses(t, { data: 'a', id: 'b\nc' }, 'id must not contain CR or LF')
  await refuses(t, { data: 'a', retry: -1 }, 'retry must be')
  await refuses(t, { event: 'a\nb', data: 'c' }, 'event must not contain CR or LF')
})

t.test('takes every kind of schema', async t => {
  const Tree = Type.Recursive(This => Type.Object({ name: Type.String(), children: Type.Array(This) }))
  const Shared = Type.Module({
    Part: Type.Object({ text: Type.String() }),
    ReceivedResponse: Type.Object({ parts: Type.Array(Type.Ref('Part')) })
  })
  const kinds: Record<string, { schema: TSchema; good: [data: unknown, sent: string][]; bad: unknown[] }> = {
    'a literal': { schema: Type.Literal('a'), good: [['a', 'a']], bad: ['b'] },
    'a number': {
      schema: Type.Number(),
      good: [
        [0, '0'],
        [-1.5, '-1.5']
      ],
      bad: ['0', Number.NaN, 1n]
    },
    'a boolean': { schema: Type.Boolean(), good: [[false, 'false']], bad: [0, 'false'] },
    null: { schema: Type.Null(), good: [[null, 'null']], bad: [undefined, 0, {}] },
    'an array': {
      schema: Type.Array(Type.Object({ a: Type.Number() })),
      good: [
        [[], '[]'],
        [[{ a: 1, b: 2 }], '[{"a":1}]']
      ],
      bad: [{}, [1]]
    },
    'a union': {
      schema: Type.Union([Type.String(), Type.Number(), Type.Object({ a: Type.Number() })]),
      good: [
        ['a', 'a'],
        [1, '1'],
        [{ a: 1, b: 2 }, '{"a":1}']
      ],
      bad: [true, { a: 'b' }]
    },
    'a union that its members share a field of': {
      schema: Type.Union([
        Type.Object({ type: Type.Literal('a'), a: Type.Number() }),
        Type.Object({ type: Type.Literal('b'), b: Type.String() })
      ]),
      good: [
        [{ type: 'a', a: 1, secret: 2 }, '{"type":"a","a":1}'],
        [{ type: 'b', b: 'c', secret: 2 }, '{"type":"b","b":"c"}']
      ],
      bad: [{ type: 'a', b: 'c' }, { type: 'c' }]
    },
    'an optional property': {
      schema: Type.Object({ a: Type.Optional(Type.Number()) }),
      good: [
        [{}, '{}'],
        [{ a: 1 }, '{"a":1}'],
        [{ a: undefined }, '{}']
      ],
      bad: [{ a: null }]
    },
    'a property that may be null': {
      schema: Type.Object({ a: Type.Union([Type.String(), Type.Null()]) }),
      good: [
        [{ a: null }, '{"a":null}'],
        [{ a: '' }, '{"a":""}']
      ],
      bad: [{}, { a: 1 }]
    },
    'an intersection': {
      schema: Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })]),
      good: [[{ a: 1, b: 2, c: 3 }, '{"a":1,"b":2}']],
      bad: [{ a: 1 }]
    },
    'a record': {
      schema: Type.Record(Type.String(), Type.Number()),
      good: [[{ a: 1, b: 2 }, '{"a":1,"b":2}']],
      bad: [{ a: 'b' }]
    },
    'an object without other properties': {
      schema: Type.Object({ a: Type.Number() }, { additionalProperties: false }),
      good: [[{ a: 1 }, '{"a":1}']],
      bad: [{ a: 1, b: 2 }]
    },
    'an object with any other properties': {
      schema: Type.Object({ a: Type.Number() }, { additionalProperties: true }),
      good: [[{ a: 1, b: { c: 2 } }, '{"a":1,"b":{"c":2}}']],
      bad: [{ b: 1 }]
    },
    'a schema that refers to itself': {
      schema: Tree,
      good: [
        [
          { name: 'a', children: [{ name: 'b', children: [], secret: 1 }] },
          '{"name":"a","children":[{"name":"b","children":[]}]}'
        ]
      ],
      bad: [{ name: 'a', children: [{}] }]
    },
    'a schema that refers to another': {
      schema: Shared.Import('ReceivedResponse'),
      good: [[{ parts: [{ text: 'a', secret: 1 }] }, '{"parts":[{"text":"a"}]}']],
      bad: [{ parts: [{}] }]
    },
    anything: {
      schema: Type.Unknown(),
      good: [
        ['a', 'a'],
        [null, 'null'],
        [0, '0'],
        [{ a: [1] }, '{"a":[1]}']
      ],
      bad: [undefined, () => 1, Symbol('a'), 1n, [1n]]
    },
    'any value': {
      schema: Type.Any(),
      good: [
        ['a', 'a'],
        [false, 'false'],
        [{ a: [1] }, '{"a":[1]}']
      ],
      bad: [undefined, () => 1, Symbol('a'), 1n, [1n]]
    }
  }
  for (const [kind, { schema, good, bad }] of Object.entries(kinds)) {
    t.test(kind, async t => {
      const ask = declares(t, { message: Type.String(), value: schema })
      for (const [data, sent] of good) {
        t.equal((await ask([{ event: 'value', data }], { end: false })).text, `event: value\ndata: ${sent}\n\n`)
      }
      for (const data of bad) {
        const { text } = await ask(['a', { event: 'value', data }])
        t.equal(text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`, inspect(data))
      }
    })
  }
})

t.test('refuses data that throws when it is written', async t => {
  const ask = declares(t, { message: Type.String(), usage: Type.Object({ tokens: Type.Integer() }), any: Type.Any() })
  const circle: { self?: object } = {}
  circle.self = circle
  const unwritable = {
    tokens: 1,
    toJSON() {
      throw new Error('no')
    }
  }
  const items = {
    'a circle': { event: 'any', data: circle },
    'a toJSON that throws': { event: 'usage', data: unwritable }
  }
  for (const [what, item] of Object.entries(items)) {
    const { text } = await ask(['a', item])
    t.equal(text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`, what)
  }
})

t.test('eventStream refuses a name with a line end', async t => {
  for (const name of ['a\nb', 'a\rb', '\n']) {
    t.throws(() => eventStream({ [name]: Type.String() }), {
      code: 'FST_SSE_EVENT_INVALID',
      message: 'event must not contain CR or LF'
    })
  }
})

t.test('eventStream refuses a schema that cannot be checked', async t => {
  t.throws(() => eventStream({ a: Type.Unsafe({ [Kind]: 'none that is known' }) }), /Unknown type/)
})

t.test('a route without a schema takes anything', async t => {
  const ask = sourceServer(t)
  const { text } = await ask(['a', 1, { b: 2 }, { event: 'c', data: { d: 3 } }], { end: 'e' })
  t.match(text, 'data: a\n\ndata: 1\n\ndata: {"b":2}\n\nevent: c\ndata: {"d":3}\n\nevent: e\n')
})

t.test('a route whose schema declares no events takes anything', async t => {
  for (const schema of [
    {},
    { querystring: Type.Object({}) },
    { response: {} },
    { response: { 404: Type.Object({ message: Type.String() }) } },
    { response: { 200: Type.String() } }
  ]) {
    const { text } = await sourceServer(t, { schema })(['a', { b: 1 }])
    t.equal(text, `data: a\n\ndata: {"b":1}\n\n${DONE}`)
  }
})
