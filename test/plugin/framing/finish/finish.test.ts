import { AsyncLocalStorage } from 'node:async_hooks'
import t, { type Test } from 'tap'
import { plainCodec } from '../../../../plugin/framing/codec.js'
import { LimitedRecord } from '../../../../plugin/framing/finish/frame-record.js'
import { RecordedChunks } from '../../../../plugin/framing/finish/recorded-chunks.js'
import {
  type Protocol,
  type ResumableOptions,
  type SourceContext,
  StreamAbort,
  type StreamFinish,
  type StreamOptions,
  type StreamSummary
} from '../../../../plugin/index.js'
import { sendWhole } from '../../../../plugin/toolkit.js'
import { Deadlines } from '../../../../plugin/util/timing/deadlines.js'
import { type Client, fetchAll, type OpenOptions, open } from '../../../helpers/client.js'
import { Clock } from '../../../helpers/clock.js'
import { FaultyStore } from '../../../helpers/faulty-store.js'
import { build, type Served, type ServeOptions, serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

type Kind = 'plain' | 'resumable' | 'whole'

interface FinishServer extends Served {
  finishes: StreamFinish[]
  summaries: StreamSummary[]
  controller: AbortController
  /** Ends the source: with an error, or with a return value. */
  end(how?: Error | { returned: unknown }): void
  started(): number
}

interface FinishOptions extends ServeOptions {
  items?: readonly unknown[]
  resumable?: ResumableOptions
  stream?: StreamOptions<string>
}

/** Serves at `/` a source that yields its items, and ends when it is told to or its signal is aborted. */
async function finishServer(t: Test, kind: Kind, options: FinishOptions = {}): Promise<FinishServer> {
  const { items = ['Hel', 'lo'], resumable = {}, stream = {}, ...rest } = options
  const finishes: StreamFinish[] = []
  const summaries: StreamSummary[] = []
  const controller = new AbortController()
  const ends: ((how: Error | { returned: unknown } | undefined) => void)[] = []
  let started = 0
  async function* source({ signal }: SourceContext) {
    started++
    const end = new Promise<Error | { returned: unknown } | undefined>(resolve => ends.push(resolve))
    signal.addEventListener('abort', () => ends.at(-1)?.(undefined))
    yield* items as string[]
    const how = await end
    if (how instanceof Error) throw how
    return how?.returned
  }
  const served = await serve(
    t,
    app => {
      app.route({
        method: ['GET', 'HEAD', 'POST'],
        url: '/',
        exposeHeadRoute: false,
        handler: (_request, reply) => {
          const onFinish = (finish: StreamFinish) => void finishes.push(finish)
          if (kind === 'whole') return sendWhole(reply, source as never, ({ text }) => ({ text }), { onFinish })
          const onClose = (summary: StreamSummary) => void summaries.push(summary)
          const how = kind === 'resumable' ? { resumable } : { signal: controller.signal }
          return reply.sseFrom(source, { ...stream, onFinish, onClose, ...how })
        }
      })
      app.delete<{ Params: { id: string } }>('/:id', ({ params }) => app.sseStreams.stop(params.id))
    },
    rest
  )
  const end: FinishServer['end'] = how => ends.at(-1)?.(how)
  return { ...served, finishes, summaries, controller, end, started: () => started }
}

async function theFinish(t: Test, { finishes }: FinishServer): Promise<StreamFinish> {
  await until('onFinish is called', () => finishes.length)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(finishes.length, 1, 'it is called once')
  return finishes[0] as StreamFinish
}

const FINISH = { finishReason: 'stop', usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } }

const HELLO = [
  { event: 'message', data: 'Hel' },
  { event: 'message', data: 'lo' }
]

const transports: Record<string, OpenOptions> = { 'HTTP/1.1': {}, 'HTTP/2': { http2: true, body: {} } }

