import { inspect } from 'node:util'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import type { ResumableOptions, StreamSummary } from '../../../plugin/index.js'
import { streamRoutes } from '../../../routes/index.js'
import { fetchAll, type OpenOptions, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { recorded, storeKinds } from '../../helpers/store-kinds.js'
import { until } from '../../helpers/until.js'

type Owner = NonNullable<ResumableOptions['owner']>

const MUST = 'the owner of a stream must be a non-empty string, but'

/** What is no owner, and how the error names it. */
const wrong: [unknown, string][] = [
  [5, 'it is a number'],
  [0, 'it is a number'],
  [Number.NaN, 'it is a number'],
  ['', 'it is an empty one'],
  [null, 'it is null'],
  [undefined, 'it is undefined (anonymous: true allows that)'],
  [true, 'it is a boolean'],
  [false, 'it is a boolean'],
  [{}, 'it is an object'],
  [['me'], 'it is an array'],
  [new String('me'), 'it is an object'],
  [Symbol('me'), 'it is a symbol'],
  [() => 'me', 'it is a function'],
  [1n, 'it is a bigint']
]

/** What an `owner` can throw, or its promise reject with, and the answer. */
const thrown: [unknown, number, string][] = [
  [Object.assign(new Error('who are you?'), { statusCode: 401 }), 401, 'who are you?'],
  [Object.assign(new Error('not you'), { status: 403 }), 403, 'not you'],
  [new Error('no database'), 500, 'no database'],
  ['text', 500, `${MUST} its function threw a string`],
  [undefined, 500, `${MUST} its function threw undefined`],
  [null, 500, `${MUST} its function threw null`],
  [{ statusCode: 401, message: 'secret' }, 401, `${MUST} its function threw an object`],
  [Buffer.from('bytes'), 500, `${MUST} its function threw an object`]
]

const ways: Record<string, (give: () => unknown) => Owner> = {
  'at once': give => give as Owner,
  'in a promise': give => (async () => give()) as Owner,
  'after a while': give =>
    (async () => {
      await new Promise(resolve => setImmediate(resolve))
      return give()
    }) as Owner,
  'in a thenable': give =>
    (() => ({
      // biome-ignore lint/suspicious/noThenProperty: some libraries have promises of their own
      then: (done: (value: unknown) => void, failed: (error: unknown) => void) => {
        try {
          done(give())
        } catch (error) {
          failed(error)
        }
      }
    })) as unknown as Owner
}

interface Owned {
  url: string
  starts: number
  app: FastifyInstance
  summaries: StreamSummary[]
  log: { level: number; msg: string }[]
}

/** Every route that asks who the owner of a request is. */
async function owned(t: Test, owner: Owner, http2: boolean, more: Partial<ResumableOptions> = {}): Promise<Owned> {
  const result = { starts: 0, summaries: [] as StreamSummary[] }
  const onClose = (summary: StreamSummary) => void result.summaries.push(summary)
  const source = async function* () {
    result.starts++
    yield 'a'
  }
  const served = await serve(
    t,
    async app => {
      const resumable = { owner, ...more }
      app.route({
        method: ['GET', 'POST', 'HEAD'],
        url: '/new',
        exposeHeadRoute: false,
        handler: (_request, reply) => reply.sseFrom(source, { resumable, onClose })
      })
      app.get('/custom', async (_request, reply) => reply.sseFrom(source, { resumable: { id: 'c', ...resumable } }))
      app.get('/follow', (_request, reply) => reply.sseResume('c', { owner, ...more, onClose }))
      const generate = async function* () {
        result.starts++
        yield 'a'
        return { finishReason: 'stop' as const }
      }
      await app.register(streamRoutes, { generate, resumable })
    },
    { http2 }
  )
  return Object.assign(result, served)
}

const requests: [string, OpenOptions][] = [
  ['/new', {}],
  ['/new', { body: { a: 1 } }],
  ['/new', { headers: { 'last-event-id': 'c:1' } }],
  ['/new', { headers: { 'last-event-id': 'c:1:end' } }],
  ['/new', { headers: { 'last-event-id': 'malformed' } }],
  ['/custom', {}],
  ['/follow', {}],
  ['/follow', { headers: { 'last-event-id': 'other:1' } }],
  ['/stream?prompt=hi', {}],
  ['/stream/c', {}],
  ['/stream/c', { method: 'DELETE' }]
]

for (const http2 of [false, true]) {
  const over = `over HTTP/${http2 ? 2 : 1.1}`
  for (const [way, make] of Object.entries(ways)) {
    t.test(`what is no owner is refused before anything else, given ${way}, ${over}`, async t => {
      let value: unknown
      const server = await owned(
        t,
        make(() => value),
        http2
      )
      for (const [wrongValue, what] of wrong) {
        value = wrongValue
        for (const [path, options] of requests) {
          const answer = await fetchAll(server.url + path, { ...options, http2 })
          const label = `${inspect(wrongValue)} ${options.method ?? 'GET'} ${path}`
          t.equal(answer.status, 500, label)
          t.match(JSON.parse(answer.text()), { code: 'FST_SSE_OWNER_INVALID', message: `${MUST} ${what}` }, label)
        }
        t.equal((await fetchAll(`${server.url}/new`, { method: 'HEAD', http2 })).status, 500)
      }
      t.equal(server.starts, 0, 'no source has started')
    })

    t.test(`an error of owner is the answer, thrown ${way}, ${over}`, async t => {
      let error: unknown
      const server = await owned(
        t,
        make(() => {
          throw error
        }),
        http2
      )
      for (const [each, status, message] of thrown) {
        error = each
        for (const [path, options] of requests) {
          const answer = await fetchAll(server.url + path, { ...options, http2 })
          const label = `${message}: ${options.method ?? 'GET'} ${path}`
          t.equal(answer.status, status, label)
          t.match(JSON.parse(answer.text()), { message }, label)
          t.notMatch(answer.text(), 'secret')
        }
      }
      t.equal(server.starts, 0, 'no source has started')
    })

    t.test(`an owner has a stream of their own, given ${way}, ${over}`, async t => {
      let value: string | undefined
      const server = await owned(
        t,
        make(() => value),
        http2,
        { anonymous: true }
      )
      const answers: string[] = []
      for (value of ['me', 'you', ' ', undefined]) {
        const first = await fetchAll(`${server.url}/custom`, { http2 })
        t.equal(first.status, 200, inspect(value))
        const again = await fetchAll(`${server.url}/follow`, { http2 })
        t.equal(again.text(), first.text())
        const byRoute = await fetchAll(`${server.url}/stream?prompt=hi`, { http2 })
        const id = String(byRoute.headers['x-stream-id'])
        answers.push(id)
        t.equal((await fetchAll(`${server.url}/stream/${id}`, { http2 })).text(), byRoute.text())
      }
      t.equal(server.starts, 8)
      for (value of ['me', 'you', ' ', undefined]) {
        const found = await Promise.all(
          answers.map(async id => (await fetchAll(`${server.url}/stream/${id}`, { method: 'DELETE', http2 })).status)
        )
        t.equal(found.filter(status => status === 204).length, 1, 'only their own')
      }
    })
  }

  t.test(`a client that leaves while its owner is looked up starts nothing, ${over}`, async t => {
    const settle: ((owner: string | Error) => void)[] = []
    const owner = () =>
      new Promise<string>((resolve, reject) => {
        settle.push(given => (typeof given === 'string' ? resolve(given) : reject(given)))
      })
    const server = await owned(t, owner, http2)
    for (const given of ['me', new Error('too late')]) {
      for (const path of ['/new', '/follow']) {
        const client = open(server.url + path, { http2 })
        await until('the owner is asked for', () => settle.length)
        client.leave()
        await until('the summary', () => server.summaries.length)
        t.match(server.summaries, [{ outcome: 'aborted', events: 0 }])
        settle.shift()?.(given)
        server.summaries.length = 0
      }
    }
    t.equal(server.starts, 0)
    t.strictSame(
      server.log.filter(({ level }) => level >= 40),
      []
    )
  })

  t.test(`the owner of a client that has left already is not waited for, ${over}`, async t => {
    let isAsked = false
    let go = () => {}
    const passed = new Promise<void>(resolve => {
      go = resolve
    })
    const summaries: StreamSummary[] = []
    let hasLeft = false
    const served = await serve(
      t,
      app => {
        app.addHook('onRequest', async (_request, reply) => {
          isAsked = true
          reply.raw.on('close', () => {
            hasLeft = true
          })
          await passed
        })
        // Not async, since Fastify itself drops the answer of an async handler whose client has left.
        app.get('/', (_request, reply) => {
          const owner = () => new Promise<string>(() => {})
          reply.sseFrom(() => ['a'], { resumable: { owner }, onClose: summary => void summaries.push(summary) })
        })
      },
      { http2 }
    )
    const client = open(served.url, { http2 })
    await until('the request arrives', () => isAsked)
    client.leave()
    await until('the server sees the close', () => hasLeft)
    go()
    await until('the summary', () => summaries.length)
    t.match(summaries, [{ outcome: 'aborted' }])
  })

  t.test(`a server that closes does not wait for an owner that never comes, ${over}`, async t => {
    let isAsked = false
    const served = await serve(
      t,
      app => {
        const owner = () => {
          isAsked = true
          return new Promise<string>(() => {})
        }
        for (const protocol of ['events', 'openai'] as const) {
          app.get(`/${protocol}`, (_request, reply) =>
            reply.sseFrom(() => ['a'], { protocol, resumable: { owner }, isComplete: () => true })
          )
        }
      },
      { http2, plugin: { drainTimeout: 1 } }
    )
    const clients = ['events', 'openai'].map(path => open(`${served.url}/${path}`, { http2 }))
    await until('the owner is asked for', () => isAsked)
    await until('both are there', () => served.log.filter(({ msg }) => msg === 'incoming request').length === 2)
    await served.app.close()
    await Promise.all(clients.map(client => client.end()))
    t.strictSame(
      clients.map(({ status }) => status),
      [200, 503],
      'EventSource comes back, others are told'
    )
    t.match(clients[0]?.text(), /^retry: \d+\n$/)
    t.match(clients[1]?.text(), 'FST_SSE_CLOSING')
  })
}

t.test('an error of an async owner goes to the error handler of the app', async t => {
  const { url } = await serve(t, app => {
    app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
      reply.code(error.statusCode ?? 500).send({ mine: error.message })
    )
    const owner = async () => {
      throw Object.assign(new Error('sign in first'), { statusCode: 401, headers: { 'www-authenticate': 'Bearer' } })
    }
    app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { owner } }))
  })
  const { status, text } = await fetchAll(url)
  t.equal(status, 401)
  t.strictSame(JSON.parse(text()), { mine: 'sign in first' })
})

