import { context, trace } from '@opentelemetry/api'
import t, { type Test } from 'tap'
import { metrics } from '../../otel/names.js'
import type { SseSource } from '../../plugin/index.js'
import { type GenerateContext, streamRoutes } from '../../routes/index.js'
import { injectSse, scriptedSource } from '../../testing/index.js'
import { FaultyStore } from '../helpers/faulty-store.js'
import { build, type ServeOptions } from '../helpers/server.js'
import { telemetry } from '../helpers/telemetry.js'
import { until } from '../helpers/until.js'

const NAMED = { provider: 'acme', model: 'small' }
const LABELS = {
  'http.route': '/',
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'acme',
  'gen_ai.request.model': 'small'
}
const KEPT = 'resumable'

function serveSource(t: Test, source: SseSource<unknown>, options: ServeOptions & { [KEPT]?: boolean } = {}) {
  const { app } = build(t, options)
  app.after(() => {
    app.get('/', (_request, reply) => reply.sseFrom(source, { resumable: options[KEPT] ?? false }))
    app.get<{ Params: { id: string } }>('/:id', (request, reply) => reply.sseResume(request.params.id))
  })
  return app
}

t.test('every number of a complete answer is what the script did', async t => {
  const seen = telemetry(t, { describe: () => NAMED })
  const source = scriptedSource<string>()
  const app = serveSource(t, source)
  source.give('a', 'b', 'c')
  const stream = await injectSse(app, '/')
  for (let n = 0; n < 3; n++) await stream.next()
  t.equal(await seen.total('sse.streams.active', { 'http.route': '/' }), 1)
  t.equal(await seen.total('sse.generations.active', LABELS), 1)
  source.end({ usage: { prompt_tokens: 11, completion_tokens: 3 } })
  await stream.events()
  await until('it is closed', async () => (await seen.total('sse.streams.active')) === 0)

  const points = await seen.collect()
  const only = (name: string) => {
    const [point, ...others] = points.get(name) ?? []
    t.strictSame(others, [], `${name} has one point`)
    return point
  }
  const complete = { 'sse.outcome': 'complete' }
  t.match(only('gen_ai.client.operation.duration'), { attributes: { ...LABELS, ...complete }, count: 1 })
  t.match(only('gen_ai.client.operation.time_to_first_chunk'), { attributes: LABELS, count: 1 })
  t.match(only('gen_ai.server.request.duration'), { attributes: { ...LABELS, ...complete }, count: 1 })
  t.match(only('gen_ai.server.time_to_first_token'), { attributes: LABELS, count: 1 })
  t.strictSame(
    points.get('gen_ai.client.token.usage')?.map(({ attributes, value }) => [attributes['gen_ai.token.type'], value]),
    [
      ['input', 11],
      ['output', 3]
    ]
  )
  const perToken = only('gen_ai.server.time_per_output_token')
  const total = only('gen_ai.client.operation.duration')?.value as number
  const toFirst = only('gen_ai.client.operation.time_to_first_chunk')?.value as number
  t.ok(Math.abs((perToken?.value as number) * 2 - (total - toFirst)) < 1e-9, 'for each token after the first')
  t.match(only('sse.stream.events'), { value: 3 })
  t.match(only('sse.stream.io'), { value: Buffer.byteLength(await stream.body()) })
  t.match(only('sse.stream.client_wait'), { value: 0 })
  t.match(only('sse.generation.client_wait'), { value: 0 })
  t.match(only('sse.generation.unread.events'), { value: 0 })
  t.match(only('sse.generations'), { attributes: { ...LABELS, ...complete }, value: 1 })
  t.match(only('sse.stream.duration'), { attributes: { 'http.route': '/', ...complete }, count: 1 })
  for (const name of ['sse.stream.resumes', 'sse.refusals', 'sse.store.failures']) t.notOk(points.has(name), name)
})

t.test('a stop, a loss and a failure are told from each other', async t => {
  const seen = telemetry(t)
  const source = scriptedSource<string>()
  const app = serveSource(t, source, { resumable: true })
  const kept = serveSource(t, source)
  const ended = (count: number) => until('it has ended', async () => (await seen.total('sse.generations')) === count)

  source.give('a')
  const stopped = await injectSse(app, '/')
  await stopped.next()
  await app.sseStreams.stop(stopped.id as string)
  await stopped.events()
  await ended(1)

  source.give('a')
  const left = await injectSse(kept, '/')
  await left.next()
  left.disconnect()
  await ended(2)

  source.give('a')
  source.fail(Object.assign(new Error('a secret of the provider'), { code: 'ECONNRESET' }))
  await (await injectSse(kept, '/')).body()
  await ended(3)

  source.give('a')
  source.fail(new RangeError('a secret of the provider'))
  await (await injectSse(kept, '/')).body()
  await ended(4)

  const by = (key: string) => async (value: string) => seen.total('sse.generations', { [key]: value })
  t.strictSame(await Promise.all(['stopped', 'aborted', 'error'].map(by('sse.outcome'))), [1, 1, 2])
  t.strictSame(await Promise.all(['stopped', 'left'].map(by('sse.abort.reason'))), [1, 1])
  t.equal(await seen.total('sse.generations', { 'error.type': 'ECONNRESET' }), 1)
  t.equal(await seen.total('sse.generations', { 'error.type': 'RangeError' }), 1)
  const durations = await seen.points('sse.stream.duration')
  t.strictSame(
    durations.map(({ attributes, count }) => [attributes['sse.outcome'], attributes['error.type'], count]),
    [
      ['stopped', undefined, 1],
      ['aborted', undefined, 1],
      ['error', 'ECONNRESET', 1],
      ['error', 'RangeError', 1]
    ]
  )
  t.notMatch(JSON.stringify([...(await seen.collect())]), /secret/)
  t.notMatch(
    JSON.stringify(seen.spans().map(({ attributes, status, events }) => [attributes, status, events])),
    /secret/
  )
  t.equal(await seen.total('gen_ai.client.token.usage'), 0, 'no usage, no tokens')
})

