import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import {
  type EventStore,
  MemoryStore,
  type Protocol,
  type ProtocolStream,
  type SseSource,
  type StreamOptions
} from '../../plugin/index.js'
import { streamRoutes } from '../../routes/index.js'
import { type Client, fetchAll, open } from '../helpers/client.js'
import { FaultyStore } from '../helpers/faulty-store.js'
import { type LogLine, serve } from '../helpers/server.js'
import { after } from '../helpers/stepped.js'
import { until } from '../helpers/until.js'

/** What a function gives that is async by mistake. None of them may be taken for a value, or end the process. */
const mistakes: Record<string, () => unknown> = {
  'a promise': async () => true,
  'a promise that rejects': async () => {
    throw new Error('rejected')
  },
  'a promise that rejects late': () =>
    new Promise((_resolve, reject) => setImmediate(() => reject(new Error('rejected late')))),
  'a promise of nothing': async () => {}
}

const plain: ProtocolStream<unknown> = {
  item: data => ({ data }),
  end: () => ({ event: 'end' }),
  error: ({ code }) => ({ event: 'failed', data: code })
}

function protocol(broken: Partial<Record<keyof ProtocolStream, unknown>>): Protocol<unknown> {
  return { start: () => ({ ...plain, ...broken }) as ProtocolStream<unknown> }
}

const one = () => ['a']
const failing: SseSource<string> = async function* () {
  yield 'a'
  throw Object.assign(new Error('midway'), { code: 'MIDWAY' })
}

interface Answer {
  client: Client
  log: LogLine[]
}

/** The answers of a stream with these options, over HTTP/1.1 and HTTP/2, plain and resumable. */
async function answers(t: Test, source: SseSource<never>, options: object): Promise<Answer[]> {
  const all: Answer[] = []
  for (const http2 of [false, true]) {
    for (const resumable of [false, true]) {
      const setup = (app: FastifyInstance) =>
        app.get('/', (_request, reply) => reply.sseFrom(source, { ...options, resumable } as StreamOptions<never>))
      const { url, log } = await serve(t, setup, { http2 })
      all.push({ client: await fetchAll(url, { http2 }), log })
    }
  }
  // What rejects late has time to do so.
  await new Promise(resolve => setImmediate(resolve))
  return all
}

