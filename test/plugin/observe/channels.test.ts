import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import t, { type Test } from 'tap'
import { type ChannelMessages, listen, type SourceContext, type SseSource } from '../../../plugin/index.js'
import { keepRecord, sendWhole } from '../../../plugin/toolkit.js'
import { injectSse, scriptedSource } from '../../../testing/index.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { build, type ServeOptions } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

type Name = keyof ChannelMessages

const NAMES: Name[] = [
  'stream.open',
  'stream.first-event',
  'stream.wait',
  'stream.drain',
  'stream.resume',
  'stream.close',
  'generation.start',
  'generation.finish',
  'refusal',
  'store.failure'
]

/** Keeps all messages of some channels. It ends with the test. */
function listenTo(t: Test, ...names: Name[]) {
  const heard: { name: Name; message: unknown }[] = []
  const ends = names.map(name => listen(name, message => heard.push({ name, message })))
  t.teardown(() => {
    for (const end of ends) end()
  })
  return {
    names: () => heard.map(({ name }) => name),
    of: <N extends Name>(name: N) =>
      heard.filter(one => one.name === name).map(one => one.message as ChannelMessages[N])
  }
}

function serveSource(t: Test, source: SseSource<unknown>, options: ServeOptions & { resumable?: boolean } = {}) {
  const { app } = build(t, options)
  app.after(() => {
    app.get('/', (_request, reply) => reply.sseFrom(source, { resumable: options.resumable ?? false }))
    app.get<{ Params: { id: string } }>('/:id', (request, reply) => reply.sseResume(request.params.id))
  })
  return app
}

t.test('a stream tells of its life', async t => {
  const heard = listenTo(t, ...NAMES)
  const source = scriptedSource<string>()
  const app = serveSource(t, source)
  source.give('a', 'b')
  source.end({ usage: { output_tokens: 2 } })
  const stream = await injectSse(app, '/')
  await stream.events()
  await until('it is closed', () => heard.of('stream.close').length)

  t.strictSame(heard.names(), [
    'stream.open',
    'generation.start',
    'stream.first-event',
    'generation.finish',
    'stream.close'
  ])
  const [opened] = heard.of('stream.open')
  t.equal(opened?.stream.request.url, '/')
  t.equal(opened?.stream.streamId, undefined)
  const [first] = heard.of('stream.first-event')
  t.equal(first?.stream, opened?.stream, 'all messages have the same object')
  const [closed] = heard.of('stream.close')
  t.equal(closed?.stream, opened?.stream)
  t.equal(closed?.waited, 0)
  t.match(closed?.summary, { outcome: 'complete', statusCode: 200, events: 2 })
  t.equal(first?.timeToFirstEvent, closed?.summary.timeToFirstEvent)
  const [started] = heard.of('generation.start')
  const [finished] = heard.of('generation.finish')
  t.equal(finished?.generation, started?.generation)
  t.match(finished?.summary, {
    outcome: 'complete',
    usage: { output_tokens: 2 },
    events: 2,
    waited: 0,
    unread: { events: 0, bytes: 0 }
  })
  t.notOk('text' in (finished?.summary ?? {}), 'the answer is not told')
})

t.test('all is told in the context of the request', async t => {
  const storage = new AsyncLocalStorage<string>()
  const stores: unknown[] = []
  const ends = [
    listen('stream.open', () => stores.push(storage.getStore())),
    listen('generation.start', () => stores.push(storage.getStore())),
    listen('generation.finish', () => stores.push(storage.getStore()))
  ]
  t.teardown(() => {
    for (const end of ends) end()
  })
  const { app } = build(t)
  app.addHook('onRequest', (_request, _reply, done) => storage.run('mine', done))
  app.after(() => {
    app.get('/', (_request, reply) => reply.sseFrom(['a']))
    app.get('/kept', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: true }))
  })
  for (const url of ['/', '/kept']) await (await injectSse(app, url)).events()
  await until('both have ended', () => stores.length === 6)
  t.strictSame(new Set(stores), new Set(['mine']))
})

