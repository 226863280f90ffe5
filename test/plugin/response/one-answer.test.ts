import type { FastifyInstance, FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { type LogLine, serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const late = async function* () {
  await new Promise(setImmediate)
  yield 'Hello'
}
const STREAM = /^data: Hello\n\n.*event: done\n/s

/** A source that never gives anything, and tells when it is aborted. */
function endless() {
  const state = { starts: 0, reason: undefined as unknown }
  const source = ({ signal }: { signal: AbortSignal }) => {
    state.starts++
    return new Promise<string[]>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        state.reason = signal.reason
        reject(signal.reason)
      })
    })
  }
  return { source, state }
}

const warnings = (log: LogLine[]) => log.filter(({ level }) => level >= 40).map(({ msg }) => msg)

const FORGOTTEN = 'an async handler or hook of GET / does not return its stream: return reply.sseFrom(...), or await it'
const BESIDE = 'GET / has an answer beside its stream, which is left out: return reply.sseFrom(...), and nothing else'

for (const http2 of [false, true]) {
  const name = http2 ? 'HTTP/2' : 'HTTP/1.1'
  const ask = async (t: Test, setup: (app: FastifyInstance) => unknown) => {
    const { url, log } = await serve(t, setup, { http2 })
    return { client: await fetchAll(url, { http2 }), log }
  }

  t.test(`${name}: a hook that throws is answered with one whole error, with and without return`, async t => {
    const handlers: Record<string, (app: FastifyInstance) => unknown> = {
      default: () => {},
      'of the app': app => app.setErrorHandler((error, _request, reply) => reply.send(error)),
      'async, of the app': app => app.setErrorHandler(async (error: Error) => ({ message: error.message })),
      'with an answer of its own': app =>
        app.setErrorHandler(({ message }: Error, _request, reply) => void reply.send({ message }))
    }
    for (const [which, setHandler] of Object.entries(handlers)) {
      for (const always of [false, true]) {
        const answers = []
        for (const forgets of [false, true]) {
          const { client } = await ask(t, app => {
            setHandler(app)
            app.addHook('onSend', async (_request, _reply, payload) => {
              if (always || (typeof payload !== 'string' && payload !== undefined)) throw new Error('hook')
              return payload
            })
            app.get('/', async (_request, reply) => {
              const streamed = reply.sseFrom(late)
              return forgets ? undefined : streamed
            })
          })
          answers.push([client.status, client.ended, client.headers['content-type'], client.text()])
        }
        t.match(answers[0], [500, 'clean', /json/, /hook/], which)
        t.strictSame(answers[1], answers[0], which)
      }
    }
  })

  t.test(`${name}: an async handler that forgets its 204 sends it`, async t => {
    const { url } = await serve(
      t,
      app => {
        app.addHook('onSend', async (_request, _reply, payload) => {
          await new Promise(setImmediate)
          return payload
        })
        app.get('/', async (_request, reply) => void reply.sseFrom(late))
      },
      { http2 }
    )
    const client = await fetchAll(url, { http2, headers: { 'last-event-id': 'fastify-sse-from:end' } })
    t.match(client, { status: 204, ended: 'clean' })
  })

  t.test(`${name}: what is answered beside a stream is left out, with a warning`, async t => {
    const answers: Record<string, [(reply: FastifyReply) => unknown, string[], number?]> = {
      'a text': [() => 'other', [BESIDE]],
      'an object': [() => ({ a: 1 }), [BESIDE]],
      null: [() => null, [BESIDE]],
      'an empty send': [reply => void reply.send(), [BESIDE, FORGOTTEN]],
      'a status alone': [reply => void reply.code(201), [FORGOTTEN], 201]
    }
    for (const [what, [answer, lines, status = 200]] of Object.entries(answers)) {
      const { client, log } = await ask(t, app =>
        app.get('/', async (_request, reply) => {
          reply.sseFrom(late)
          return answer(reply)
        })
      )
      t.match([client.status, client.headers['content-type'], client.ended], [status, 'text/event-stream', 'clean'])
      t.match(client.text(), STREAM, what)
      t.strictSame(warnings(log), lines, what)
    }
  })

  t.test(`${name}: a sync handler is not called async, and a hook that streams goes first`, async t => {
    const sync = await ask(t, app =>
      app.get('/', (_request, reply) => {
        reply.sseFrom(late)
        reply.send()
      })
    )
    const preHandler = async (_request: unknown, reply: FastifyReply) => void reply.sseFrom(late)
    const hook = await ask(t, app => app.get('/', { preHandler }, async () => 'handler'))
    for (const { client, log } of [sync, hook]) {
      t.match(client.text(), STREAM)
      t.strictSame(warnings(log), [BESIDE])
    }
    const missing = await ask(t, app => app.setNotFoundHandler(async (_request, reply) => void reply.sseFrom(late)))
    t.match(missing.client.text(), STREAM)
    t.match(warnings(missing.log), [/^an async handler or hook of GET without a route does not return its stream/])
  })

  t.test(`${name}: an answer with a status of its own takes the place of a stream that has not begun`, async t => {
    const answers: [(reply: FastifyReply) => unknown, object, string, RegExp][] = [
      [reply => reply.code(503).send({ a: 1 }), { status: 503 }, 'application/json; charset=utf-8', /^\{"a":1\}$/],
      [reply => void reply.code(404).type('text/css').send('a'), { status: 404 }, 'text/css', /^a$/],
      [reply => reply.redirect('/x'), { status: 302, headers: { location: '/x' } }, '', /^$/],
      [reply => reply.callNotFound(), { status: 404 }, 'application/json; charset=utf-8', /not found/]
    ]
    for (const [answer, head, type, body] of answers) {
      const { source, state } = endless()
      const { client } = await ask(t, app =>
        app.get('/', async (_request, reply) => {
          reply.sseFrom(source, { resumable: { onDisconnect: { grace: 1 } } })
          await until('the source has started', () => state.starts)
          return answer(reply)
        })
      )
      t.match(client, { ...head, ended: 'clean' })
      t.equal(client.headers['content-type'] ?? '', type)
      t.notOk(client.headers['x-stream-id'] ?? client.headers['x-accel-buffering'] ?? client.headers['cache-control'])
      t.match(client.text(), body)
      await until('the source is aborted', () => state.reason)
    }
  })

  t.test(`${name}: an answer after the first event is left out`, async t => {
    let begun = false
    let answered: () => void = () => {}
    const isAnswered = new Promise<void>(resolve => {
      answered = resolve
    })
    const source = async function* () {
      yield 'Hello'
      begun = true
      await isAnswered
    }
    const { client, log } = await ask(t, app =>
      app.get('/', async (_request, reply) => {
        reply.sseFrom(source)
        await until('it has begun', () => begun && reply.raw.headersSent)
        setImmediate(answered)
        return reply.code(503).send('late')
      })
    )
    t.match(client.text(), STREAM)
    t.strictSame(warnings(log), [BESIDE])
  })

  t.test(`${name}: a second stream is refused, its source never starts, and the first goes on`, async t => {
    const asks: Record<string, (reply: FastifyReply, source: never) => FastifyReply> = {
      sseFrom: (reply, source) => reply.sseFrom(source),
      json: (reply, source) => reply.sseFrom(source, { json: events => events }),
      sseResume: reply => reply.sseResume('a')
    }
    const json = { json: (events: unknown) => events }
    const owner = async () => 'me'
    for (const options of [{}, json, { resumable: { owner } }]) {
      for (const [which, second] of Object.entries(asks)) {
        for (const isAsync of [false, true]) {
          const { source, state } = endless()
          const { url, log } = await serve(
            t,
            app => {
              const both = (reply: FastifyReply) => {
                reply.sseFrom(late, options)
                return second(reply, source as never)
              }
              app.get('/', isAsync ? async (_request, reply) => both(reply) : (_request, reply) => both(reply))
            },
            { http2 }
          )
          const isJson = options === json
          const headers = { accept: isJson ? 'application/json' : 'text/event-stream' }
          const client = await fetchAll(url, { http2, headers })
          t.match([client.status, client.ended], [200, 'clean'], which)
          t.match(client.text(), isJson ? /Hello/ : /data: Hello\n\n.*event: done\n/s)
          t.equal(state.starts, 0)
          t.match(
            log.filter(({ level }) => level >= 40),
            [{ level: 50, err: { code: 'FST_SSE_ALREADY_ANSWERED', message: /^GET \/ has a stream already/ } }]
          )
          t.equal(log.filter(({ level }) => level >= 40).length, 1)
        }
      }
    }
  })

  t.test(`${name}: a stream is refused where the reply has an answer, or was hijacked`, async t => {
    const asks: ((reply: FastifyReply, source: never) => FastifyReply)[] = [
      (reply, source) => reply.sseFrom(source),
      reply => reply.sseResume('a')
    ]
    for (const ask of asks) {
      for (const [how, message] of [
        ['hijacks', /^GET \/ was hijacked, so that nothing can be sent with its reply: call reply.sseFrom/],
        ['sends', /^GET \/ has been answered already: a reply has one answer$/]
      ] as const) {
        const { source, state } = endless()
        const { url, log } = await serve(
          t,
          app =>
            app.get('/', async (_request, reply) => {
              if (how === 'hijacks') reply.hijack()
              else reply.send('first')
              try {
                return ask(reply, source as never)
              } catch (error) {
                if (how === 'hijacks') reply.raw.end((error as { code: string }).code)
                throw error
              }
            }),
          { http2 }
        )
        const client = await fetchAll(url, { http2 })
        t.equal(client.text(), how === 'hijacks' ? 'FST_SSE_ALREADY_ANSWERED' : 'first')
        await until('the log says so', () => log.some(({ level }) => level === 50))
        t.match(
          log.find(({ level }) => level === 50),
          { err: { code: 'FST_SSE_ALREADY_ANSWERED', message } }
        )
        t.equal(state.starts, 0)
      }
    }
  })

  t.test(`${name}: the warning does not blame a handler for a hook that streams`, async t => {
    const hooks = {
      'a hook that forgets': async (_request: unknown, reply: FastifyReply) => void reply.sseFrom(late),
      'a hook that goes on': (_request: unknown, reply: FastifyReply, done: () => void) => {
        reply.sseFrom(late)
        done()
      }
    }
    for (const [which, preHandler] of Object.entries(hooks)) {
      const { client, log } = await ask(t, app => app.get('/', { preHandler }, async () => {}))
      t.match(client.text(), STREAM)
      t.strictSame(warnings(log), [FORGOTTEN], which)
    }
    const returning = async (_request: unknown, reply: FastifyReply) => reply.sseFrom(late)
    const { client, log } = await ask(t, app =>
      app.get('/', { preHandler: returning }, async () => t.fail('the handler ran'))
    )
    t.match(client.text(), STREAM)
    t.strictSame(warnings(log), [])
  })

  t.test(`${name}: what is thrown instead takes the place of the stream, an error or not`, async t => {
    for (const thrown of [new Error('no'), 'no']) {
      const { client } = await ask(t, app => {
        app.setErrorHandler((error, _request, reply) => reply.code(418).send(String(error)))
        app.get('/', async (_request, reply) => {
          reply.sseFrom(endless().source)
          throw thrown
        })
      })
      t.match([client.status, client.ended, client.text()], [418, 'clean', /no$/])
    }
  })

  t.test(`${name}: an error handler may answer with another stream, or with nothing`, async t => {
    const failing = () => Promise.reject(new Error('no'))
    const stream = await ask(t, app => {
      app.setErrorHandler((_error, _request, reply) => reply.sseFrom(late))
      app.get('/', async (_request, reply) => reply.sseFrom(failing))
    })
    t.match(stream.client.text(), STREAM)
    for (const isForgotten of [false, true]) {
      const nothing = await ask(t, app => {
        app.setErrorHandler(async (_error, _request, reply) => void reply.code(418))
        app.get('/', async (_request, reply) => {
          const streamed = reply.sseFrom(failing)
          return isForgotten ? undefined : streamed
        })
      })
      t.match([nothing.client.status, nothing.client.ended, nothing.client.text()], [418, 'clean', ''])
    }
  })

  t.test(`${name}: a handler that catches what sseFrom or sseResume throws answers as it likes`, async t => {
    const calls = [
      (reply: FastifyReply) => reply.sseFrom(['a'], { resumable: true }),
      (reply: FastifyReply) => reply.sseResume('not an id')
    ]
    for (const call of calls) {
      const { client, log } = await ask(t, app =>
        app.get('/', async (_request, reply) => {
          try {
            return call(reply)
          } catch {
            return 'instead'
          }
        })
      )
      t.match([client.status, client.text()], [200, 'instead'])
      t.strictSame(warnings(log), [])
    }
  })
}