for (const kind of ['plain', 'resumable', 'whole'] as const) {
  for (const [transport, request] of Object.entries(transports)) {
    const http2 = request.http2 === true
    const ask = async (server: FinishServer): Promise<Client> => {
      const client = open(server.url, request)
      if (kind === 'whole') await until('the source has started', server.started)
      else await client.has('lo')
      return client
    }

    t.test(`${kind}, ${transport}: a complete answer`, async t => {
      const server = await finishServer(t, kind, { http2 })
      const client = await ask(server)
      server.end({ returned: FINISH })
      await client.end()
      const finish = await theFinish(t, server)
      t.match(finish, { outcome: 'complete', reason: undefined, partial: false, error: undefined, truncated: false })
      t.equal(finish.text, 'Hello')
      t.same(finish.events, HELLO)
      t.same(finish.result, FINISH)
      t.same(finish.usage, FINISH.usage)
      t.equal(finish.streamId, client.headers['x-stream-id'])
      t.equal(finish.request.url, '/')
      t.ok((finish.timeToFirstEvent as number) >= 0 && finish.duration >= (finish.timeToFirstEvent as number))
      t.same({ ...finish }.text, 'Hello', 'it can be spread')
    })

    t.test(`${kind}, ${transport}: the source fails`, async t => {
      const server = await finishServer(t, kind, { http2 })
      const client = await ask(server)
      const failure = new Error('no')
      server.end(failure)
      await client.end()
      const finish = await theFinish(t, server)
      t.match(finish, { outcome: 'error', reason: 'failed', partial: true, text: 'Hello', result: undefined })
      t.equal(finish.error, failure)
    })

    t.test(`${kind}, ${transport}: the client leaves`, async t => {
      const server = await finishServer(t, kind, { http2, resumable: { onDisconnect: 'abort' } })
      const client = await ask(server)
      client.leave()
      const finish = await theFinish(t, server)
      const reason = kind === 'resumable' ? 'abandoned' : 'left'
      t.match(finish, { outcome: 'aborted', reason, partial: true, error: undefined, text: 'Hello' })
    })

    t.test(`${kind}, ${transport}: the server closes, after it has waited for onFinish`, async t => {
      const server = await finishServer(t, kind, { http2, plugin: { drainTimeout: 1 } })
      await ask(server)
      await server.app.close()
      t.match(server.finishes, [{ outcome: 'closed', reason: 'closing', partial: true, text: 'Hello' }])
    })
  }
}

t.test('stopped, of a plain stream', async t => {
  const server = await finishServer(t, 'plain')
  const client = open(server.url)
  await client.has('lo')
  server.controller.abort(new StreamAbort('stopped'))
  await client.end()
  t.match(await theFinish(t, server), { outcome: 'stopped', reason: 'stopped', partial: true, text: 'Hello' })
})

t.test('a signal that ends a stream with an error is an error', async t => {
  const server = await finishServer(t, 'plain')
  const client = open(server.url)
  await client.has('lo')
  server.controller.abort('enough')
  await client.end()
  t.match(await theFinish(t, server), {
    outcome: 'error',
    reason: 'stopped',
    error: { code: 'FST_SSE_STOPPED', cause: 'enough' }
  })
})

t.test('stopped from another node: only the node that ran the source is told', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await finishServer(t, 'resumable', { plugin: { store: one } })
  const following = await finishServer(t, 'resumable', { plugin: { store: other } })
  const client = open(producing.url)
  await client.has('lo')
  const id = String(client.headers['x-stream-id'])
  const second = open(following.url, { headers: { 'last-event-id': `${id}:1` } })
  await second.has('lo')
  await fetchAll(`${following.url}/${id}`, { method: 'DELETE' })
  await Promise.all([client.end(), second.end()])
  t.match(await theFinish(t, producing), { outcome: 'stopped', reason: 'stopped', text: 'Hello', streamId: id })
  t.equal(following.finishes.length, 0)
})

