import { inspect } from 'node:util'
import t from 'tap'
import { END_ID } from '../../../plugin/index.js'
import { DONE, doneFrame, errorFrame, sourceServer } from '../../helpers/source-server.js'

function* returning(value: unknown): Generator<string, unknown> {
  yield 'a'
  return value
}

t.test('the end of a complete stream', async t => {
  const ask = sourceServer(t)

  t.test('is a done event with the end id', async t => {
    t.equal((await ask(['a'])).text, `data: a\n\n${DONE}`)
    t.equal((await ask([])).text, DONE)
  })

  t.test('has the return value of the source as JSON', async t => {
    const cases: [returned: unknown, data: string][] = [
      [{ finishReason: 'stop' }, '{"finishReason":"stop"}'],
      ['stop', '"stop"'],
      ['', '""'],
      ['a\nb', '"a\\nb"'],
      [null, 'null'],
      [undefined, '{}'],
      [0, '0'],
      [false, 'false'],
      [[1, 2], '[1,2]'],
      [{ data: 'a' }, '{"data":"a"}']
    ]
    for (const [returned, data] of cases) {
      t.equal((await ask(returning(returned))).text, `data: a\n\n${doneFrame(data)}`, data)
    }
  })

  t.test('has the return value of any kind of source function', async t => {
    const sources = [
      () => returning('b'),
      async () => returning('b'),
      Promise.resolve(returning('b')),
      async function* () {
        yield 'a'
        return 'b'
      }
    ]
    for (const source of sources) t.equal((await ask(source)).text, `data: a\n\n${doneFrame('"b"')}`)
  })

  t.test('is an error if the return value of the source cannot be sent', async t => {
    for (const returned of [1n, () => 1, Symbol('a')]) {
      t.equal((await ask(returning(returned))).text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
    }
  })

  t.test('does not repeat the result of an earlier stream', async t => {
    t.equal((await ask(returning(1))).text, `data: a\n\n${doneFrame('1')}`)
    t.equal((await ask(returning(undefined))).text, `data: a\n\n${DONE}`)
  })
})

t.test('the option `end`', async t => {
  const ask = sourceServer(t)

  t.test('false sends no last event', async t => {
    t.equal((await ask(['a'], { end: false })).text, 'data: a\n\n')
    t.equal((await ask(returning('b'), { end: false })).text, 'data: a\n\n')
  })

  t.test('gives it another name', async t => {
    t.equal(
      (await ask(returning({ b: 1 }), { end: 'stop' })).text,
      `data: a\n\nevent: stop\nid: ${END_ID}\ndata: {"b":1}\n\n`
    )
  })

  t.test('replaces it by an event, whatever the source returns', async t => {
    const end = { event: 'stop', data: 'whole' }
    const frame = `event: stop\nid: ${END_ID}\ndata: whole\n\n`
    t.equal((await ask(['a'], { end })).text, `data: a\n\n${frame}`)
    t.equal((await ask(returning(1), { end })).text, `data: a\n\n${frame}`)
  })

  t.test('sends all fields of its event', async t => {
    const { text } = await ask([], { end: { data: '[DONE]', retry: 5, comment: 'bye' } })
    t.equal(text, `: bye\nretry: 5\nid: ${END_ID}\ndata: [DONE]\n\n`)
  })

  t.test('keeps the id of its event', async t => {
    t.equal((await ask([], { end: { event: 'a', id: '7' } })).text, 'event: a\nid: 7\ndata: \n\n')
  })

  t.test('uses the id that stops EventSource if the id of its event is undefined', async t => {
    t.equal((await ask([], { end: { event: 'a', id: undefined } })).text, `event: a\nid: ${END_ID}\ndata: \n\n`)
  })

  t.test('fails the stream if its event cannot be sent', async t => {
    for (const end of [{ event: 'a\nb' }, { id: '\0', data: 'a' }, { retry: -1, data: 'a' }, { data: 1n }]) {
      t.equal((await ask(['a'], { end })).text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
    }
  })
})

t.test('the option `event`', async t => {
  const ask = sourceServer(t)
  const items = ['a', 1, { b: 2 }, { data: 'c' }, { event: 'own', data: 'd' }, { id: '7', data: 'e' }, Buffer.from('f')]

  t.test('names the events without a name', async t => {
    const { events } = await ask(items, { event: 'token', end: false })
    t.same(
      events.map(({ event }) => event),
      ['token', 'token', 'token', 'token', 'own', 'token', 'token']
    )
  })

  t.test('does not name comments, retries and the last event', async t => {
    const { text } = await ask([{ comment: 'a' }, { retry: 5 }], { event: 'token' })
    t.equal(text, `: a\nretry: 5\n${DONE}`)
  })

  t.test('names the unfinished character at the end too', async t => {
    const { text } = await ask([Buffer.from([0xf0])], { event: 'token' })
    t.equal(text, `event: token\ndata: \ufffd\n\n${DONE}`)
  })

  t.test('names none by default', async t => {
    const { events } = await ask(items, { end: false })
    t.same(
      events.map(({ event }) => event),
      [undefined, undefined, undefined, undefined, 'own', undefined, undefined]
    )
  })
})

t.test('the option `map`', async t => {
  const ask = sourceServer(t)

  t.test('turns every item into data or an event', async t => {
    const { text } = await ask([1, 2, 3], {
      map: (n: number) => (n === 1 ? 'one' : n === 2 ? { event: 'two', data: n } : { three: n }),
      end: false
    })
    t.equal(text, 'data: one\n\nevent: two\ndata: 2\n\ndata: {"three":3}\n\n')
  })

  t.test('skips an item with undefined, and with nothing else', async t => {
    const { text } = await ask([undefined, null, '', 0, false], { map: (item: unknown) => item, end: false })
    t.equal(text, 'data: null\n\ndata: \n\ndata: 0\n\ndata: false\n\n')
    t.equal((await ask([1, 2], { map: () => undefined })).text, DONE)
  })

  t.test('is not called for the end', async t => {
    const { text } = await ask(returning('b'), { map: (item: string) => item.toUpperCase() })
    t.equal(text, `data: A\n\n${doneFrame('"b"')}`)
  })

  t.test('may return bytes, which are joined with those of other items', async t => {
    const [start, rest] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)]
    const { events } = await ask([start, rest], { map: (bytes: Buffer) => bytes, end: false })
    t.match(events, [{ data: 'é' }])
    t.equal(events.length, 1)
  })

  t.test('fails the stream with the error that it throws', async t => {
    const map = (item: string) => {
      if (item === 'b') throw Object.assign(new Error('no b here'), { statusCode: 422, code: 'NO_B' })
      return item
    }
    t.match((await ask(['b'], { map })).error, { statusCode: 422, message: 'no b here' })
    t.equal((await ask(['a', 'b', 'c'], { map })).text, `data: a\n\n${errorFrame('NO_B', 422, 'no b here')}`)
  })

  t.test('fails the stream if its result cannot be sent', async t => {
    t.equal((await ask(['a'], { map: () => Symbol('a') })).error.code, 'FST_SSE_EVENT_INVALID')
    t.equal((await ask(['a'], { map: () => ({ id: 1, comment: 'a' }) })).error.code, 'FST_SSE_EVENT_INVALID')
  })
})

