import t, { type Test } from 'tap'
import type { PluginOptions, StartOptions } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { type ServeOptions, serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'

/** A server whose `POST /` starts a stream of `a` and `b`, one token at each step. */
async function starting(
  t: Test,
  options: StartOptions<string> = {},
  plugin: PluginOptions = {},
  more: ServeOptions = {}
) {
  const steps = new Steps()
  const calls: { aborted?: unknown }[] = []
  const served = await serve(
    t,
    app => {
      app.post('/', async (_request, reply) => {
        const started = await reply.sseStart(async function* ({ signal }) {
          const call: { aborted?: unknown } = {}
          calls.push(call)
          signal.addEventListener('abort', () => {
            call.aborted = signal.reason?.reason
            steps.go()
          })
          for (const token of ['a', 'b']) {
            await steps.next()
            yield token
          }
          await steps.next()
          return 'whole'
        }, options)
        return reply.code(202).send(started)
      })
      app.get<{ Params: { id: string }; Querystring: { after?: string } }>('/streams/:id', (request, reply) => {
        const { after } = request.query
        return reply.sseResume(request.params.id, after === undefined ? {} : { after: Number(after) })
      })
    },
    { plugin: { drainTimeout: 100, ...plugin }, ...more }
  )
  const start = async (headers: Record<string, string> = {}) => {
    const answer = await fetchAll(served.url, { method: 'POST', headers })
    return { status: answer.status, ...JSON.parse(answer.text()) }
  }
  return { ...served, steps, calls, start }
}

const all = 'data: a\n\ndata: b\n\nevent: done\ndata: "whole"\n\n'
const withoutIds = (text: string) => text.replace(/^id: .+\n/gm, '')

t.test('a stream starts without a client, and one can follow it later, on any node', async t => {
  const [one, other] = FaultyStore.nodes(2)
  const { start, steps, calls, url } = await starting(t, {}, { store: one as FaultyStore })
  const { url: otherUrl } = await starting(t, {}, { store: other as FaultyStore })
  const { status, id, isNew } = await start()
  t.equal(status, 202)
  t.equal(isNew, true)
  await until('the source has started', () => calls.length)
  const client = open(`${otherUrl}/streams/${id}`)
  for (let i = 0; i < 3; i++) steps.go()
  await client.end()
  t.equal(withoutIds(client.text()), all)
  t.equal(withoutIds((await fetchAll(`${url}/streams/${id}`)).text()), all)
  t.equal(calls.length, 1)
})

t.test('the events after a number come, whatever the Last-Event-ID', async t => {
  const { start, steps, url, app } = await starting(t)
  const { id } = await start()
  for (let i = 0; i < 3; i++) steps.go()
  await until('the end', async () => (await app.sseStreams.read(id))?.hasEnded)
  const after = (number: number, headers = {}) => fetchAll(`${url}/streams/${id}?after=${number}`, { headers })
  t.equal(withoutIds((await after(0)).text()), all)
  t.equal(withoutIds((await after(0, { 'last-event-id': `${id}:2` })).text()), all)
  t.equal((await after(1)).text(), `id: ${id}:2\ndata: b\n\nid: ${id}:3:end\nevent: done\ndata: "whole"\n\n`)
  t.equal(withoutIds((await after(2)).text()), 'event: done\ndata: "whole"\n\n')
  t.equal((await after(3)).status, 204, 'it has the last event')
  t.equal((await after(4)).status, 410)
  const wrong = await after(-1)
  t.equal(wrong.status, 500)
  t.match(JSON.parse(wrong.text()), {
    code: 'FST_SSE_OPTION_INVALID',
    message: /"after" takes a whole number, 0 or more/
  })
})

t.test('the events so far can be read without a response', async t => {
  const [one, other] = FaultyStore.nodes(2)
  const { start, steps, app } = await starting(t, {}, { store: one as FaultyStore })
  const { app: otherApp } = await starting(t, {}, { store: other as FaultyStore })
  const { id } = await start()
  const first = Promise.all([app.sseStreams.read(id), otherApp.sseStreams.read(id)])
  steps.go()
  for (const state of await first) t.same(state, { events: ['data: a\n\n'], hasEnded: false }, 'waits for the first')
  t.same(await app.sseStreams.read(id, { after: 1 }), { events: [], hasEnded: false })
  steps.go()
  steps.go()
  for (const { sseStreams } of [app, otherApp]) {
    await until('the end', async () => (await sseStreams.read(id))?.hasEnded)
    const last = 'event: done\ndata: "whole"\n\n'
    t.same(await sseStreams.read(id), { events: ['data: a\n\n', 'data: b\n\n', last], hasEnded: true })
    t.same(await sseStreams.read(id, { after: 1 }), { events: ['data: b\n\n', last], hasEnded: true })
    t.same(await sseStreams.read(id, { after: 2 }), { events: [last], hasEnded: true })
    t.same(await sseStreams.read(id, { after: 3 }), { events: [], hasEnded: true })
    t.equal(await sseStreams.read(id, { owner: 'me' }), undefined)
    t.equal(await sseStreams.read('unknown'), undefined)
    t.equal(await sseStreams.read('no id'), undefined)
    for (const after of [-1, 0.5, Number.NaN]) {
      await t.rejects(sseStreams.read(id, { after }), { code: 'FST_SSE_OPTION_INVALID' })
    }
    await t.rejects(sseStreams.read(id, { owner: '' }), { code: 'FST_SSE_OWNER_INVALID' })
  }
})

t.test('a stream that has no events is read at its end', async t => {
  const { app, url } = await serve(t, app => {
    app.post('/', async (_request, reply) => reply.send(await reply.sseStart(() => [], { end: false })))
  })
  const { id } = JSON.parse((await fetchAll(url, { method: 'POST' })).text())
  t.same(await app.sseStreams.read(id), { events: [], hasEnded: true })
})

t.test('a stream that cannot be read rejects', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const { start, steps } = await starting(t, {}, { store: one })
  const { app } = await starting(t, {}, { store: other })
  const { id } = await start()
  other.goDown()
  await t.rejects(app.sseStreams.read(id), { code: 'FST_SSE_STORE_UNAVAILABLE' })
  other.comeBack()
  let reads = 0
  other.before = method => {
    if (method === 'read' && ++reads > 1) throw new Error('down')
  }
  const reading = app.sseStreams.read(id)
  await t.rejects(reading, { message: 'down' }, 'while it waits for the first event')
  other.comeBack()
  other.before = () => {}
  steps.go()
  t.same((await app.sseStreams.read(id))?.events, ['data: a\n\n'])
})

