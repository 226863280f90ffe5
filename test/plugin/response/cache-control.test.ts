import type { IncomingMessage, ServerResponse } from 'node:http'
import { Transform } from 'node:stream'
import middie from '@fastify/middie'
import type { FastifyInstance, FastifyReply } from 'fastify'
import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { Random, seed } from '../../helpers/random.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** It has no types. */
const { default: compression }: { default: (options: { threshold: number }) => Middleware } = await import(
  'compression' as string
)

const hooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend'] as const

/** What hooks of apps set, and what reaches the client. */
const values: [string | string[], string][] = [
  ['no-store', 'no-store, no-cache, no-transform'],
  ['private, max-age=0', 'private, max-age=0, no-cache, no-transform'],
  ['No-Cache', 'No-Cache, no-transform'],
  ['no-transform', 'no-transform, no-cache'],
  ['no-cache,no-transform,no-store', 'no-cache,no-transform,no-store'],
  ['private="no-transform"', 'private="no-transform", no-cache, no-transform'],
  ['no-cache="a, no-transform, b"', 'no-cache="a, no-transform, b", no-cache, no-transform'],
  [['no-store', 'private'], 'no-store, private, no-cache, no-transform'],
  ['', 'no-cache, no-transform']
]

function addRoute(app: FastifyInstance) {
  app.get('/', (_request, reply) => reply.sseFrom(['a']))
}

for (const http2 of [false, true]) {
  const over = http2 ? 'HTTP/2' : 'HTTP/1.1'

  for (const hook of hooks) {
    t.test(`kind: cache-control of a hook (${hook}) is added to, over ${over}`, async t => {
      let value: string | string[] = ''
      const { url, app } = await serve(
        t,
        app => {
          app.addHook(hook, async (_request: unknown, reply: FastifyReply) => {
            reply.header('Cache-Control', value)
          })
          addRoute(app)
        },
        { http2 }
      )
      for (const [set, expected] of values) {
        value = set
        const { headers, text } = await fetchAll(url, { http2 })
        t.equal(headers['cache-control'], expected)
        t.equal(headers.incremental, '?1')
        t.match(text(), /^data: a\n\n/)
        t.equal((await app.inject('/')).headers['cache-control'], expected, 'with inject')
      }
    })
  }

  t.test(`kind: cache-control on the response of Node is added to, over ${over}`, async t => {
    const { url } = await serve(
      t,
      app => {
        app.addHook('onSend', async (_request, reply) => void reply.raw.setHeader('cache-control', 'no-store'))
        addRoute(app)
      },
      { http2 }
    )
    t.equal((await fetchAll(url, { http2 })).headers['cache-control'], 'no-cache, no-transform')
  })

  t.test(`kind: cache-control of hooks is added to where a hook reads the stream along, over ${over}`, async t => {
    const { url } = await serve(
      t,
      app => {
        app.addHook('onSend', async (_request, _reply, payload) => {
          const along = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) })
          return (payload as NodeJS.ReadableStream).pipe(along)
        })
        app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))
        app.get('/', (_request, reply) =>
          reply.sseFrom(async function* () {
            await new Promise(setImmediate)
            yield 'a'
          })
        )
      },
      { http2 }
    )
    const { headers, text } = await fetchAll(url, { http2 })
    t.equal(headers['cache-control'], 'no-store, no-cache, no-transform')
    t.match(text(), /^data: a\n\n/)
  })

  t.test(`kind: cache-control of hooks, generated, is added to, over ${over} (seed ${seed})`, async t => {
    const random = new Random(seed)
    const directives = ['no-store', 'NO-CACHE', 'no-transform', 'max-age=5', 'private="x, no-cache"', 'public']
    const set: Partial<Record<(typeof hooks)[number], string>> = {}
    const { url } = await serve(
      t,
      app => {
        for (const hook of hooks) {
          app.addHook(hook, async (_request: unknown, reply: FastifyReply) => {
            if (set[hook] !== undefined) reply.header('cache-control', set[hook])
          })
        }
        addRoute(app)
      },
      { http2 }
    )
    for (let i = 0; i < 50; i++) {
      for (const hook of hooks) {
        const some = Array.from({ length: 1 + random.below(4) }, () => random.pick(directives))
        set[hook] = random.chance(0.3) ? some.join(random.pick([',', ', ', ' , '])) : undefined
      }
      const { headers } = await fetchAll(url, { http2 })
      const sent = String(headers['cache-control']).replace(/"[^"]*"/g, '')
      const names = sent.toLowerCase().split(/\s*,\s*/)
      for (const name of ['no-cache', 'no-transform']) t.ok(names.includes(name), JSON.stringify({ set, sent }))
      const last = hooks.map(hook => set[hook]).findLast(value => value !== undefined)
      t.ok(last === undefined || String(headers['cache-control']).startsWith(last), 'what the hook set comes first')
    }
  })

  t.test(`a connection header of a hook reaches the client over HTTP/1.1 only: ${over}`, async t => {
    const { url } = await serve(
      t,
      app => {
        app.addHook('onSend', async (_request, reply) => void reply.header('connection', 'close'))
        addRoute(app)
      },
      { http2 }
    )
    const { headers, text } = await fetchAll(url, { http2 })
    t.equal(headers.connection, http2 ? undefined : 'close')
    t.match(text(), /^data: a\n\n/)
  })
}

for (const value of ['no-store', 'private, max-age=0', undefined]) {
  t.test(`kind: cache-control of a hook (${value}) does not let compression hold tokens back`, async t => {
    const steps = new Steps()
    const { url } = await serve(t, async app => {
      await app.register(middie)
      app.use(compression({ threshold: 0 }))
      app.addHook('onSend', async (_request, reply) => {
        if (value !== undefined) reply.header('cache-control', value)
      })
      app.get('/json', (_request, reply) => reply.send({ text: 'x'.repeat(1000) }))
      app.get('/', (_request, reply) =>
        reply.sseFrom(async function* () {
          for (let i = 0; i < 3; i++) {
            yield `token ${i}.`
            await steps.next()
          }
        })
      )
    })
    const headers = { 'accept-encoding': 'gzip' }
    const client = open(url, { headers })
    for (let i = 0; i < 3; i++) {
      await client.has(`token ${i}.`)
      steps.go()
    }
    await client.end()
    t.equal(client.headers['content-encoding'], undefined)
    t.equal((await fetchAll(`${url}/json`, { headers })).headers['content-encoding'], 'gzip', 'compression is at work')
  })
}

t.test('an error before the first event does not say that it comes bit by bit', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => {
        throw Object.assign(new Error('slow down'), { statusCode: 429 })
      })
    )
  })
  const { status, headers } = await fetchAll(url)
  t.equal(status, 429)
  t.notOk('incremental' in headers)
})

t.test('a HEAD request is answered with the same head', async t => {
  const { url } = await serve(t, app => {
    app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
    addRoute(app)
  })
  const { headers } = await fetchAll(url, { method: 'HEAD' })
  t.match(headers, { 'cache-control': 'no-store, no-cache, no-transform', incremental: '?1' })
})