t.test('slow clients, resumes, and what nobody has read', async t => {
  const seen = telemetry(t)
  const source = scriptedSource<string>()
  const direct = serveSource(t, source)
  source.give('a')
  const slow = await injectSse(direct, '/')
  await slow.next()
  slow.stall()
  source.give(...Array.from({ length: 30 }, () => 'x'.repeat(100_000)))
  await until('it waits', async () => (await seen.total('sse.streams.waiting')) === 1)
  slow.resume()
  await until('it waits no more', async () => (await seen.total('sse.streams.waiting')) === 0)
  source.end()
  await slow.text()
  await until('it is closed', async () => (await seen.total('sse.streams.active')) === 0)
  const waited = await seen.total('sse.stream.client_wait')
  t.ok(waited > 0)
  t.equal(await seen.total('sse.generation.client_wait'), waited)

  const app = serveSource(t, source, { resumable: true })
  source.give('a')
  const client = await injectSse(app, '/')
  await client.next()
  client.disconnect()
  await until('it has left', async () => (await seen.total('sse.streams.active')) === 0)
  await source.give('b')
  const again = await client.reconnect()
  await again.next()
  const late = await injectSse(app, `/${client.id}`)
  for (let n = 0; n < 2; n++) await late.next()
  again.disconnect()
  late.disconnect()
  await until('both have left', async () => (await seen.total('sse.streams.active')) === 0)
  await source.give('c', 'd')
  source.end()
  await until('the run is over', async () => (await seen.total('sse.generations.active')) === 0)
  t.equal(await seen.total('sse.stream.resumes', { 'sse.resume.from': 'position' }), 1)
  t.equal(await seen.total('sse.stream.resumes', { 'sse.resume.from': 'start' }), 1)
  t.equal(await seen.total('sse.generation.unread.events'), 2)
  t.equal(await seen.total('sse.generation.unread.io'), 2 * 'data: c\n\n'.length)
  t.equal((await seen.points('gen_ai.server.time_to_first_token'))[0]?.count, 2, 'resuming is not answering')
})

t.test('refusals and failures of the store', async t => {
  const seen = telemetry(t)
  const store = new FaultyStore()
  const source = scriptedSource<string>()
  const app = serveSource(t, source, { resumable: true, plugin: { maxStreams: 1, store } })
  store.goDown()
  source.give('a')
  const stream = await injectSse(app, '/')
  await stream.next()
  t.equal((await injectSse(app, '/')).status, 503)
  await until('the store fails', async () => (await seen.total('sse.store.failures')) > 0)
  store.comeBack()
  source.end()
  await stream.events()
  t.equal(await seen.total('sse.refusals', { 'error.type': 'FST_SSE_SERVER_BUSY' }), 1)
  const [failure] = await seen.points('sse.store.failures')
  t.strictSame(failure?.attributes, { 'sse.store.operation': 'write', 'error.type': 'FST_SSE_STORE_UNAVAILABLE' })
})

