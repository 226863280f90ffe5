import { PassThrough, Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import t from 'tap'
import type { SseSource, StreamSummary } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { build, serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const SECRET = 'postgres://user:hunter2@db'

function failure(message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), fields)
}

for (const http2 of [false, true]) {
  const over = http2 ? 'HTTP/2' : 'HTTP/1.1'

  t.test(`answers an error before the first event with its status, over ${over}`, async t => {
    const failing: Record<string, () => unknown> = {
      'a function that throws': () => {
        throw failure('slow down', { status: 429 })
      },
      'a promise that rejects': () => Promise.reject(failure('slow down', { statusCode: 429 })),
      'a generator that throws': async function* () {
        yield undefined
        throw failure('slow down', { status: 429 })
      },
      'a Readable that fails': () => {
        const stream = new Readable({ read() {} })
        setImmediate(() => stream.destroy(failure('slow down', { status: 429 })))
        return stream
      },
      'a ReadableStream that fails': () =>
        new ReadableStream({ pull: controller => controller.error(failure('slow down', { status: 429 })) })
    }
    for (const [name, source] of Object.entries(failing)) {
      const summaries: StreamSummary[] = []
      const { url, log } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) =>
            reply.sseFrom(source as () => AsyncIterable<unknown>, {
              map: (item: unknown) => item,
              onClose: summary => summaries.push(summary),
              onError: () => {
                t.fail('it is for streams that have begun')
                return undefined
              }
            })
          )
        },
        { http2 }
      )
      const client = await fetchAll(url, { http2 })
      t.equal(client.status, 429, name)
      t.match(client.headers['content-type'], 'application/json')
      t.match(JSON.parse(client.text()), { statusCode: 429, error: 'Too Many Requests', message: 'slow down' })
      await until('onClose was called', () => summaries.length)
      t.match(summaries, [{ outcome: 'error', statusCode: 429, events: 0, error: { message: 'slow down' } }])
      const lines = log.filter(({ err, level }) => level >= 30 && err?.message === 'slow down')
      t.equal(lines.length, 1, 'the log has it once')
    }
  })

  t.test(`sends an error after the first event as an error event, over ${over}`, async t => {
    const summaries: StreamSummary[] = []
    const { url, log } = await serve(
      t,
      app => {
        app.get<{ Params: { status: string } }>('/:status', (request, reply) =>
          reply.sseFrom(
            async function* () {
              yield 'half of'
              throw failure(`at ${SECRET}`, { status: Number(request.params.status), code: 'E_CODE' })
            },
            { onClose: summary => summaries.push(summary) }
          )
        )
      },
      { http2 }
    )
    for (const [status, message] of [
      [429, `at ${SECRET}`],
      [500, 'Internal Server Error'],
      [529, 'Server Error']
    ] as const) {
      const client = await fetchAll(`${url}/${status}`, { http2 })
      t.equal(client.status, 200)
      t.equal(client.ended, 'clean')
      t.match(client.events(), [
        { data: 'half of', event: undefined },
        { event: 'error', id: 'fastify-sse-from:end' }
      ])
      t.same(JSON.parse(client.events()[1]?.data ?? ''), { statusCode: status, code: 'E_CODE', message })
      const lines = log.filter(({ err }) => err?.message === `at ${SECRET}`)
      t.match(lines, [{ level: status < 500 ? 30 : 50, reqId: /req-/, msg: 'stream failed' }], 'the log has it once')
      log.length = 0
    }
    await until('onClose was called', () => summaries.length === 3)
    t.match(summaries[0], { outcome: 'error', events: 1, error: { message: `at ${SECRET}` } })
  })

  t.test(`breaks the response off if the error cannot be sent either, over ${over}`, async t => {
    const { url, log } = await serve(
      t,
      app => {
        app.get('/', (_request, reply) =>
          reply.sseFrom(
            async function* () {
              yield 'half of'
              throw failure('x'.repeat(100), { statusCode: 400 })
            },
            { maxEventBytes: 20 }
          )
        )
      },
      { http2 }
    )
    const client = await fetchAll(url, { http2 })
    t.equal(client.ended, 'broken')
    t.equal(client.text(), 'data: half of\n\n')
    t.ok(log.some(({ level, msg }) => level === 50 && msg.startsWith('the error event cannot be sent')))
  })
}