for (const [what, make] of Object.entries(mistakes)) {
  const refused = (t: Test, { client }: Answer, code: string, message: string) => {
    t.equal(client.status, 500)
    t.match(JSON.parse(client.text()), { code, message })
  }

  t.test(`isComplete that gives ${what} is refused at the first item`, async t => {
    const message = 'option "isComplete" must return true or false, not a promise'
    for (const answer of await answers(t, one as never, { isComplete: make })) {
      refused(t, answer, 'FST_SSE_OPTION_INVALID', message)
    }
  })

  t.test(`map that gives ${what} is refused at the first item`, async t => {
    const message = 'invalid event: data must be text or a JSON value, but it is a promise'
    for (const answer of await answers(t, one as never, { map: make })) {
      refused(t, answer, 'FST_SSE_EVENT_INVALID', message)
    }
  })

  t.test(`onError that gives ${what} leaves the default event, and a line in the log`, async t => {
    for (const { client, log } of await answers(t, failing as never, { onError: make })) {
      t.match(client.events().at(-1), { event: 'error', data: /"statusCode":500,"code":"MIDWAY"/ })
      const [line, ...more] = log.filter(({ msg }) => msg === 'the event of onError cannot be sent')
      t.match(line?.err?.message, /it is a promise$/)
      t.strictSame(more, [], 'it is one line')
    }
  })

  t.test(`onClose may give ${what}`, async t => {
    let calls = 0
    const onClose = () => {
      calls++
      return make()
    }
    for (const { client, log } of await answers(t, one as never, { onClose })) {
      t.equal(client.status, 200)
      const failures = () => log.filter(({ msg }) => msg === 'onClose failed')
      if (what.includes('rejects')) await until('the log says so', () => failures().length)
      t.equal(failures().length, what.includes('rejects') ? 1 : 0)
    }
    t.equal(calls, 4)
  })

  t.test(`start of a protocol that gives ${what} is refused before the source starts`, async t => {
    const message =
      /^option "protocol.start" must return an object with item, end and error, but it returned a promise$/
    let starts = 0
    const source = () => {
      starts++
      return ['a']
    }
    for (const { client } of await answers(t, source as never, { protocol: { start: make } })) {
      t.equal(client.status, 500)
      t.match(JSON.parse(client.text()), { code: 'FST_SSE_OPTION_INVALID', message })
    }
    t.equal(starts, 0)
  })

  t.test(`item of a protocol that gives ${what}, or several of them, is refused`, async t => {
    const message = 'invalid event: data must be text or a JSON value, but it is a promise'
    for (const item of [make, () => [make(), make()], () => [{ data: 'a' }, make()]]) {
      for (const answer of await answers(t, one as never, { protocol: protocol({ item }) })) {
        refused(t, answer, 'FST_SSE_EVENT_INVALID', message)
      }
    }
  })

  t.test(`end of a protocol that gives ${what}, or several of them, is an error`, async t => {
    for (const end of [make, () => [make(), make()]]) {
      for (const { client, log } of await answers(t, one as never, { protocol: protocol({ end }) })) {
        t.strictSame(
          client.events().map(({ event, data }) => [event, data]),
          [
            [undefined, 'a'],
            ['failed', 'FST_SSE_EVENT_INVALID']
          ]
        )
        t.equal(log.filter(({ msg }) => msg === 'stream failed').length, 1)
      }
    }
  })

  t.test(`error of a protocol that gives ${what} never makes a whole answer of a broken one`, async t => {
    for (const { client, log } of await answers(t, failing as never, { protocol: protocol({ error: make }) })) {
      t.match(client.text(), 'data: a\n')
      t.notMatch(client.text(), 'event: end')
      const isBroken = client.ended === 'broken' && client.events().length === 1
      t.ok(isBroken || client.events().at(-1)?.event === 'error')
      t.ok(
        log.some(({ msg, err }) => msg === 'the error event cannot be sent' && /a promise$/.test(String(err?.message)))
      )
    }
  })

  t.test(`a generator that returns ${what} does not end the process`, async t => {
    const source = function* () {
      yield 'a'
      return make()
    }
    for (const { client } of await answers(t, source as never, {})) {
      t.match(client.events(), [{ data: 'a' }, { event: 'error', data: /FST_SSE_EVENT_INVALID/ }])
    }
    for (const { client } of await answers(t, source as never, { protocol: protocol({}) })) {
      t.match(client.events(), [{ data: 'a' }, { event: 'end' }])
    }
  })

  t.test(`an iterable whose iterator is ${what} is refused`, async t => {
    for (const symbol of [Symbol.asyncIterator, Symbol.iterator]) {
      for (const answer of await answers(t, (() => ({ [symbol]: make })) as never, {})) {
        refused(t, answer, 'FST_SSE_SOURCE_INVALID', 'an iterable that gives a promise instead of an iterator')
      }
    }
  })

  t.test(`generate that gives ${what}, or returns it, is an error of its route`, async t => {
    const generates = {
      instead: make,
      returning: function* () {
        yield 'a'
        return make()
      }
    }
    for (const [how, generate] of Object.entries(generates)) {
      for (const http2 of [false, true]) {
        const { url } = await serve(t, app => app.register(streamRoutes, { generate: generate as never }), { http2 })
        const whole = await fetchAll(`${url}/stream?prompt=a`, { http2, headers: { accept: 'application/json' } })
        t.equal(whole.status, 500)
        const streamed = await fetchAll(`${url}/stream?prompt=a`, { http2 })
        if (how === 'instead') t.equal(streamed.status, 500)
        else t.match(streamed.events().at(-1), { event: 'error' })
      }
    }
  })

  t.test(`a store whose subscribe gives ${what} is refused`, async t => {
    const store = Object.assign(new FaultyStore(), { subscribe: make }) as never
    await t.rejects(
      serve(t, () => {}, { plugin: { store } }),
      {
        code: 'FST_SSE_OPTION_INVALID',
        message: 'option "store.subscribe" must return a function that ends the subscription'
      }
    )
  })

  t.test(`a subscription whose end gives ${what} does not keep the server from closing`, async t => {
    const store = Object.assign(new FaultyStore(), { subscribe: () => make }) as never
    const { app, log } = await serve(t, () => {}, { plugin: { store } })
    await app.close()
    const failures = () => log.filter(({ msg }) => msg === 'the event store could not end its subscription')
    if (what.includes('rejects')) await until('the log says so', () => failures().length)
    t.equal(failures().length, what.includes('rejects') ? 1 : 0)
  })

  t.test(`a store whose share gives ${what} keeps the events, shared or not`, async t => {
    const store = new MemoryStore()
    const { share, events } = store.local
    const local = {
      events,
      share: (...args: Parameters<typeof share>) => {
        const given = make()
        if (!what.includes('rejects')) share(...args)
        return given
      }
    }
    const { url, log } = await serve(t, resumable, { plugin: { store: Object.assign(store, { local }) as EventStore } })
    const client = await fetchAll(url)
    t.match(client.events(), [{ data: 'a' }, { event: 'done' }])
    const id = String(client.headers['x-stream-id'])
    await until('the end is in the store', async () => (await store.read(id, 0))?.end)
    t.strictSame((await fetchAll(url, after(`${id}:1`))).events(), client.events().slice(1))
    if (what.includes('rejects')) t.ok(log.some(({ level }) => level === 40))
  })

  t.test(`a store whose local.events gives ${what} counts as away`, async t => {
    const store = new MemoryStore()
    const local = { share: store.local.share, events: make }
    const setup = (app: FastifyInstance) => {
      resumable(app)
      app.get('/openai', (_request, reply) => reply.sseResume('a', { protocol: 'openai' }))
    }
    const { url } = await serve(t, setup, {
      plugin: { store: Object.assign(store, { local }) as unknown as EventStore }
    })
    t.match(await fetchAll(url, after('a:1')), { status: 200, ended: 'clean' }, 'EventSource comes back')
    t.equal((await fetchAll(`${url}/openai`)).status, 503)
  })
}

function resumable(app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.sseFrom(one, { resumable: true }))
}

t.test('a client that follows in a protocol that cannot start is cut off when its stream fails', async t => {
  const stores = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  let go = () => {}
  const passed = new Promise<void>(resolve => {
    go = resolve
  })
  const begin = (app: FastifyInstance) =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          yield 'a'
          await passed
        },
        { protocol: protocol({}), resumable: { id: 'a' } }
      )
    )
  const controller = new AbortController()
  const follow = (app: FastifyInstance) =>
    app.get('/', (_request, reply) =>
      reply.sseResume('a', { protocol: { start: async () => plain } as never, signal: controller.signal })
    )
  const producing = await serve(t, begin, { plugin: { store: stores[0] } })
  const following = await serve(t, follow, { plugin: { store: stores[1] } })
  const client = open(producing.url)
  await client.has('data: a')
  const follower = open(following.url)
  await follower.has('data: a')
  controller.abort()
  await follower.end()
  t.equal(follower.ended, 'broken')
  t.match(
    following.log.filter(({ level }) => level === 50),
    [{ msg: 'stream failed' }, { msg: 'the protocol cannot start', err: { code: 'FST_SSE_OPTION_INVALID' } }]
  )
  go()
  await client.end()
})