t.test('a client that reads slowly is waited for, and so is one that leaves', async t => {
  const heard = listenTo(t, 'stream.wait', 'stream.drain', 'stream.close', 'generation.finish')
  const source = scriptedSource<string>()
  const app = serveSource(t, source)
  source.give('a')
  const stream = await injectSse(app, '/')
  await stream.next()
  stream.stall()
  const run = await source.run()
  const flood = (async () => {
    while (await run.give('x'.repeat(100_000))) if (heard.of('stream.wait').length) return
  })()
  await until('the stream waits', () => heard.of('stream.wait').length)
  stream.resume()
  await until('it goes on', () => heard.of('stream.drain').length)
  await flood
  run.end()
  await stream.text()
  await until('it is closed', () => heard.of('stream.close').length)
  const [wait] = heard.of('stream.wait')
  const waits = heard.of('stream.drain').map(({ duration }) => duration)
  t.equal(heard.of('stream.drain')[0]?.stream, wait?.stream)
  const [closed] = heard.of('stream.close')
  const [finished] = heard.of('generation.finish')
  const sum = waits.reduce((all, duration) => all + duration, 0)
  t.ok(Math.abs((closed?.waited as number) - sum) < 5 + sum / 10, 'the time of all waits')
  t.equal(finished?.summary.waited, closed?.waited, 'the source has waited as long as the stream')

  source.give('a')
  const leaver = await injectSse(app, '/')
  await leaver.next()
  leaver.stall()
  const second = await source.run(1)
  const before = heard.of('stream.wait').length
  second.give(...Array.from({ length: 50 }, () => 'x'.repeat(100_000)))
  await until('the stream waits', () => heard.of('stream.wait').length > before)
  leaver.disconnect()
  await until('it is closed', () => heard.of('stream.close').length === 2)
  t.equal(heard.of('stream.close')[1]?.summary.outcome, 'aborted')
  t.ok((heard.of('stream.close')[1]?.waited as number) > 0, 'a wait that nothing ends counts')
  t.match(heard.of('generation.finish')[1]?.summary, { outcome: 'aborted', reason: 'left' })
})

t.test('a stream is resumed, or followed from its start', async t => {
  const heard = listenTo(t, 'stream.open', 'stream.resume', 'stream.close', 'generation.start')
  const source = scriptedSource<string>()
  const app = serveSource(t, source, { resumable: true })
  source.give('a')
  const first = await injectSse(app, '/')
  await first.next()
  first.disconnect()
  await until('it has left', () => heard.of('stream.close').length)
  source.give('b')
  const again = await first.reconnect()
  await again.next()
  const late = await injectSse(app, `/${first.id}`)
  source.end()
  await Promise.all([again.events(), late.events()])
  t.strictSame(
    heard.of('stream.resume').map(({ after, stream }) => ({ after, streamId: stream.streamId })),
    [
      { after: 1, streamId: first.id },
      { after: 0, streamId: first.id }
    ]
  )
  t.equal(heard.of('stream.open').length, 3)
  t.equal(heard.of('generation.start').length, 1)
  t.equal(heard.of('generation.start')[0]?.generation.streamId, first.id)
})

t.test('what nobody has read is told', async t => {
  const heard = listenTo(t, 'generation.finish', 'stream.close')
  const source = scriptedSource<string>()
  const app = serveSource(t, source, { resumable: true })
  source.give('a')
  const client = await injectSse(app, '/')
  await client.next()
  client.disconnect()
  await until('it has left', () => heard.of('stream.close').length)
  await source.give('b', 'c')
  source.end()
  await until('the run is over', () => heard.of('generation.finish').length)
  t.match(heard.of('generation.finish')[0]?.summary, {
    events: 3,
    unread: { events: 2, bytes: 'data: b\n\n'.length * 2 }
  })
})

t.test('clients of another node have read what they could', async t => {
  const heard = listenTo(t, 'generation.finish', 'stream.close')
  const [store, other] = FaultyStore.nodes(2, { lease: 300 })
  const source = scriptedSource<string>()
  const app = serveSource(t, source, { resumable: true, plugin: { store: store as FaultyStore } })
  const elsewhere = serveSource(t, source, { resumable: true, plugin: { store: other as FaultyStore } })
  source.give('a')
  const client = await injectSse(app, '/')
  await client.next()
  const follower = await injectSse(elsewhere, `/${client.id}`)
  await follower.next()
  client.disconnect()
  await until('it has left', () => heard.of('stream.close').length)
  const renewed = store?.calls.renew ?? 0
  await until('the node knows of the other', () => (store?.calls.renew ?? 0) > renewed + 1)
  await source.give('b')
  await follower.next()
  follower.disconnect()
  await until('the other has left', () => heard.of('stream.close').length === 2)
  const renewedAgain = store?.calls.renew ?? 0
  await until('the node knows that it has', () => (store?.calls.renew ?? 0) > renewedAgain + 1)
  await source.give('c')
  source.end()
  await until('the run is over', () => heard.of('generation.finish').length)
  t.equal(heard.of('generation.finish')[0]?.summary.unread.events, 1)
})

t.test('items that are read on for the usage count as unread, and without onFinish nothing is read on', async t => {
  const heard = listenTo(t, 'generation.finish')
  const { app } = build(t)
  async function* source({ signal }: SourceContext) {
    yield 'a'
    if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve))
    yield 'b'
    yield 'c'
    return { usage: { output_tokens: 3 } }
  }
  app.after(() => {
    app.get('/told', (_request, reply) => reply.sseFrom(source, { drainForUsage: 5000, onFinish() {} }))
    app.get('/untold', (_request, reply) => reply.sseFrom(source, { drainForUsage: 5000 }))
  })
  for (const url of ['/told', '/untold']) {
    const client = await injectSse(app, url)
    await client.next()
    client.disconnect()
  }
  await until('both runs are over', () => heard.of('generation.finish').length === 2)
  const finishes = heard.of('generation.finish')
  const [told, untold] = ['/told', '/untold'].map(
    url => finishes.find(({ generation }) => generation.request.url === url)?.summary
  )
  t.match(told, { usage: { output_tokens: 3 }, unread: { events: 2, bytes: 0 } })
  t.match(untold, { usage: undefined, unread: { events: 0, bytes: 0 } })
})