for (const protocol of ['events', 'openai', 'anthropic', 'ai-sdk', 'ag-ui'] as const) {
  t.test(`cuts the message of an error that is larger than maxEventBytes (${protocol})`, async t => {
    const { url, log } = await serve(t, app => {
      app.get<{ Params: { size: string } }>('/:size', (request, reply) =>
        reply.sseFrom(
          async function* () {
            yield 'a'
            throw failure('"\u{1f600}'.repeat(2000), { status: 429 })
          },
          { protocol, maxEventBytes: Number(request.params.size) }
        )
      )
    })
    for (const size of [1000, 1500, 5000]) {
      const client = await fetchAll(`${url}/${size}`)
      t.equal(client.ended, 'clean', `${size}`)
      const last = client
        .text()
        .split('\n\n')
        .find(text => text.includes('\\"\u{1f600}')) as string
      t.match(last, /[\u{1f600}"]\.\.\."/u)
      t.notMatch(last, /\\ud83d|\ufffd/, 'without half of a character')
      t.ok(Buffer.byteLength(`${last}\n\n`) <= size)
    }
    t.equal(log.filter(({ msg }) => msg === 'stream failed').length, 3)
  })
}

t.test('sends an error after commitAfter as an error event', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          await until('the response has begun', () => reply.raw.headersSent)
          yield* []
          throw failure('too late', { statusCode: 404 })
        },
        { commitAfter: 20 }
      )
    )
  })
  const client = await fetchAll(url)
  t.equal(client.status, 200)
  t.match(client.text(), /^:\nevent: error\n/)
  t.match(JSON.parse(client.events()[0]?.data ?? ''), { statusCode: 404, message: 'too late' })
})

t.test('begins at once with commitAfter 0', async t => {
  let go: () => void = () => {}
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          await new Promise<void>(resolve => {
            go = resolve
          })
        },
        { commitAfter: 0 }
      )
    )
  })
  const client = open(url)
  await client.head()
  t.equal(client.status, 200)
  go()
  await client.end()
  t.same(
    client.events().map(({ event }) => event),
    ['done']
  )
})

t.test('passes an error before the first event to setErrorHandler and onError hooks, with its headers', async t => {
  const { app } = build(t)
  await app.after()
  const seen: string[] = []
  app.addHook('onError', async (_request, _reply, error) => {
    seen.push(error.message)
  })
  app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ mine: error.message }))
  app.get('/', (_request, reply) =>
    reply.sseFrom(() => {
      throw failure('no')
    })
  )
  const response = await app.inject('/')
  t.equal(response.statusCode, 418)
  t.same(response.json(), { mine: 'no' })
  t.same(seen, ['no'])
})

t.test('sends the event that onError returns', async t => {
  const { app, log } = build(t)
  await app.after()
  const fail = async function* () {
    yield 'x'
    throw failure('told')
  }
  app.get('/own', (_request, reply) =>
    reply.sseFrom(fail, { onError: ({ message }) => ({ event: 'oops', data: { message } }) })
  )
  app.get('/none', (_request, reply) => reply.sseFrom(fail, { onError: () => undefined }))
  app.get('/throws', (_request, reply) =>
    reply.sseFrom(fail, {
      onError: () => {
        throw failure('onError is broken')
      }
    })
  )
  app.get('/invalid', (_request, reply) => reply.sseFrom(fail, { onError: () => ({ event: 'a\nb', data: 1 }) }))
  const last = async (path: string) => (await app.inject(path)).body.split('\n\n').at(-2)
  t.equal(await last('/own'), 'event: oops\nid: fastify-sse-from:end\ndata: {"message":"told"}')
  const usual =
    'event: error\nid: fastify-sse-from:end\n' +
    'data: {"statusCode":500,"code":"FST_SSE_SOURCE_FAILED","message":"Internal Server Error"}'
  t.equal(await last('/none'), usual)
  t.equal(await last('/throws'), usual)
  t.ok(log.some(({ err }) => err?.message === 'onError is broken'))
  t.equal(await last('/invalid'), usual)
})

t.test('stops when the signal in the options is aborted', async t => {
  const { app } = build(t)
  await app.after()
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ code: error.code, cause: String(error.cause), message: error.message })
  )
  const controllers: AbortController[] = []
  const signals: AbortSignal[] = []
  app.get<{ Querystring: { begun?: string; early?: string } }>('/', (request, reply) => {
    const controller = new AbortController()
    controllers.push(controller)
    if (request.query.early) controller.abort('early')
    return reply.sseFrom(
      async function* ({ signal }) {
        signals.push(signal)
        if (request.query.begun) yield 'begun'
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(failure('cancelled'))))
      },
      { signal: controller.signal }
    )
  })
  const run = async (query: string, reason: unknown) => {
    const count = signals.length
    const response = app.inject(`/?${query}`)
    response.catch(() => {})
    await until('the source runs', () => signals.length > count)
    await new Promise(resolve => setImmediate(resolve))
    controllers.at(-1)?.abort(reason)
    return response
  }
  const before = await run('', 'enough')
  t.equal(before.statusCode, 503)
  t.match(before.json(), { code: 'FST_SSE_STOPPED', cause: 'enough' })
  const own = await run('', failure('over quota', { statusCode: 402 }))
  t.equal(own.statusCode, 402)
  t.match(own.json(), { message: 'over quota' })
  const after = await run('begun=1', 'enough')
  t.equal(after.statusCode, 200)
  t.match(
    after.body,
    'event: error\nid: fastify-sse-from:end\n' +
      'data: {"statusCode":503,"code":"FST_SSE_STOPPED","message":"Service Unavailable"}'
  )
  t.ok(signals.every(({ aborted }) => aborted))
  const count = signals.length
  t.equal((await app.inject('/?early=1')).statusCode, 503)
  t.equal(signals.length, count, 'the source was not started')
})