t.test('owner is asked once for each request, with the request', async t => {
  const asked: FastifyRequest[] = []
  const owner = async (request: FastifyRequest) => {
    asked.push(request)
    return String(request.headers['x-user'])
  }
  const { url } = await serve(t, app =>
    app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { owner, id: 'mine' } }))
  )
  await fetchAll(url, { headers: { 'x-user': 'me' } })
  await fetchAll(url, { headers: { 'x-user': 'me', 'last-event-id': 'mine:1' } })
  t.strictSame(
    asked.map(({ headers }) => [headers['x-user'], headers['last-event-id']]),
    [
      ['me', undefined],
      ['me', 'mine:1']
    ]
  )
})

t.test('a stream that leaves owner and anonymous undefined has those of the plugin', async t => {
  const { url } = await serve(
    t,
    app => {
      const resumable = { id: 'mine', owner: undefined, anonymous: undefined }
      app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable }))
      app.get('/follow', (_request, reply) => reply.sseResume('mine', { owner: undefined, anonymous: undefined }))
    },
    { plugin: { resumable: { owner: ({ headers }) => headers['x-user'] as string, anonymous: true } } }
  )
  const as = (user: string) => ({ headers: { 'x-user': user } })
  await fetchAll(url, as('me'))
  t.equal((await fetchAll(`${url}/follow`, as('me'))).status, 200)
  t.equal((await fetchAll(`${url}/follow`, as('you'))).status, 404)
  t.equal((await fetchAll(`${url}/follow`)).status, 404)
})