t.test('answers in one piece are generations without a stream, and records are nothing', async t => {
  const heard = listenTo(t, ...NAMES)
  const { app } = build(t)
  app.after(() => {
    app.get('/', (_request, reply) =>
      sendWhole(
        reply,
        async function* () {
          yield 'a'
          return { finishReason: 'stop' as const }
        },
        ({ text }) => ({ text })
      )
    )
    app.get('/record', async (_request, reply) => {
      await keepRecord(reply, { id: 'mine', owner: undefined }, 'x')
      return 'kept'
    })
  })
  t.strictSame((await app.inject('/')).json(), { text: 'a' })
  t.equal((await app.inject('/record')).body, 'kept')
  t.strictSame(heard.names(), ['generation.start', 'generation.finish'])
  t.match(heard.of('generation.finish')[0]?.summary, { outcome: 'complete', events: 1 })
})

t.test('a response without a stream is none', async t => {
  const heard = listenTo(t, 'stream.open', 'stream.close')
  const { app } = build(t)
  app.after(() => app.get('/', (_request, reply) => reply.sseFrom(['a'])))
  await app.inject({ method: 'HEAD', url: '/' })
  await app.inject({ url: '/', headers: { 'last-event-id': '-' } })
  t.strictSame(heard.names().filter(name => name === 'stream.close').length, heard.of('stream.open').length)
})

t.test('limits tell what they refuse', async t => {
  const heard = listenTo(t, 'refusal')
  const source = scriptedSource<string>()
  const app = serveSource(t, source, { plugin: { maxStreams: 1 } })
  source.give('a')
  const first = await injectSse(app, '/')
  await first.next()
  t.equal((await app.inject('/')).statusCode, 503)
  t.strictSame(
    heard.of('refusal').map(({ error }) => error.code),
    ['FST_SSE_SERVER_BUSY']
  )
  source.end()
  await first.events()
})

t.test('each failed call of a store is told', async t => {
  const heard = listenTo(t, 'store.failure')
  const [store, other] = FaultyStore.nodes(2)
  const source = scriptedSource<string>()
  const app = serveSource(t, source, { resumable: true, plugin: { store: store as FaultyStore } })
  const elsewhere = serveSource(t, source, { resumable: true, plugin: { store: other as FaultyStore } })
  source.give('a')
  const client = await injectSse(app, '/')
  await client.next()
  await until('the log is in the store', () => store?.calls.append)
  t.strictSame(heard.names(), [])

  t.equal((await injectSse(elsewhere, '/missing')).status, 410)
  t.strictSame(heard.names(), [], 'a stream that is not there is no failure')

  other?.goDown()
  await (await injectSse(elsewhere, `/${client.id}`)).body()
  t.match(heard.of('store.failure'), [{ operation: 'read', error: { code: 'FST_SSE_STORE_UNAVAILABLE' } }])
  other?.comeBack()

  const follower = await injectSse(elsewhere, `/${client.id}`)
  await follower.next()
  other?.goDown(['read'])
  source.give('b')
  await follower.events().catch(() => {})
  t.match(heard.of('store.failure')[1], { operation: 'read' })

  store?.goDown()
  source.give('c')
  await until('writing fails', () => heard.of('store.failure').some(({ operation }) => operation === 'write'))
  store?.comeBack()
  source.end()
  await client.events()
})

t.test('slots that cannot be counted are told', async t => {
  const heard = listenTo(t, 'store.failure')
  const { app } = build(t, {
    plugin: {
      maxStreamsPerOwner: { limit: 1, owner: () => 'me' },
      store: Object.assign(new FaultyStore(), {
        slots: { take: failing, renew: failing, release: failing }
      })
    }
  })
  app.after(() => app.get('/', (_request, reply) => reply.sseFrom(['a'])))
  await app.inject('/')
  t.match(heard.of('store.failure')[0], { operation: 'slots', error: { message: 'no slots' } })
})

async function failing(): Promise<never> {
  throw new Error('no slots')
}

t.test('the names are those that Node knows', async t => {
  for (const name of NAMES) {
    const end = listen(name, () => {})
    t.ok(diagnostics.hasSubscribers(`fastify-sse-from:${name}`), name)
    end()
    t.notOk(diagnostics.hasSubscribers(`fastify-sse-from:${name}`), `${name}, no longer`)
  }
})