t.test('a span for each generation, below the span of its request', async t => {
  const seen = telemetry(t)
  const source = scriptedSource<string, unknown>()
  const { app } = build(t)
  app.addHook('onRequest', (request, _reply, done) => {
    const span = seen.tracer.startSpan(`request ${request.url}`)
    context.with(trace.setSpan(context.active(), span), done)
    request.raw.on('close', () => span.end())
  })
  const generate = Object.assign((_asked: unknown, own: GenerateContext) => source(own) as never, NAMED)
  app.register(streamRoutes, { generate, resumable: { onDisconnect: { grace: 1 } } })
  source.give('a', 'b')
  source.end({ finishReason: 'stop', usage: { promptTokens: 5, completionTokens: 2, totalTokens: 7 } })
  await (await injectSse(app, '/stream?prompt=hi')).events()
  await until('it has a span', () => seen.spans().some(({ name }) => name === 'chat small'))
  const parent = seen.spans().find(({ name }) => name.startsWith('request'))
  const span = seen.spans().find(({ name }) => name === 'chat small')
  t.ok(parent)
  t.equal(span?.parentSpanContext?.spanId, parent?.spanContext().spanId)
  t.match(span?.attributes, {
    ...LABELS,
    'http.route': '/stream',
    'gen_ai.usage.input_tokens': 5,
    'gen_ai.usage.output_tokens': 2,
    'sse.generation.events': 2,
    'sse.generation.unread_events': 0,
    'sse.outcome': 'complete'
  })

  source.give('a')
  const leaver = await injectSse(app, '/stream?prompt=hi')
  await leaver.next()
  const before = seen.spans().length
  leaver.disconnect()
  const second = await source.run(1)
  await second.over
  await until('it has ended', () => seen.spans().filter(({ name }) => name === 'chat small').length === 2)
  const abandoned = seen.spans().filter(({ name }) => name === 'chat small')[1]
  t.match(abandoned?.attributes, { 'sse.outcome': 'aborted', 'sse.abort.reason': 'abandoned' })
  t.ok(abandoned?.parentSpanContext, 'its parent may have ended before')
  t.ok(seen.spans().length > before)
  t.equal(abandoned?.status.code, 0, 'leaving is no error')
})

t.test('stopping takes back what is open, and hears nothing more', async t => {
  const seen = telemetry(t)
  const source = scriptedSource<string>()
  const app = serveSource(t, source)
  source.give('a')
  const stream = await injectSse(app, '/')
  await stream.next()
  stream.stall()
  source.give(...Array.from({ length: 30 }, () => 'x'.repeat(100_000)))
  await until('it waits', async () => (await seen.total('sse.streams.waiting')) === 1)
  seen.stop()
  seen.stop()
  t.equal(await seen.total('sse.streams.active'), 0)
  t.equal(await seen.total('sse.streams.waiting'), 0)
  t.equal(await seen.total('sse.generations.active'), 0)
  t.equal(seen.spans().length, 1, 'its span is ended')
  stream.resume()
  source.end()
  await stream.text()
  t.equal(await seen.total('sse.stream.events'), 0)
})

t.test('what was open before counts as soon as it closes, but was never open', async t => {
  const source = scriptedSource<string>()
  const app = serveSource(t, source)
  source.give('a')
  const first = telemetry(t)
  const stream = await injectSse(app, '/')
  await stream.next()
  const seen = telemetry(t)
  source.end()
  await stream.text()
  await until('it is closed', async () => (await seen.total('sse.stream.events')) === 1)
  t.equal(await seen.total('sse.streams.active'), 0)
  t.equal(await seen.total('sse.generations.active'), 0)
  t.equal(await seen.total('sse.generations'), 0)
  t.equal(await first.total('sse.generations'), 1)
})

t.test('all that is exported is named in one place', async t => {
  const seen = telemetry(t)
  const app = serveSource(t, () => ['a'])
  await (await injectSse(app, '/')).events()
  await until('it is closed', async () => (await seen.total('sse.stream.events')) === 1)
  const names = new Set<string>(Object.values(metrics).map(({ name }) => name))
  for (const name of (await seen.collect()).keys()) t.ok(names.has(name), name)
})

t.test('ten thousand streams leave no growing set of labels', async t => {
  const seen = telemetry(t, { describe: ({ request }) => ({ model: request.url, provider: request.url }) })
  const { app } = build(t, { fastify: { logger: false } })
  let count = 0
  class Odd extends Error {
    override name = `Odd${count}`
  }
  app.after(() => {
    app.get('/:anything', (_request, reply) =>
      reply.sseFrom(function* () {
        yield 'a'
        if (count++ % 10 === 0) throw new Odd()
      })
    )
  })
  const STREAMS = 10_000
  for (let n = 0; n < STREAMS; n += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => app.inject(`/${n + i}`)))
  }
  await until('all are closed', async () => (await seen.total('sse.stream.events')) === STREAMS)
  const points = await seen.collect()
  for (const [name, all] of points) t.ok(all.length <= 500, `${name} has ${all.length} points`)
  const models = new Set(points.get('sse.generations')?.map(({ attributes }) => attributes['gen_ai.request.model']))
  t.equal(models.size, 101, 'a hundred, and one for all others')
  t.ok(models.has('_OTHER'))
  t.equal(await seen.total('sse.streams.active'), 0)
  t.equal(await seen.total('sse.generations.active'), 0)
  t.equal(points.get('sse.stream.events')?.length, 1, 'the route is the one that was declared')
})

t.test('a stream of no route has no route', async t => {
  const seen = telemetry(t)
  const { app } = build(t)
  app.after(() => app.setNotFoundHandler((_request, reply) => reply.sseFrom(['a'])))
  await (await injectSse(app, '/nowhere')).events()
  await until('it is closed', async () => (await seen.total('sse.stream.events')) === 1)
  t.strictSame((await seen.points('sse.stream.events'))[0]?.attributes, {})
})