t.test('a stream has the owner of the request that starts it', async t => {
  const owner = async (request: { headers: Record<string, unknown> }) => request.headers['x-user'] as string
  const { start, app } = await starting(t, { resumable: { id: 'report' } }, { resumable: { owner } })
  const mine = { 'x-user': 'me' }
  t.match(await start(mine), { id: 'report', isNew: true })
  t.match(await start(mine), { id: 'report', isNew: false }, 'there is one already')
  t.match(await start({ 'x-user': 'you' }), { id: 'report', isNew: true }, 'another owner, another stream')
  t.match(await start(), { status: 500, code: 'FST_SSE_OWNER_INVALID' })
  t.equal(await app.sseStreams.stop('report', { owner: 'me' }), true)
  t.match(await app.sseStreams.read('report', { owner: Promise.resolve('me') }), { hasEnded: true })
  t.equal(await app.sseStreams.read('report'), undefined)
  t.equal(await app.sseStreams.read('report', { owner: 'others' }), undefined)
})

t.test('a source that is not needed is not started', async t => {
  const { start, calls } = await starting(t, { resumable: { id: 'report' } })
  await start()
  t.match(await start(), { isNew: false })
  await until('the source has started', () => calls.length)
  t.equal(calls.length, 1)
})

t.test('a stream without clients goes on, unless its grace period says otherwise', async t => {
  const { start, app, calls, log } = await starting(t, { resumable: { onDisconnect: { grace: 20 } } })
  const { id } = await start()
  await until('the source is aborted', () => calls[0]?.aborted)
  t.equal(calls[0]?.aborted, 'abandoned')
  t.match((await app.sseStreams.read(id))?.events, [/FST_SSE_STREAM_ABANDONED/])
  t.equal(log.filter(({ err }) => err?.code === 'FST_SSE_STREAM_ABANDONED').length, 1)
  const line = log.find(({ err }) => err?.code === 'FST_SSE_STREAM_ABANDONED')
  t.match(line, { level: 30, msg: 'the last client left, and none came back in time', outcome: 'aborted' })
  t.notMatch(JSON.stringify(line), / at .+:\d+:\d+/, 'without a stack trace: clients that leave are no error')
})

t.test('a stream without clients can be stopped, with one line in the log', async t => {
  const { start, app, calls, log } = await starting(t)
  const { id } = await start()
  await until('the source has started', () => calls.length)
  t.equal(await app.sseStreams.stop(id), true)
  t.equal(calls[0]?.aborted, 'stopped')
  t.equal(log.filter(({ msg }) => msg === 'stream stopped').length, 1)
})

t.test('a stream ends with its signal', async t => {
  const controller = new AbortController()
  const { start, calls } = await starting(t, { signal: controller.signal })
  await start()
  await until('the source has started', () => calls.length)
  controller.abort()
  t.equal(calls[0]?.aborted, 'stopped')
})

t.test('wrong options and a closing server are refused', async t => {
  for (const [options, message] of [
    [{ heartbeat: 1 }, /heartbeat/],
    [{ resumable: true }, /"resumable" takes an object with id/],
    [{ resumable: { onDisconnect: 'abort' } }, /"resumable.onDisconnect" takes 'continue' or \{ grace \}/],
    [{ protocol: 'x' }, /"protocol" takes/],
    [{ protocol: {} }, /"protocol" takes/],
    [{ end: {} }, /"end" takes/]
  ] as const) {
    const { start, calls } = await starting(t, options as never)
    t.match(await start(), { status: 500, code: 'FST_SSE_OPTION_INVALID', message })
    t.equal(calls.length, 0)
  }
  const { url } = await serve(t, app => {
    app.post('/', async (_request, reply) => reply.sseStart(['a'] as never))
  })
  t.match(JSON.parse((await fetchAll(url, { method: 'POST' })).text()), { message: /"source" takes a function/ })
})

t.test('a server that closes starts no stream', async t => {
  const steps = new Steps()
  const served = await serve(t, app => {
    app.post('/', async (_request, reply) => {
      await steps.next()
      return reply.sseStart(() => ['a'])
    })
  })
  const client = open(served.url, { method: 'POST' })
  await until('the request', () => served.log.some(({ msg }) => msg === 'incoming request'))
  const closed = served.app.close()
  await until('it closes', () => served.app.server.listening === false)
  steps.go()
  await client.end()
  t.match(JSON.parse(client.text()), { statusCode: 503, code: 'FST_SSE_CLOSING' })
  await closed
})
