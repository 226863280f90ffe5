import t, { type Test } from 'tap'
import { DONE, errorFrame, sourceServer } from '../../helpers/source-server.js'

/** Sends streams of one item. Their bodies lack the last event. */
function wire(t: Test): (item: unknown, options?: object) => Promise<string> {
  const ask = sourceServer(t)
  return async (item, options) => (await ask([item], { end: false, ...options })).text
}

/** Checks that an item is refused, first and later in a stream, and that no part of it is sent. */
async function refuses(t: Test, item: unknown, why: string): Promise<void> {
  const ask = sourceServer(t)
  const alone = await ask([item])
  t.equal(alone.status, 500)
  t.match(alone.error, { code: 'FST_SSE_EVENT_INVALID', message: why })
  const later = await ask(['before', item, 'after'])
  t.equal(later.text, `data: before\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
}

t.test('data lines', async t => {
  const sent = wire(t)

  t.test('each line gets its own data line, whether LF, CR or CRLF ends it', async t => {
    for (const [end, text] of Object.entries({ LF: 'a\nb', CR: 'a\rb', CRLF: 'a\r\nb' })) {
      t.equal(await sent(text), 'data: a\ndata: b\n\n', end)
      t.equal(await sent({ data: text }), 'data: a\ndata: b\n\n', end)
    }
  })

  t.test('empty lines stay, also the first and the last', async t => {
    t.equal(await sent('\na\n\nb\n'), 'data: \ndata: a\ndata: \ndata: b\ndata: \n\n')
    t.equal(await sent('\n\r'), 'data: \ndata: \ndata: \n\n')
    t.equal(await sent('\r\r\n'), 'data: \ndata: \ndata: \n\n')
  })

  t.test('no other character ends a line', async t => {
    for (const text of ['a\u2028b', 'a\u2029b', 'a\u0085b', 'a\vb', 'a\fb', 'a\0b']) {
      t.equal(await sent(text), `data: ${text}\n\n`)
    }
  })

  t.test('leading spaces and colons stay', async t => {
    t.equal(await sent(' a: b '), 'data:  a: b \n\n')
    t.equal(await sent(': a'), 'data: : a\n\n')
  })

  t.test('line ends inside JSON stay escaped', async t => {
    t.equal(await sent({ text: 'a\r\nb' }), 'data: {"text":"a\\r\\nb"}\n\n')
  })
})

t.test('event fields', async t => {
  const sent = wire(t)

  t.test('sends all fields', async t => {
    t.equal(
      await sent({ data: 'd', event: 'e', id: 'i', retry: 1, comment: 'c' }),
      ': c\nretry: 1\nevent: e\nid: i\ndata: d\n\n'
    )
  })

  t.test('sends empty, false and zero values', async t => {
    t.equal(await sent({ data: 'a', id: '' }), 'id: \ndata: a\n\n')
    t.equal(await sent({ data: 'a', id: '0' }), 'id: 0\ndata: a\n\n')
    t.equal(await sent({ data: 'a', retry: 0 }), 'retry: 0\ndata: a\n\n')
    t.equal(await sent({ data: 'a', comment: '' }), ': \ndata: a\n\n')
    t.equal(await sent({ data: '' }), 'data: \n\n')
    t.equal(await sent({ data: 0 }), 'data: 0\n\n')
    t.equal(await sent({ data: null }), 'data: null\n\n')
    t.equal(await sent({ data: false }), 'data: false\n\n')
    t.equal(await sent(''), 'data: \n\n')
    t.equal(await sent(0), 'data: 0\n\n')
    t.equal(await sent(null), 'data: null\n\n')
    t.equal(await sent(false), 'data: false\n\n')
  })

  t.test('leaves out fields that are undefined', async t => {
    const nothing = { event: undefined, id: undefined, retry: undefined, comment: undefined }
    t.equal(await sent({ ...nothing, data: 'a' }), 'data: a\n\n')
  })

  t.test('sends an event without data with empty data, because clients drop events without', async t => {
    t.equal(await sent({ event: 'ping' }), 'event: ping\ndata: \n\n')
    const { events } = await sourceServer(t)([{ event: 'ping' }], { end: false })
    t.match(events, [{ event: 'ping', data: '' }])
  })

  t.test('sends no blank line after a comment or retry alone, so that clients see no event', async t => {
    t.equal(await sent({ comment: 'a' }), ': a\n')
    t.equal(await sent({ retry: 5 }), 'retry: 5\n')
    t.equal(await sent({ comment: 'a', retry: 5 }), ': a\nretry: 5\n')
    const { events, text } = await sourceServer(t)(['a', { comment: 'b' }, { retry: 5 }, 'c'])
    t.equal(text, `data: a\n\n: b\nretry: 5\ndata: c\n\n${DONE}`)
    t.match(events, [{ data: 'a' }, { data: 'c' }, { event: 'done' }])
  })

  t.test('sends an id with a comment or a retry', async t => {
    t.equal(await sent({ comment: 'a', id: '7' }), ': a\nid: 7\n\n')
    t.equal(await sent({ retry: 5, id: '' }), 'retry: 5\nid: \n\n')
  })

  t.test('each line of a comment is a comment', async t => {
    t.equal(await sent({ comment: 'a\nb\r\nc\rdata: d' }), ': a\n: b\n: c\n: data: d\n')
  })
})

t.test('refuses invalid fields', async t => {
  const bad: Record<string, [item: object, why: string]> = {
    'a name with LF': [{ event: 'a\nb', data: 'c' }, 'event must not contain CR or LF'],
    'a name with CR': [{ event: 'a\rb', data: 'c' }, 'event must not contain CR or LF'],
    'a name with CRLF and no data': [{ event: 'a\r\nb' }, 'event must not contain CR or LF'],
    'a name that ends in LF': [{ event: 'a\n', data: 'c' }, 'event must not contain CR or LF'],
    'a name that is a number': [{ event: 1, data: 'c' }, 'event must be a string, but it is a number'],
    'a name that is null': [{ event: null, data: 'c' }, 'event must be a string, but it is null'],
    'a name that is an array': [{ event: ['a'], data: 'c' }, 'event must be a string, but it is an array'],
    'an id with LF': [{ id: 'a\nb', data: 'c' }, 'id must not contain CR or LF'],
    'an id with CR': [{ id: 'a\rb', data: 'c' }, 'id must not contain CR or LF'],
    'an id with NUL': [{ id: 'a\0b', data: 'c' }, 'id must not contain NUL'],
    'an id with NUL beside a comment': [{ id: '\0', comment: 'c' }, 'id must not contain NUL'],
    'an id that is a number': [{ id: 7, data: 'c' }, 'id must be a string, but it is a number'],
    'an id that is null': [{ id: null, data: 'c' }, 'id must be a string, but it is null'],
    'a negative retry': [{ retry: -1, data: 'c' }, 'retry must be a non-negative integer'],
    'a fractional retry': [{ retry: 0.5, data: 'c' }, 'retry must be a non-negative integer'],
    'NaN as retry': [{ retry: Number.NaN, data: 'c' }, 'retry must be a non-negative integer'],
    'Infinity as retry': [{ retry: Number.POSITIVE_INFINITY, data: 'c' }, 'retry must be a non-negative integer'],
    'a retry that JavaScript prints with an exponent': [{ retry: 1e21 }, 'retry must be a non-negative integer'],
    'a string as retry': [{ retry: '5', data: 'c' }, 'retry must be a non-negative integer'],
    'null as retry': [{ retry: null, data: 'c' }, 'retry must be a non-negative integer'],
    'a BigInt as retry': [{ retry: 5n, data: 'c' }, 'retry must be a non-negative integer'],
    'a symbol as retry': [{ retry: Symbol('5'), data: 'c' }, 'retry must be a non-negative integer'],
    'an object as retry': [{ retry: Object.create(null), data: 'c' }, 'retry must be a non-negative integer'],
    'a comment that is a number': [{ comment: 1, data: 'c' }, 'comment must be a string, but it is a number'],
    'a comment that is null': [{ comment: null }, 'comment must be a string, but it is null'],
    'a comment that is an object': [{ comment: {} }, 'comment must be a string, but it is an object']
  }
  for (const [what, [item, why]] of Object.entries(bad)) t.test(what, t => refuses(t, item, why))

  t.test('does not reveal the value, which may be a secret', async t => {
    const secret = 'sk-12345'
    for (const field of ['event', 'id', 'comment', 'retry']) {
      for (const value of [{ secret }, [secret], `${secret}\0\n`]) {
        if (field === 'comment' && typeof value === 'string') continue
        const { status, text } = await sourceServer(t)([{ data: 'a', [field]: value }])
        t.equal(status, 500)
        t.notMatch(text, secret, `${field} as ${typeof value}`)
      }
    }
  })
})

t.test('a name, a comment and data may contain NUL', async t => {
  t.equal(await wire(t)({ event: 'a\0', comment: 'b\0', data: 'c\0' }), ': b\0\nevent: a\0\ndata: c\0\n\n')
})

t.test('events and data', async t => {
  const sent = wire(t)

  t.test('an object that has only event fields is an event', async t => {
    t.equal(await sent({ event: 'a', data: 1 }), 'event: a\ndata: 1\n\n')
    t.equal(await sent({ data: { event: 'a' } }), 'data: {"event":"a"}\n\n')
    t.equal(await sent(Object.assign(Object.create(null), { event: 'a', data: 1 })), 'event: a\ndata: 1\n\n')
    t.equal(await sent({ data: 1, [Symbol('trace')]: 2 }), 'data: 1\n\n')
  })

  t.test('an instance of a class that has only event fields is an event', async t => {
    class Token {
      readonly event = 'token'
      readonly data: string
      constructor(data: string) {
        this.data = data
      }
    }
    t.equal(await sent(new Token('a')), 'event: token\ndata: a\n\n')
  })

  t.test('an object with any other key is data', async t => {
    const chunk = { event: 'a', data: 1, choices: [] }
    t.equal(await sent(chunk), `data: ${JSON.stringify(chunk)}\n\n`)
    t.equal(await sent({ id: 'a', object: 'chunk' }), 'data: {"id":"a","object":"chunk"}\n\n')
  })

  t.test('an object with only an id, and an empty object, are data', async t => {
    t.equal(await sent({ id: 'a' }), 'data: {"id":"a"}\n\n')
    t.equal(await sent({}), 'data: {}\n\n')
  })

  t.test('arrays are data, even arrays of events', async t => {
    t.equal(await sent([]), 'data: []\n\n')
    t.equal(await sent([{ data: 1 }]), 'data: [{"data":1}]\n\n')
  })

  t.test('other values are sent as JSON', async t => {
    class Usage {
      readonly tokens = 1
      readonly #secret = 2
      get all() {
        return this.tokens + this.#secret
      }
    }
    t.equal(await sent(new Usage()), 'data: {"tokens":1}\n\n')
    t.equal(await sent(new Date(0)), 'data: "1970-01-01T00:00:00.000Z"\n\n')
    t.equal(await sent({ data: new Date(0) }), 'data: "1970-01-01T00:00:00.000Z"\n\n')
    t.equal(await sent({ event: 'a', toJSON: () => 'b' }), 'data: "b"\n\n')
    t.equal(await sent(Number.NaN), 'data: null\n\n')
    t.equal(await sent([undefined]), 'data: [null]\n\n')
    t.equal(await sent({ a: undefined }), 'data: {}\n\n')
    t.equal(await sent(true), 'data: true\n\n')
    t.equal(await sent('"a"'), 'data: "a"\n\n')
  })

  t.test('bytes in an event are UTF-8 text', async t => {
    t.equal(await sent({ data: Buffer.from('é\nb') }), 'data: é\ndata: b\n\n')
    t.equal(await sent({ data: new Uint8Array([0xef, 0xbb, 0xbf, 0x61]) }), 'data: \ufeffa\n\n')
    t.equal(await sent({ data: new Uint8Array([0xc3]) }), 'data: \ufffd\n\n')
  })
})

t.test('refuses data that JSON cannot represent', async t => {
  const circular: { self?: object } = {}
  circular.self = circular
  const without = 'data must be text or a JSON value, but it is'
  const unwritable = 'data cannot be encoded as JSON'
  const bad: Record<string, [data: unknown, why: string]> = {
    undefined: [undefined, `${without} undefined`],
    'a function': [() => 1, `${without} a function`],
    'a symbol': [Symbol('a'), `${without} a symbol`],
    'a BigInt': [1n, unwritable],
    'a BigInt inside': [{ deep: [1n] }, unwritable],
    'a circular object': [circular, unwritable],
    'a toJSON that returns undefined': [{ a: 1, toJSON: () => undefined }, `${without} an object`],
    'a toJSON that throws': [
      {
        toJSON() {
          throw new Error('no')
        }
      },
      unwritable
    ],
    'a getter that throws': [
      {
        get a() {
          throw new Error('no')
        }
      },
      unwritable
    ]
  }
  for (const [what, [data, why]] of Object.entries(bad)) {
    t.test(what, async t => {
      await refuses(t, data, why)
      await refuses(t, { data }, why)
      await refuses(t, { event: 'a', data }, why)
    })
  }

  t.test('logs the error of JSON.stringify', async t => {
    const ask = sourceServer(t)
    await ask([1n])
    t.match(
      ask.log.find(({ err }) => err?.code === 'FST_SSE_EVENT_INVALID'),
      { err: { stack: /serialize a BigInt/ } }
    )
  })
})
