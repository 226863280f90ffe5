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

/** Expects that an item is refused, and not sent: with a status if it is the first, and else with an error event. */
async function refuses(t: Test, item: unknown, why: string, options: object = {}): Promise<void> {
  const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })
  const alone = await ask([item], options)
  t.equal(alone.status, 500)
  t.match(alone.error, { code: 'FST_SSE_EVENT_INVALID', message: why })
  const later = await ask([{ event: 'message', data: 'before' }, item, { event: 'message', data: 'after' }], options)
  t.equal(later.text, `event: message\ndata: before\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
}

t.test('declared events are sent', async t => {
  const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })

  t.test('text as it is', async t => {
    const { text } = await ask(['a', { data: '{"b":1}' }, { event: 'message', data: 'c\nd' }])
    t.equal(text, `data: a\n\ndata: {"b":1}\n\nevent: message\ndata: c\ndata: d\n\n${DONE}`)
  })

  t.test('anything else as JSON', async t => {
    const { text } = await ask([{ event: 'usage', data: { tokens: 1 } }])
    t.equal(text, `event: usage\ndata: {"tokens":1}\n\n${DONE}`)
  })

  t.test('bytes as text', async t => {
    const { text } = await ask([Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1), new Uint8Array([0xf0])])
    t.equal(text, `data: é\n\ndata: \ufffd\n\n${DONE}`)
  })

  t.test('ids, retries and comments, with or without data', async t => {
    const { text } = await ask([{ data: 'a', id: '1', retry: 0, comment: 'b' }, { comment: 'c' }, { retry: 5 }])
    t.equal(text, `: b\nretry: 0\nid: 1\ndata: a\n\n: c\nretry: 5\n${DONE}`)
  })

  t.test('with the name in the options', async t => {
    const { text } = await ask([{ tokens: 1 }, { tokens: 2, secret: 3 }], { event: 'usage' })
    t.equal(text, `event: usage\ndata: {"tokens":1}\n\nevent: usage\ndata: {"tokens":2}\n\n${DONE}`)
  })

  t.test('from the results of `map`', async t => {
    const { text } = await ask([1, 2], {
      map: (n: number) => (n === 1 ? 'one' : { event: 'usage', data: { tokens: n, secret: 3 } })
    })
    t.equal(text, `data: one\n\nevent: usage\ndata: {"tokens":2}\n\n${DONE}`)
  })
})

t.test('undeclared properties are dropped', async t => {
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

t.test('undeclared events and data are refused', async t => {
  const only = 'the route declares no event "progress", only message, usage, done, error, stopped'
  const isNot = 'is not what the route declares: Expected'

  t.test('an undeclared event', t => refuses(t, { event: 'progress', data: 'a' }, only))
  t.test('an undeclared event without data', t => refuses(t, { event: 'progress' }, only))
  t.test('an undeclared event in the options', async t => {
    const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })
    t.match((await ask(['a'], { event: 'progress' })).error, { code: 'FST_SSE_EVENT_INVALID', message: only })
  })
  t.test('a name that every object inherits', async t => {
    await refuses(t, { event: 'toString', data: 'a' }, 'declares no event "toString"')
    await refuses(t, { event: '__proto__', data: 'a' }, 'declares no event "__proto__"')
  })
  t.test('an empty name', t => refuses(t, { event: '', data: 'a' }, 'declares no event ""'))

  t.test('data of another type', t => refuses(t, 5, `the data of "message" ${isNot} string, but it is a number`))
  t.test('named data of another type', t =>
    refuses(t, { event: 'usage', data: 'a' }, `the data of "usage" ${isNot} object, but it is a string`)
  )
  t.test('a property of another type', t =>
    refuses(t, { event: 'usage', data: { tokens: 'a' } }, `${isNot} integer at /tokens, but it is a string`)
  )
  t.test('data that does not match the event in the options', t =>
    refuses(t, { tokens: 0.5 }, `the data of "usage" ${isNot} integer at /tokens, but it is a number`, {
      event: 'usage'
    })
  )
  t.test('missing data', t => refuses(t, { event: 'usage' }, `the data of "usage" ${isNot} object`))
  t.test('undefined data', t => refuses(t, { event: 'usage', data: undefined }, `${isNot} object`))
  t.test('an object with only an id, which is data', t => refuses(t, { id: '7' }, `${isNot} string`))
  t.test('bytes for an object', t =>
    refuses(t, Buffer.from('a'), `the data of "usage" ${isNot} object, but it is a string`, { event: 'usage' })
  )
  t.test('without showing them', async t => {
    const ask = sourceServer(t, { schema: { response: { 200: Tokens } } })
    const { text } = await ask([{ event: 'usage', data: { tokens: 'sk-12345' } }])
    t.notMatch(text, 'sk-12345')
  })
})

t.test('invalid fields of an event are refused', async t => {
  await refuses(t, { data: 'a', id: 'b\nc' }, 'id must not contain CR or LF')
  await refuses(t, { data: 'a', retry: -1 }, 'retry must be')
  await refuses(t, { event: 'a\nb', data: 'c' }, 'event must not contain CR or LF')
})

t.test('data that cannot be encoded is refused', async t => {
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
    'a circular structure': { event: 'any', data: circle },
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

t.test('eventStream refuses a schema of an unknown kind', async t => {
  t.throws(() => eventStream({ a: Type.Unsafe({ [Kind]: 'unknown' }) }), /Unknown type/)
})

t.test('a route without a schema sends anything', async t => {
  const ask = sourceServer(t)
  const { text } = await ask(['a', 1, { b: 2 }, { event: 'c', data: { d: 3 } }], { end: 'e' })
  t.match(text, 'data: a\n\ndata: 1\n\ndata: {"b":2}\n\nevent: c\ndata: {"d":3}\n\nevent: e\n')
})

t.test('a route whose schema declares no events sends anything', async t => {
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