t.test('the option `onError`', async t => {
  const ask = sourceServer(t)
  const failing = function* () {
    yield 'a'
    throw Object.assign(new Error('too long'), { statusCode: 422, code: 'TOO_LONG' })
  }
  const byDefault = `data: a\n\n${errorFrame('TOO_LONG', 422, 'too long')}`

  t.test('makes the last event of a stream that failed', async t => {
    const onError = (error: Error) => ({ event: 'failed', data: error.message, retry: 5 })
    const { text } = await ask(failing, { onError })
    t.equal(text, `data: a\n\nretry: 5\nevent: failed\nid: ${END_ID}\ndata: too long\n\n`)
  })

  t.test('keeps the default event if it returns undefined', async t => {
    t.equal((await ask(failing, { onError: () => undefined })).text, byDefault)
  })

  t.test('keeps the default event if its event cannot be sent', async t => {
    for (const made of [{ event: 'a\nb' }, { event: 'a', id: '\0' }, { data: 1n }]) {
      t.equal((await ask(failing, { onError: () => made })).text, byDefault)
    }
  })

  t.test(
    'leaves the default one where what it gives is no event, so that no failure looks like a clean end',
    async t => {
      const noEvents = [{ message: 'a' }, {}, { id: '7' }, [], null, 'a', 5, Promise.resolve({ event: 'a' })]
      for (const made of noEvents) t.equal((await ask(failing, { onError: () => made })).text, byDefault, inspect(made))
    }
  )

  t.test('uses the id that stops EventSource if the id of its event is undefined', async t => {
    const { text } = await ask(failing, { onError: () => ({ event: 'a', id: undefined }) })
    t.equal(text, `data: a\n\nevent: a\nid: ${END_ID}\ndata: \n\n`)
  })
})