t.test("with onDisconnect: 'continue' it tells the truth at the end", async t => {
  const server = await finishServer(t, 'resumable', { resumable: { onDisconnect: 'continue' } })
  const client = open(server.url)
  await client.has('lo')
  client.leave()
  await until('the response is over', () => server.summaries.length)
  t.match(server.summaries, [{ outcome: 'aborted' }])
  t.equal(server.finishes.length, 0, 'the source goes on')
  server.end({ returned: 'all' })
  t.match(await theFinish(t, server), { outcome: 'complete', partial: false, text: 'Hello', result: 'all' })
})

t.test('many clients of one stream, one finish', async t => {
  const server = await finishServer(t, 'resumable', { resumable: { id: 'mine' } })
  const clients = [open(server.url), open(server.url), open(server.url)]
  for (const client of clients) await client.has('lo')
  server.end()
  for (const client of clients) await client.end()
  await fetchAll(server.url)
  await theFinish(t, server)
})

t.test('a log that is full', async t => {
  const [store] = FaultyStore.nodes(1, { maxEvents: 1 })
  const server = await finishServer(t, 'resumable', { plugin: { store } })
  await fetchAll(server.url)
  t.match(await theFinish(t, server), {
    outcome: 'error',
    reason: 'limit',
    error: { code: 'FST_SSE_LOG_FULL' },
    text: 'Hel',
    truncated: false
  })
})

t.test('what a plain stream keeps is limited as the event store is, and the stream goes on', async t => {
  for (const limits of [{ maxEvents: 2 }, { maxBytes: 20 }]) {
    const [store] = FaultyStore.nodes(1, limits)
    const server = await finishServer(t, 'plain', { items: ['a', 'bc', 'd'], plugin: { store } })
    const client = open(server.url)
    await client.has('data: d')
    server.end()
    await client.end()
    t.equal(client.events().length, 4)
    t.match(await theFinish(t, server), { outcome: 'complete', truncated: true, text: 'abc' })
  }
})

t.test('a source that was never started is no run of it', async t => {
  for (const kind of ['plain', 'resumable', 'whole'] as const) {
    const server = await finishServer(t, kind)
    await fetchAll(server.url, { method: 'HEAD' })
    if (kind !== 'whole') await fetchAll(server.url, { headers: { 'last-event-id': 'fastify-sse-from:end' } })
    await server.app.close()
    t.equal(server.started(), 0)
    t.equal(server.finishes.length, 0)
  }
})

t.test('a source that fails before its first event', async t => {
  for (const kind of ['plain', 'resumable', 'whole'] as const) {
    const server = await finishServer(t, kind, { items: [] })
    const client = open(server.url)
    await until('the source has started', server.started)
    server.end(Object.assign(new Error('slow down'), { statusCode: 429 }))
    await client.end()
    t.equal(client.status, 429)
    t.match(await theFinish(t, server), { outcome: 'error', timeToFirstEvent: undefined, text: '', events: [] })
  }
})

t.test('the text of events with names, of lines and of bytes', async t => {
  const items = [
    'a\nb',
    { event: 'usage', data: { n: 1 } },
    { comment: 'hi' },
    Buffer.from('c'),
    { data: 'd', id: 'x' }
  ]
  const server = await finishServer(t, 'plain', { items, stream: { event: 'token' } })
  const client = open(server.url)
  await client.has('data: d')
  server.end()
  await client.end()
  const finish = await theFinish(t, server)
  t.equal(finish.text, 'a\nbcd')
  t.same(finish.events, [
    { event: 'token', data: 'a\nb' },
    { event: 'usage', data: '{"n":1}' },
    { event: 'token', data: 'c' },
    { event: 'token', data: 'd' }
  ])
})

t.test('half a character at the end of a JSON answer', async t => {
  const server = await finishServer(t, 'whole', { items: ['a', '\ud83d'] })
  const client = open(server.url)
  await until('the source has started', server.started)
  server.end({ returned: FINISH })
  await client.end()
  t.match(await theFinish(t, server), { outcome: 'complete', text: 'a\ud83d' })
})

