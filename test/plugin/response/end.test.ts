import { EventSource } from 'eventsource'
import t from 'tap'
import { END_ID } from '../../../plugin/index.js'
import { fetchAll } from '../../helpers/client.js'
import { build, serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

t.test('stops an EventSource that reconnects after the end, without starting the source', async t => {
  for (const path of ['/done', '/error', '/named', '/own']) {
    let started = 0
    const statuses: number[] = []
    const { url } = await serve(t, app => {
      app.addHook('onResponse', async (_request, reply) => {
        statuses.push(reply.statusCode)
      })
      const source = (fail: boolean) =>
        async function* () {
          started++
          yield { id: '1', data: 'token' }
          if (fail) throw new Error('midway')
        }
      app.get('/done', (_request, reply) => reply.sseFrom(source(false), { retry: 1 }))
      app.get('/error', (_request, reply) => reply.sseFrom(source(true), { retry: 1 }))
      app.get('/named', (_request, reply) => reply.sseFrom(source(false), { retry: 1, end: 'finished' }))
      app.get('/own', (_request, reply) => reply.sseFrom(source(false), { retry: 1, end: { data: '[DONE]' } }))
    })
    const received: string[] = []
    const source = new EventSource(url + path)
    t.teardown(() => source.close())
    source.onmessage = ({ data }) => received.push(data)
    await until('EventSource has given up', () => source.readyState === EventSource.CLOSED)
    t.same(statuses, [200, 204], path)
    t.equal(started, 1)
    t.equal(received[0], 'token')
  }
})

t.test('starts the source again for a client without the last event', async t => {
  const ids: (string | undefined)[] = []
  const { app } = build(t)
  await app.after()
  app.get('/', (_request, reply) =>
    reply.sseFrom(({ lastEventId, request }) => {
      t.equal(request.method, 'GET')
      ids.push(lastEventId)
      return ['x']
    })
  )
  const statusFor = async (id: string) => (await app.inject({ url: '/', headers: { 'last-event-id': id } })).statusCode
  t.equal(await statusFor('7'), 200)
  t.equal(await statusFor(`${END_ID}x`), 200)
  t.equal(await statusFor(''), 200)
  t.equal(await statusFor(END_ID), 204)
  t.same(ids, ['7', `${END_ID}x`, undefined])
})

t.test('ends a stream without a last event cleanly, without an end id', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.sseFrom(['a'], { end: false }))
    app.get('/empty', (_request, reply) => reply.sseFrom([], { end: false }))
  })
  const client = await fetchAll(url)
  t.equal(client.ended, 'clean')
  t.equal(client.text(), 'data: a\n\n')
  const empty = await fetchAll(`${url}/empty`)
  t.equal(empty.status, 200)
  t.equal(empty.text(), '')
})

for (const http2 of [false, true]) {
  t.test(`answers HEAD with the head alone and never starts the source, over HTTP/${http2 ? 2 : 1.1}`, async t => {
    const outcomes: string[] = []
    const { url } = await serve(
      t,
      app => {
        app.route({
          method: ['GET', 'HEAD'],
          url: '/own',
          handler: (_request, reply) =>
            reply.sseFrom(
              () => {
                t.fail('the source was started')
                return []
              },
              { onClose: ({ outcome }) => outcomes.push(outcome) }
            )
        })
        app.get('/automatic', (_request, reply) =>
          reply.sseFrom(() => {
            t.fail('the source was started')
            return []
          })
        )
      },
      { http2 }
    )
    for (const path of ['/own', '/automatic']) {
      const client = await fetchAll(url + path, { http2, method: 'HEAD' })
      t.equal(client.status, 200)
      t.equal(client.ended, 'clean')
      t.equal(client.headers['content-type'], 'text/event-stream')
      t.equal(client.headers['content-length'], undefined)
    }
    t.same(outcomes, ['skipped'])
  })
}

t.test('closes an open source that is not needed', async t => {
  const { app } = build(t)
  await app.after()
  const closed: string[] = []
  const source = (name: string) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        t.fail('it was read')
        return Promise.resolve({ done: true as const, value: undefined })
      },
      return: () => {
        closed.push(name)
        return Promise.resolve({ done: true as const, value: undefined })
      }
    })
  })
  app.get<{ Params: { name: string } }>('/:name', (request, reply) => {
    const { name } = request.params
    return reply.sseFrom(name === 'promise' ? Promise.resolve(source(name)) : source(name))
  })
  app.get('/rejected', (_request, reply) => reply.sseFrom(Promise.reject(new Error('too late'))))
  app.get('/wrong-option', (_request, reply) => reply.sseFrom(source('with a wrong option'), { retry: -1 }))
  app.get('/invalid', (_request, reply) => reply.sseFrom({} as []))
  t.equal((await app.inject({ url: '/iterable', headers: { 'last-event-id': END_ID } })).statusCode, 204)
  t.equal((await app.inject({ url: '/promise', method: 'HEAD' })).statusCode, 200)
  t.equal((await app.inject({ url: '/rejected', headers: { 'last-event-id': END_ID } })).statusCode, 204)
  t.equal((await app.inject({ url: '/invalid', headers: { 'last-event-id': END_ID } })).statusCode, 204)
  t.equal((await app.inject('/wrong-option')).statusCode, 500)
  await until('all are closed', () => closed.length === 3)
  t.same(closed.sort(), ['iterable', 'promise', 'with a wrong option'])
})

t.test('calls onClose once for each stream, with its outcome', async t => {
  const summaries: object[] = []
  const { url } = await serve(t, app => {
    app.get('/complete', (_request, reply) =>
      reply.code(201).sseFrom(['a', 'b'], { onClose: summary => summaries.push(summary) })
    )
    app.get('/replaced', { onSend: async () => 'something else' }, (_request, reply) =>
      reply.sseFrom(['a'], { onClose: summary => summaries.push(summary) })
    )
  })
  const client = await fetchAll(`${url}/complete`)
  await until('onClose was called', () => summaries.length === 1)
  const [complete] = summaries as [{ timeToFirstEvent: number; duration: number }]
  t.match(complete, { outcome: 'complete', statusCode: 201, events: 2, bytes: Buffer.byteLength(client.text()) })
  t.notOk('error' in complete)
  t.ok(complete.timeToFirstEvent > 0 && complete.timeToFirstEvent <= complete.duration)
  t.equal((await fetchAll(`${url}/replaced`)).text(), 'something else')
  await until('onClose was called', () => summaries.length === 2)
  t.match(summaries[1], { outcome: 'skipped', events: 0, timeToFirstEvent: undefined })
})

t.test('resolves when the response is over, so that a handler can await it', async t => {
  const order: string[] = []
  const { url } = await serve(t, app => {
    app.get('/', async (_request, reply) => {
      await reply.sseFrom(
        (async function* () {
          yield 'x'
          order.push('source ended')
        })()
      )
      order.push('awaited')
    })
  })
  const client = await fetchAll(url)
  t.equal(client.ended, 'clean')
  await until('the handler goes on', () => order.length === 2)
  t.same(order, ['source ended', 'awaited'])
})
