import { type TSchema, Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { END_ID, eventStream } from '../../../plugin/index.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { type Ask, DONE, doneFrame, errorFrame, sourceServer } from '../../helpers/source-server.js'

const Done = Type.Object({ finishReason: Type.String() })
const OwnError = Type.Object({ reason: Type.String() })

function declares(t: Test, map: Record<string, TSchema>): Ask {
  return sourceServer(t, { schema: { response: { 200: eventStream({ message: Type.String(), ...map }) } } })
}

function* returning(value: unknown): Generator<string, unknown> {
  yield 'a'
  return value
}

function* failing(error: unknown): Generator<string> {
  yield 'a'
  throw error
}

t.test('the default done event', async t => {
  const ask = declares(t, {})

  t.test('has no data, even if the source returns an object', async t => {
    t.equal((await ask(['a'])).text, `data: a\n\n${DONE}`)
    t.equal((await ask(returning({}))).text, `data: a\n\n${DONE}`)
    t.equal((await ask(returning({ secret: 1 }))).text, `data: a\n\n${DONE}`)
  })

  t.test('refuses any other return value', async t => {
    for (const returned of ['b', null, 1, []]) {
      t.equal((await ask(returning(returned))).text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
    }
  })

  t.test('can be yielded', async t => {
    t.equal((await ask([{ event: 'done', data: {} }], { end: false })).text, 'event: done\ndata: {}\n\n')
  })
})

t.test('a declared done event', async t => {
  const ask = declares(t, { done: Done })

  t.test('has the declared properties of the return value', async t => {
    const { text } = await ask(returning({ finishReason: 'stop', secret: 1 }))
    t.equal(text, `data: a\n\n${doneFrame('{"finishReason":"stop"}')}`)
  })

  t.test('is not sent with data that is not declared', async t => {
    for (const source of [['a'], returning(undefined), returning({}), returning({ finishReason: 1 })]) {
      t.equal((await ask(source)).text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
    }
    const empty = await ask([])
    t.equal(empty.status, 500)
    t.match(empty.error, {
      code: 'FST_SSE_EVENT_INVALID',
      message: 'the data of "done" is not what the route declares'
    })
  })

  t.test('may have text, null or an optional property for data', async t => {
    t.equal(
      (await declares(t, { done: Type.String() })(returning('b\nc'))).text,
      `data: a\n\n${doneFrame('b\ndata: c')}`
    )
    t.equal((await declares(t, { done: Type.Null() })(returning(null))).text, `data: a\n\n${doneFrame('null')}`)
    const optional = declares(t, { done: Type.Object({ usage: Type.Optional(Type.Number()) }) })
    t.equal((await optional(['a'])).text, `data: a\n\n${DONE}`)
  })

  t.test('is replaced by the event that `end` names or is', async t => {
    const ask = declares(t, { done: Done, stop: Type.Object({ at: Type.Number() }) })
    const frame = `event: stop\nid: ${END_ID}\ndata: {"at":1}\n\n`
    t.equal((await ask(returning({ at: 1, secret: 2 }), { end: 'stop' })).text, `data: a\n\n${frame}`)
    t.equal((await ask(['a'], { end: { event: 'stop', data: { at: 1, secret: 2 } } })).text, `data: a\n\n${frame}`)
    for (const end of ['stop', 'progress', { event: 'stop', data: 1 }, { event: 'progress', data: 1 }]) {
      t.equal((await ask(['a'], { end })).text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
    }
  })

  t.test('is not sent with `end: false`', async t => {
    t.equal((await ask(['a'], { end: false })).text, 'data: a\n\n')
  })
})

t.test('the default error event', async t => {
  const ask = declares(t, {})

  t.test('is the same as without a schema', async t => {
    const error = Object.assign(new Error('too long'), { statusCode: 422, code: 'TOO_LONG', secret: 1 })
    t.equal((await ask(failing(error))).text, `data: a\n\n${errorFrame('TOO_LONG', 422, 'too long')}`)
    t.equal((await ask(failing(new Error('secret')))).text, `data: a\n\n${errorFrame('FST_SSE_SOURCE_FAILED')}`)
  })

  t.test('has the declared properties of what onError returns', async t => {
    const onError = (error: Error) => ({
      event: 'error',
      data: { statusCode: 502, code: 'X', message: error.message, secret: 1 }
    })
    t.equal((await ask(failing(new Error('no')), { onError })).text, `data: a\n\n${errorFrame('X', 502, 'no')}`)
  })

  t.test('is unchanged if onError returns something undeclared', async t => {
    for (const made of [{ event: 'oops', data: 1 }, { event: 'error', data: 'b' }, { data: 1 }]) {
      const { text } = await ask(failing(new Error('no')), { onError: () => made })
      t.equal(text, `data: a\n\n${errorFrame('FST_SSE_SOURCE_FAILED')}`)
    }
  })
})

t.test('a declared error event', async t => {
  t.test('is what onError returns', async t => {
    const { text } = await declares(t, { error: OwnError })(failing(new Error('no')), {
      onError: (error: Error) => ({ event: 'error', data: { reason: error.message, secret: 1 } })
    })
    t.equal(text, `data: a\n\nevent: error\nid: ${END_ID}\ndata: {"reason":"no"}\n\n`)
  })

  t.test('is the default one if that matches', async t => {
    const { text } = await declares(t, { error: Type.Object({ code: Type.String() }) })(failing(new Error('no')))
    t.equal(text, `data: a\n\nevent: error\nid: ${END_ID}\ndata: {"code":"FST_SSE_SOURCE_FAILED"}\n\n`)
  })

  for (const http2 of [false, true]) {
    t.test(`breaks the response off if nothing matches, over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
      for (const onError of [undefined, () => undefined, () => ({ event: 'error', data: 1 }) as const]) {
        const { url, log } = await serve(
          t,
          app => {
            const schema = { response: { 200: eventStream({ message: Type.String(), error: OwnError }) } }
            app.get('/', { schema }, (_request, reply) =>
              reply.sseFrom(failing(new Error('no')), { onError: onError as undefined })
            )
          },
          { http2 }
        )
        const client = await fetchAll(url, { http2 })
        t.equal(client.ended, 'broken')
        t.equal(client.text(), 'data: a\n\n')
        t.match(
          log.filter(({ level }) => level === 50).map(({ err, msg }) => [msg, err?.code]),
          [
            ['stream failed', undefined],
            ...(onError?.() === undefined ? [] : [[/onError/, 'FST_SSE_EVENT_INVALID']]),
            ['the error event cannot be sent', 'FST_SSE_EVENT_INVALID']
          ]
        )
      }
    })
  }
})