for (const kind of Object.keys(storeKinds)) {
  t.test(`stop takes an owner, or a promise of one, on a ${kind}`, async t => {
    const [one] = await (storeKinds[kind] as (typeof storeKinds)[string])(t)
    const { store, calls } = recorded(one)
    const { app } = await serve(t, () => {}, { plugin: { store } })
    const { sseStreams } = app
    for (const [value, what] of wrong) {
      if (value === undefined) continue
      for (const given of [value, Promise.resolve(value)]) {
        const refused = { code: 'FST_SSE_OWNER_INVALID', message: `${MUST} ${what}` }
        await t.rejects(sseStreams.stop('a', { owner: given as never }), refused, inspect(given))
      }
    }
    const failure = new Error('no database')
    await t.rejects(sseStreams.stop('a', { owner: Promise.reject(failure) }), failure)
    for (const id of ['a.b', '', 'a'.repeat(129), 'a/b', undefined as never]) t.equal(await sseStreams.stop(id), false)
    t.strictSame(calls, [], 'nothing of this reaches the store')
    for (const options of [{ owner: 'me' }, { owner: Promise.resolve('me') }, { owner: undefined }, {}, undefined]) {
      t.equal(await sseStreams.stop('a', options), false)
    }
    t.equal(calls.length, 5)
  })
}