t.test('survives every misbehavior of a source', async t => {
  const { app, log } = build(t)
  await app.after()
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const iterator = (fields: object) => ({ [Symbol.asyncIterator]: () => fields })
  const hostile: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    number: 5,
    text: 'text',
    buffer: Buffer.from('text'),
    object: {},
    'function without a result': () => undefined,
    'promise of nothing': Promise.resolve(undefined),
    'rejected promise': Promise.reject(failure('rejected')),
    'rejects with nothing': Promise.reject(undefined),
    'locked stream': (() => {
      const stream = new ReadableStream()
      stream.getReader()
      return stream
    })(),
    'next is missing': iterator({}),
    'next throws': iterator({
      next: () => {
        throw failure('next')
      },
      return: () => {
        throw failure('return')
      }
    }),
    'next gives nothing': iterator({ next: () => undefined }),
    'next rejects with a text': iterator({ next: () => Promise.reject('text') }),
    'return rejects': iterator({ next: () => Promise.reject('text'), return: () => Promise.reject('return') }),
    'iterator throws': {
      [Symbol.asyncIterator]: () => {
        throw failure('iterator')
      }
    },
    'abort and cancel throw': Object.assign(iterator({ next: () => Promise.reject('text') }), {
      controller: {
        abort: () => {
          throw failure('controller')
        }
      },
      abort: () => {
        throw failure('abort')
      },
      cancel: () => Promise.reject(failure('cancel')),
      destroy: () => {
        throw failure('destroy')
      }
    }),
    'frozen error': iterator({ next: () => Promise.reject(Object.freeze(failure('frozen'))) }),
    'destroyed Readable': (() => {
      const stream = new PassThrough()
      stream.destroy()
      return stream
    })()
  }
  app.get<{ Params: { name: string } }>('/:name', (request, reply) =>
    reply.sseFrom(hostile[request.params.name] as SseSource<unknown>)
  )
  for (const name of Object.keys(hostile)) {
    const response = await app.inject(`/${encodeURIComponent(name)}`)
    t.equal(response.statusCode, 500, name)
    t.type(response.json().message, 'string')
  }
  await new Promise(resolve => setImmediate(resolve))
  t.same(warnings, [])
  t.match(
    log.filter(({ msg }) => msg === 'the source of an ended stream failed').map(({ err }) => err?.message ?? err),
    ['return', 'return', 'controller', 'abort', 'destroy', 'cancel']
  )
})

t.test('survives callbacks that fail', async t => {
  const { app, log } = build(t)
  await app.after()
  app.get('/throws', (_request, reply) =>
    reply.sseFrom(['x'], {
      onClose: () => {
        throw failure('onClose throws')
      }
    })
  )
  app.get('/rejects', (_request, reply) =>
    reply.sseFrom(['x'], { onClose: () => Promise.reject(failure('onClose rejects')) as unknown as undefined })
  )
  app.get('/map', (_request, reply) =>
    reply.sseFrom(['x'], {
      map: () => {
        throw failure('map', { statusCode: 422 })
      }
    })
  )
  t.equal((await app.inject('/throws')).statusCode, 200)
  t.equal((await app.inject('/rejects')).statusCode, 200)
  t.equal((await app.inject('/map')).statusCode, 422)
  await until('the log has both', () => log.filter(({ msg }) => msg === 'onClose failed').length === 2)
  t.same(
    log.filter(({ msg }) => msg === 'onClose failed').map(({ err }) => err?.message),
    ['onClose throws', 'onClose rejects']
  )
})

t.test('answers with an error when the signal is aborted while a hook delays the response', async t => {
  const { app } = build(t)
  await app.after()
  const controller = new AbortController()
  app.addHook('onSend', async (_request, _reply, payload) => {
    if (!(payload instanceof Readable)) return payload
    controller.abort(failure('changed my mind', { statusCode: 409 }))
    await new Promise(resolve => setImmediate(resolve))
    return payload
  })
  app.get('/', (_request, reply) => reply.sseFrom(['x'], { signal: controller.signal }))
  const response = await app.inject('/')
  t.equal(response.statusCode, 409)
})

t.test('adds one listener to a signal that many streams share', async t => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const controller = new AbortController()
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* ({ signal }) {
          yield 'x'
          await new Promise(resolve => signal.addEventListener('abort', resolve))
        },
        { signal: controller.signal }
      )
    )
  })
  const clients = Array.from({ length: 50 }, () => open(url))
  await Promise.all(clients.map(client => client.has('x')))
  controller.abort()
  await Promise.all(clients.map(client => client.end()))
  t.ok(clients.every(client => client.text().includes('FST_SSE_STOPPED')))
  t.same(warnings, [])
})

t.test('an end that a middleware cannot send is logged, and ends nothing else', async t => {
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) => {
      const { end } = reply.raw
      reply.raw.end = () => {
        reply.raw.end = end
        throw new Error('no end')
      }
      return reply.sseFrom(['a'])
    })
  })
  const client = open(url)
  await client.has('data: a')
  await until('the error is logged', () =>
    log.some(({ msg, err }) => msg === 'the source of an ended stream failed' && err?.message === 'no end')
  )
  client.leave()
})