t.test('a body that cannot be made is an error', async t => {
  const finishes: StreamFinish[] = []
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      sendWhole(
        reply,
        async function* () {
          yield { type: 'reasoning', text: 'why' }
          yield 'a'
          return { finishReason: 'stop' }
        },
        () => {
          throw new Error('no body')
        },
        { onFinish: finish => void finishes.push(finish) }
      )
    )
  })
  t.equal((await fetchAll(url)).status, 500)
  await until('onFinish is called', () => finishes.length)
  t.match(finishes, [
    { outcome: 'error', error: { message: 'no body' }, text: 'a', events: [{ event: 'reasoning' }, { data: 'a' }] }
  ])
})

t.test('the plugin has a default for all streams, and a stream its own', async t => {
  const seen: string[] = []
  const { url } = await serve(
    t,
    app => {
      app.get('/default', (_request, reply) => reply.sseFrom(['a']))
      app.get('/own', (_request, reply) => reply.sseFrom(['a'], { onFinish: () => void seen.push('own') }))
      app.get('/whole', (_request, reply) => sendWhole(reply, ['a'], ({ text }) => ({ text })))
    },
    { plugin: { onFinish: ({ request }) => void seen.push(request.url) } }
  )
  for (const path of ['/default', '/own', '/whole']) await fetchAll(url + path)
  await until('all have finished', () => seen.length === 3)
  t.same(seen, ['/default', 'own', '/whole'])
})

t.test('it runs in the context of the request, and an error of it is logged', async t => {
  const storage = new AsyncLocalStorage<string>()
  const contexts: unknown[] = []
  for (const resumable of [false, true]) {
    const { url, log } = await serve(t, app => {
      app.addHook('onRequest', (_request, _reply, done) => storage.run('mine', done))
      app.get('/', (_request, reply) =>
        reply.sseFrom(() => ['a'], {
          resumable,
          onFinish: async () => {
            contexts.push(storage.getStore())
            throw new Error('the database is away')
          }
        })
      )
    })
    const client = await fetchAll(url)
    t.equal(client.events().at(-1)?.event, 'done')
    await until('the log says so', () => log.some(({ msg }) => msg === 'onFinish failed'))
    t.match(
      log.filter(({ level }) => level > 30),
      [{ level: 50, msg: 'onFinish failed', err: { message: 'the database is away' } }]
    )
  }
  t.same(contexts, ['mine', 'mine'])
})

t.test('app.close() waits for an onFinish that takes its time', async t => {
  for (const kind of ['complete', 'cut off']) {
    let saved = false
    let save = () => {}
    const { app, url } = await serve(
      t,
      app => {
        app.get('/', (_request, reply) =>
          reply.sseFrom(
            async function* () {
              yield 'a'
              if (kind === 'cut off') await new Promise(() => {})
            },
            {
              onFinish: async () => {
                await new Promise<void>(resolve => {
                  save = resolve
                })
                saved = true
              }
            }
          )
        )
      },
      { plugin: { drainTimeout: 1 } }
    )
    const client = open(url)
    await client.has('data: a')
    let isClosed = false
    const closed = app.close().then(() => {
      isClosed = true
    })
    await until('onFinish is called', () => save.name !== 'save')
    await client.end()
    await new Promise(resolve => setTimeout(resolve, 20))
    t.equal(isClosed, false)
    save()
    await closed
    t.equal(saved, true)
  }
})