t.test('an answer that is sent twice in place of a stream is sent once', async t => {
  const { url, log } = await serve(t, app => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      await new Promise(setImmediate)
      return payload
    })
    app.get('/', async (_request, reply) => {
      reply.sseFrom(endless().source)
      reply.code(503).send('gave up')
    })
  })
  const client = await fetchAll(url)
  t.match([client.status, client.text()], [503, 'gave up'])
  t.strictSame(warnings(log), [])
})

t.test('a JSON body gives way to an answer with a status of its own while hooks work on it', async t => {
  const outcomes: unknown[] = []
  const { url } = await serve(t, app => {
    let isSent = false
    app.addHook('onSend', async (_request, _reply, payload) => {
      if (payload !== 'gave up') {
        isSent = true
        await until('the other answer', () => outcomes.length)
      }
      return payload
    })
    app.get('/', async (_request, reply) => {
      const onClose = ({ outcome }: { outcome: string }) => void outcomes.push(outcome)
      reply.sseFrom(late, { json: events => ({ events }), onClose })
      await until('the body is sent', () => isSent)
      reply.code(503).type('text/plain').serializer(String).send('gave up')
    })
  })
  const client = await fetchAll(url, { headers: { accept: 'application/json' } })
  t.match([client.status, client.text()], [503, 'gave up'])
  t.strictSame(outcomes, ['aborted'])
})
