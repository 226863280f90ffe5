import Fastify from 'fastify'
import t, { type Test } from 'tap'
import sseFrom from '../../plugin/index.js'
import { streamRoutes } from '../../routes/index.js'
import { injectSse, type ScriptedSource, scriptedSource } from '../../testing/index.js'

async function appWith(t: Test, source: ScriptedSource<unknown>) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  app.get('/', (_request, reply) => reply.sseFrom(source))
  return app
}

t.test('gives what it was told before a request came, and waits for the rest', async t => {
  const source = scriptedSource<unknown>()
  const app = await appWith(t, source)
  source.give('a')
  const stream = await injectSse(app, '/')
  t.equal((await stream.next())?.data, 'a')
  t.ok(await source.give('b', 'c'), 'taken')
  source.end({ why: 'told' })
  t.match(await stream.events(), [{ data: 'a' }, { data: 'b' }, { data: 'c' }, { data: { why: 'told' } }])
  const run = await source.run()
  t.ok(run.isOver)
  t.equal(run.pulls, 4, 'three items and the end')
  t.notOk(run.signal.aborted)
  t.equal(run.context.lastEventId, undefined)
  await run.over
})

t.test('keeps what it is told after its end for the next run', async t => {
  const source = scriptedSource<unknown>()
  const app = await appWith(t, source)
  source.give('first')
  source.end()
  source.give('never given out')
  t.equal(await (await injectSse(app, '/')).text(), 'first')
  source.give('second')
  source.end()
  const { request } = (await source.run()).context
  t.equal(request?.url, '/')
  t.equal(await (await injectSse(app, '/')).text(), 'second')
  t.equal(source.runs.length, 2)
})

t.test('fails when it is told to, before the first item and after it', async t => {
  const source = scriptedSource<unknown>()
  const app = await appWith(t, source)
  source.fail(Object.assign(new Error('busy'), { statusCode: 503 }))
  t.equal((await injectSse(app, '/')).status, 503)
  source.give('a')
  source.fail(new Error('late'))
  t.match(await (await injectSse(app, '/')).events(), [{ data: 'a' }, { event: 'error' }])
})

t.test('says that nobody took what it was given', async t => {
  const source = scriptedSource<unknown>()
  const app = await appWith(t, source)
  const stream = await Promise.all([injectSse(app, '/'), source.give('a')]).then(([stream]) => stream)
  const run = await source.run()
  const left = run.over
  stream.disconnect()
  await left
  t.equal(run.signal.reason?.reason, 'left')
  t.notOk(await run.give('b'))
  const [last] = source.runs
  t.equal(last, run)
})

t.test('gives up what it was told and nobody asked for when it is left', async t => {
  const source = scriptedSource<unknown>()
  const app = await appWith(t, source)
  source.give('a')
  const stream = await injectSse(app, '/')
  stream.stall()
  const taken = source.give(...Array.from({ length: 500 }, () => 'x'.repeat(4096)))
  stream.disconnect()
  t.notOk(await taken)
})

t.test('runs for several requests at once, each on its own', async t => {
  const source = scriptedSource<unknown>()
  const app = await appWith(t, source)
  const streams = [injectSse(app, '/'), injectSse(app, '/')]
  const [first, second] = await Promise.all([source.run(0), source.run(1)])
  first?.give('one')
  second?.give('two')
  first?.end()
  second?.end()
  const texts = await Promise.all(streams.map(async stream => (await stream).text()))
  t.strictSame(texts, ['one', 'two'])
})

t.test('is a source for the ready routes, too', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  const source = scriptedSource<string, { finishReason: 'stop' }>()
  await app.register(streamRoutes, { generate: (_asked, context) => source(context) })
  source.give('a')
  source.end({ finishReason: 'stop' })
  const stream = await injectSse(app, { url: '/stream', query: { prompt: 'Hi' } })
  t.equal(await stream.text(), 'a')
})