for (const pluginTimeout of [0, 5000]) {
  t.test(`app.close() does not wait for ever, and says so (pluginTimeout: ${pluginTimeout})`, async t => {
    const { app, log } = build(t, { fastify: { pluginTimeout }, plugin: { drainTimeout: 4500 } })
    app.get('/', (_request, reply) => reply.sseFrom(['a'], { onFinish: () => new Promise(() => {}) }))
    await app.inject('/')
    const clock = new Clock(t)
    let isClosed = false
    const closed = app.close().then(() => {
      isClosed = true
    })
    while (clock.timers < (pluginTimeout === 0 ? 1 : 2)) await new Promise(resolve => setImmediate(resolve))
    clock.pass(pluginTimeout === 0 ? 9900 : 4400)
    await new Promise(resolve => setImmediate(resolve))
    t.equal(isClosed, false)
    clock.pass(pluginTimeout === 0 ? 400 : 200)
    await closed
    t.match(
      log.filter(({ level }) => level > 30),
      [{ level: 40, unfinished: 1, msg: 'the server closes although onFinish has not finished' }]
    )
  })
}

t.test('a protocol that makes several events of an item', async t => {
  const protocol: Protocol<string> = {
    text: data => data,
    start: () => ({ item: data => [{ data }, { data: '-' }], end: () => [], error: () => [] })
  }
  for (const resumable of [false, true]) {
    let finish: StreamFinish | undefined
    const { url } = await serve(t, app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          async function* ({ signal }: SourceContext) {
            yield 'a'
            yield 'b'
            await new Promise(resolve => signal.addEventListener('abort', resolve))
            yield { usage: { tokens: 1 } } as never
          },
          {
            protocol,
            resumable: resumable && { onDisconnect: 'abort' },
            drainForUsage: 60_000,
            onFinish: given => {
              finish = given
            }
          }
        )
      )
    })
    const client = open(url)
    await client.has('data: b\n')
    client.leave()
    await until('onFinish is called', () => finish)
    t.match(finish, { outcome: 'aborted', text: 'a-b-', usage: { tokens: 1 } })
  }
})

const spoken: [StreamOptions['protocol'], unknown[], string][] = [
  ['openai', [{ choices: [{ delta: { content: 'a' } }] }, { choices: [] }, { choices: [{ delta: null }] }], 'a'],
  [
    'openai',
    [
      { type: 'response.output_text.delta', delta: 'a' },
      { type: 'response.reasoning_text.delta', delta: 'b' }
    ],
    'a'
  ],
  [
    'anthropic',
    [
      { type: 'content_block_delta', delta: { text: 'a' } },
      { type: 'message_delta', delta: {} }
    ],
    'a'
  ],
  [
    'ai-sdk',
    [
      { type: 'text-delta', id: '1', delta: 'a' },
      { type: 'reasoning-delta', id: '1', delta: 'b' }
    ],
    'a'
  ],
  [{ start: () => ({ item: () => ({ data: 'a' }), end: () => undefined, error: () => [] }) }, ['a'], '']
]

for (const [protocol, items, text] of spoken) {
  t.test(`the text of the protocol ${JSON.stringify(protocol)}`, async t => {
    const server = await finishServer(t, 'plain', { items, stream: { protocol } })
    const client = open(server.url)
    await until('all is sent', () => client.events().length === items.length)
    client.leave()
    t.match(await theFinish(t, server), { outcome: 'aborted', text, events: Array(items.length).fill({}) })
  })
}

t.test('a run that is ended twice has one finish', async t => {
  const finishes: StreamFinish[] = []
  const { app } = build(t)
  app.get('/', async (_request, reply) => {
    const chunks = new RecordedChunks(['a'], reply, {}, 1000, plainCodec, undefined, {
      onFinish: finish => void finishes.push(finish),
      tracker: { deadlines: new Deadlines(), track: () => {} },
      frames: new LimitedRecord(1, 1000),
      streamId: undefined
    })
    await chunks.next()
    chunks.close(new StreamAbort('left'))
    chunks.close(new StreamAbort('closing'))
    return {}
  })
  await app.inject('/')
  t.match(finishes, [{ outcome: 'aborted', reason: 'left' }])
  t.equal(finishes.length, 1)
})
