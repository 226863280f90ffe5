import Fastify from 'fastify'
import t, { type Test } from 'tap'
import sseFrom from '../../plugin/index.js'
import { streamRoutes } from '../../routes/index.js'
import { injectSse, type ScriptedSource, type SourceRun, scriptedSource } from '../../testing/index.js'
import { until } from '../helpers/until.js'

const OVER = { done: true, value: undefined }

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
  source.give('second')
  t.equal(await (await injectSse(app, '/')).text(), 'first')
  source.give(' to none')
  source.end()
  const { request } = (await source.run()).context
  t.equal(request?.url, '/')
  t.equal(await (await injectSse(app, '/')).text(), 'second to none')
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

t.test('takes the script of several runs before the first', async t => {
  const source = scriptedSource<unknown>()
  const app = await appWith(t, source)
  source.give('a')
  source.end()
  source.fail(Object.assign(new Error('busy'), { statusCode: 503 }))
  source.give('b', 'c')
  source.end({ why: 'told' })
  t.equal(await (await injectSse(app, '/')).text(), 'a')
  source.give('d')
  t.equal((await injectSse(app, '/')).status, 503)
  t.match(await (await injectSse(app, '/')).events(), [{ data: 'b' }, { data: 'c' }, { data: { why: 'told' } }])
  source.end()
  t.equal(await (await injectSse(app, '/')).text(), 'd')
})

t.test('is over when it is aborted, whatever reads it', async t => {
  const source = scriptedSource<unknown>()
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  app.get('/', (_request, reply) =>
    reply.sseFrom(async function* (context) {
      yield* source(context)
    })
  )
  source.give('a')
  const stream = await injectSse(app, '/')
  const run = await source.run()
  await until('it waits for the second item', () => run.pulls === 2)
  stream.disconnect()
  await run.over
  t.ok(run.isOver)
  t.notOk(await run.give('late'))
  source.give('next')
  source.end()
  t.equal(await (await injectSse(app, '/')).text(), 'next')
  t.equal(source.runs.length, 2)
})

t.test('gives nothing to those who ask when it is aborted, or was before', async t => {
  const source = scriptedSource<string>()
  const controller = new AbortController()
  const { signal } = controller
  const run = source({ signal })
  const taken = source.give('a', 'b')
  const iterator = run[Symbol.asyncIterator]()
  t.strictSame(await iterator.next(), { done: false, value: 'a' })
  controller.abort()
  t.notOk(await taken)
  t.strictSame(await iterator.next(), OVER)
  source.give('c')
  t.strictSame(await source({ signal })[Symbol.asyncIterator]().next(), OVER)
  await (await source.run(1)).over
  const waiting = new AbortController()
  const next = source(waiting)[Symbol.asyncIterator]().next()
  waiting.abort()
  t.strictSame(await next, OVER)
})

t.test('stays over, however it has ended, for all that read it', async t => {
  const endings: Record<string, (run: SourceRun<string>, iterator: AsyncIterator<string>) => unknown> = {
    end: run => run.end('result'),
    fail: run => run.fail(new Error('failed')),
    return: (_run, iterator) => iterator.return?.()
  }
  for (const [name, end] of Object.entries(endings)) {
    const source = scriptedSource<string>()
    const iterable = source(new AbortController())
    const iterator = iterable[Symbol.asyncIterator]()
    const [run] = source.runs as [SourceRun<string>]
    await end(run, iterator)
    if (name === 'end') t.strictSame(await iterator.next(), { done: true, value: 'result' })
    if (name === 'fail') await t.rejects(iterator.next(), { message: 'failed' })
    t.strictSame(await iterator.next(), OVER, name)
    t.strictSame(await iterable[Symbol.asyncIterator]().next(), OVER, `${name}, for another`)
    run.end('again')
    run.fail(new Error('again'))
    t.notOk(await run.give('again'))
    t.strictSame(await iterator.next(), OVER, `${name}, and told more`)
  }
})

t.test('ends for all that wait', async t => {
  const source = scriptedSource<string>()
  const iterable = source(new AbortController())
  const waiting = [1, 2].map(() => iterable[Symbol.asyncIterator]().next())
  source.end('result')
  source.fail(new Error('the next run'))
  t.strictSame(await Promise.all(waiting), [{ done: true, value: 'result' }, OVER])
})

t.test('refuses to wait for a run that will never be', async t => {
  const source = scriptedSource<string>()
  const wrong: [unknown, string][] = [
    [-1, '-1'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['0', 'a value of type string'],
    [null, 'a value of type object']
  ]
  for (const [index, word] of wrong) {
    const message = `the index of a run is a whole number from 0 on, and not ${word}`
    await t.rejects(source.run(index as number), { name: 'RangeError', message })
  }
  const second = source.run(1)
  for (const signal of [1, 2].map(() => new AbortController().signal)) source({ signal })
  t.equal(await second, source.runs[1])
  t.equal(await source.run(), source.runs[0])
})
