import { once } from 'node:events'
import { request } from 'node:http'
import { runInNewContext } from 'node:vm'
import Fastify, { type FastifyReply, LogController } from 'fastify'
import t, { type Test } from 'tap'
import sseFrom, { type StreamSummary } from '../../../plugin/index.js'
import { copyHeaders, logStreamError, sendsAsIs } from '../../../plugin/response/fastify-internals.js'
import { fetchAll, open } from '../../helpers/client.js'
import { build, serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

async function* ab() {
  yield 'a'
  yield 'b'
}

t.test('a stream without hooks has the same head and body as one with them', async t => {
  for (const http2 of [false, true]) {
    const { url } = await serve(
      t,
      app => {
        app.addHook('onRequest', async (_request, reply) => {
          reply.raw.setHeader('x-raw', 'raw')
          reply.header('set-cookie', ['a=1', 'b=2'])
        })
        const handler = (_request: unknown, reply: FastifyReply) => reply.code(201).header('x-own', 7).sseFrom(ab)
        app.get('/none', handler)
        app.get('/hooked', { onSend: async () => {} }, handler)
      },
      { http2 }
    )
    const [none, hooked] = [await fetchAll(`${url}/none`, { http2 }), await fetchAll(`${url}/hooked`, { http2 })]
    t.equal(none.status, 201)
    t.equal(none.text(), hooked.text())
    t.match(none.headers, { 'x-raw': 'raw', 'x-own': '7', 'set-cookie': ['a=1', 'b=2'] })
    t.strictSame({ ...none.headers, date: '' }, { ...hooked.headers, date: '' })
  }
})

t.test('a stream goes through what stands in place of reply.send, or of that of its prototype', async t => {
  const sent: unknown[] = []
  const { url } = await serve(t, app => {
    app.addHook('onRequest', async (_request, reply) => {
      const { send } = reply
      reply.send = function (this: FastifyReply, payload: unknown) {
        sent.push(typeof payload)
        return send.call(this, payload)
      }
    })
    app.get('/', (_request, reply) => reply.sseFrom(ab))
  })
  t.match((await fetchAll(url)).text(), 'data: b\n\n')
  t.strictSame(sent, ['object'])

  const { prototype } = await fastifyReply(t)
  const observed = t.capture(prototype, 'send', prototype.send)
  const { url: other } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.sseFrom(ab))
  })
  t.match((await fetchAll(other)).text(), 'data: b\n\n')
  t.equal(observed().length, 1)
})

t.test('trailers of the handler arrive', async t => {
  const { port } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.trailer('x-count', async () => '2').sseFrom(ab))
  })
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1' }, resolve).on('error', reject).end()
  })
  let text = ''
  for await (const chunk of response) text += chunk
  t.match(text, 'data: b\n\n')
  t.strictSame(response.trailers, { 'x-count': '2' })
})

t.test('a status without a body has none', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.code(204).sseFrom(ab))
  })
  const { status, text, ended } = await fetchAll(url)
  t.strictSame([status, text(), ended], [204, '', 'clean'])
})

t.test('a head that the handler writes itself is sent once', async t => {
  const { url } = await serve(t, app => {
    app.get('/before', (_request, reply) => {
      reply.raw.writeHead(202, { 'content-type': 'text/plain' })
      return reply.sseFrom(ab)
    })
    app.get('/after', (_request, reply) => {
      reply.sseFrom(ab)
      reply.raw.writeHead(202, { 'content-type': 'text/plain' })
      return reply
    })
  })
  for (const path of ['/before', '/after']) {
    const client = await fetchAll(url + path)
    t.equal(client.status, 202, path)
    t.equal(client.headers['content-type'], 'text/plain', path)
    t.match(client.text(), /data: a\n\ndata: b\n\n/, path)
  }
})

t.test('a reply that is hijacked before its stream is there gets no stream', async t => {
  let reply: FastifyReply | undefined
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, given) => {
      given.sseFrom(ab, { resumable: { owner: async () => 'me' } })
      given.hijack()
      reply = given
    })
  })
  const answer = fetchAll(url)
  await until('Fastify has refused it', () => log.some(({ err }) => err?.code === 'FST_ERR_REP_ALREADY_SENT'))
  reply?.raw.end('own')
  t.equal((await answer).text(), 'own')
})

t.test('a client that leaves is logged as Fastify does it, with and without hooks', async t => {
  const { url, log } = await serve(t, app => {
    async function* waits() {
      yield 'a'
      await new Promise(() => {})
    }
    app.get('/none', (_request, reply) => reply.sseFrom(waits))
    app.get('/hooked', { onSend: async () => {} }, (_request, reply) => reply.sseFrom(waits))
  })
  const lines: unknown[] = []
  for (const path of ['/none', '/hooked']) {
    log.length = 0
    const client = open(url + path)
    await client.has('data: a')
    client.leave()
    await until('both lines are there', () => log.filter(({ msg }) => /^stream closed/.test(msg)).length === 2)
    const line = log.find(({ msg }) => msg === 'stream closed prematurely')
    lines.push({ ...line, reqId: '', time: 0 })
  }
  t.strictSame(lines[0], lines[1])
})

t.test('what is done to the response before the first event is in its head, as after reply.send()', async t => {
  let seen: unknown
  const { url } = await serve(t, app => {
    app.addHook('onResponse', async (_request, { raw }) => {
      seen = raw.getHeaders()
    })
    app.get('/', (_request, reply) => {
      reply.header('x-own', 'own').header('x-gone', '1')
      return reply.sseFrom(async function* () {
        reply.raw.setHeader('X-Own', 'later')
        reply.raw.removeHeader('x-gone')
        yield 'a'
      })
    })
  })
  const { headers } = await fetchAll(url)
  t.match(headers, { 'x-own': 'later', 'content-type': 'text/event-stream' })
  t.notOk('x-gone' in headers)
  t.match(seen, { 'x-own': 'later', 'content-type': 'text/event-stream' })
})

t.test('middleware that works on the head finds the headers in the response', async t => {
  const { url } = await serve(t, app => {
    app.addHook('onRequest', async (_request, { raw }) => {
      const { writeHead } = raw
      raw.writeHead = function (this: typeof raw, status: number) {
        this.setHeader('x-type', String(this.getHeader('content-type')))
        return Reflect.apply(writeHead, this, [status])
      }
    })
    app.get('/', (_request, reply) => reply.sseFrom(ab))
  })
  const { headers } = await fetchAll(url)
  t.match(headers, { 'x-type': 'text/event-stream', 'content-type': 'text/event-stream' })
})

t.test('a stream that a server cuts off before its first event has its head', async t => {
  let isStarted = false
  const { app, url } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(() => {
          isStarted = true
          return new Promise<never>(() => {})
        })
      )
    },
    { plugin: { drainTimeout: 0 } }
  )
  const client = open(url)
  await until('it is open', () => isStarted)
  await Promise.all([app.close(), client.end()])
  t.equal(client.headers['content-type'], 'text/event-stream')
  t.match(client.text(), /^retry: /)
})

t.test('a header that cannot be sent is an error of the handler, and the source is not started', async t => {
  let isStarted = false
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) => {
      t.throws(
        () =>
          reply.header('x-bad', 'a\r\nb: c').sseFrom(() => {
            isStarted = true
            return ab()
          }),
        { code: 'ERR_INVALID_CHAR' }
      )
      reply.removeHeader('x-bad')
      throw Object.assign(new Error('no such header'), { statusCode: 418 })
    })
  })
  t.equal((await fetchAll(url)).status, 418)
  t.notOk(isStarted)
})

t.test('a source that fails after the app has written the head breaks the response off', async t => {
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      // biome-ignore lint/correctness/useYield: It fails before its first event.
      reply.sseFrom(async function* () {
        reply.raw.writeHead(202)
        throw new Error('failed')
      })
    )
  })
  t.equal((await fetchAll(url)).ended, 'broken')
  const message = 'response terminated with an error with headers already sent'
  t.equal(log.filter(({ msg }) => msg === message).length, 1)
})

t.test('an app without logs may end the response itself', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom)
  app.get('/', (_request, reply) => {
    reply.sseFrom(ab)
    reply.raw.end('own')
    return reply
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal((await fetchAll(url)).text(), 'own')
})

t.test('a response that fails ends its stream, and is logged once', async t => {
  const outcomes: string[] = []
  const onClose = ({ outcome }: StreamSummary) => outcomes.push(outcome)
  const { url, log } = await serve(t, app => {
    app.get('/lost', (_request, reply) =>
      reply.sseFrom(
        async function* ({ signal }) {
          yield 'a'
          setImmediate(() => reply.raw.emit('error', new Error('lost')))
          await once(signal, 'abort')
        },
        { onClose }
      )
    )
    app.get('/ended', (_request, reply) => {
      reply.sseFrom(ab, { onClose, signal: AbortSignal.abort() })
      reply.raw.end('own')
      reply.raw.write('more')
      return reply
    })
  })
  const lines = () => log.filter(({ msg }) => msg.startsWith('response terminated')).map(({ err }) => err?.message)
  t.equal((await fetchAll(`${url}/lost`)).ended, 'broken')
  await until('the response is over', () => outcomes.length === 1)
  t.strictSame(lines(), ['lost'])
  t.equal((await fetchAll(`${url}/ended`)).text(), 'own')
  await until('the response is over', () => outcomes.length === 2)
  t.strictSame(lines(), ['lost', 'write after end'])
  t.strictSame(outcomes, ['aborted', 'error'])
})

t.test('an error in place of a stream does not go through what has replaced reply.send since', async t => {
  let isSeen = false
  const { url } = await serve(t, app => {
    app.setErrorHandler((error: Error, _request, { raw }) => {
      raw.writeHead(500).end(error.message)
    })
    app.get('/', (_request, reply) => {
      reply.sseFrom(
        // biome-ignore lint/correctness/useYield: It fails before its first event.
        (async function* () {
          throw Object.assign(new Error('failed'), { statusCode: 400 })
        })()
      )
      reply.send = () => {
        isSeen = true
        return reply
      }
      return reply
    })
  })
  t.equal((await fetchAll(url)).text(), 'failed')
  t.notOk(isSeen)
})

t.test('an error of another realm is answered with its status', async t => {
  const { url } = await serve(t, app => {
    const failed = () =>
      Promise.reject<never>(Object.assign(runInNewContext(`new Error('failed')`), { statusCode: 404 }))
    app.get('/', (_request, reply) => reply.sseFrom(failed))
    app.get('/resumable', (_request, reply) => reply.sseFrom(ab, { resumable: { owner: failed } }))
  })
  for (const path of ['/', '/resumable']) {
    const { status, text } = await fetchAll(url + path)
    t.match([status, text()], [404, /failed/], path)
  }
})

t.test('a stream in an onError hook is refused, as reply.send() is', async t => {
  const { url } = await serve(t, app => {
    app.addHook('onError', async (_request, reply) => {
      t.throws(() => reply.sseFrom(ab), { code: 'FST_ERR_SEND_INSIDE_ONERR' })
    })
    app.get('/', async () => {
      throw Object.assign(new Error('failed'), { statusCode: 418 })
    })
  })
  t.equal((await fetchAll(url)).status, 418)
})

t.test('a log controller of the app gets an error of its own for each client that leaves', async t => {
  const errors: Error[] = []
  class Controller extends LogController {
    override streamError(error: Error) {
      errors.push(error)
    }
  }
  const { url } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(async function* ({ signal }) {
          yield 'a'
          await once(signal, 'abort')
        })
      )
    },
    { fastify: { logController: new Controller() } }
  )
  for (let left = 1; left <= 2; left++) {
    const client = open(url)
    await client.has('data: a')
    client.leave()
    await until('it is told', () => errors.length === left)
  }
  const [first, second] = errors
  t.match(first, { code: 'ERR_STREAM_PREMATURE_CLOSE', message: 'Premature close' })
  t.not(first, second)
})

t.test('a version of Fastify that keeps these things elsewhere sends and logs the streams itself', async t => {
  const other = { request: {}, server: {} } as FastifyReply
  const { prototype } = await fastifyReply(t)
  t.notOk(sendsAsIs(other, prototype.send))
  t.doesNotThrow(() => copyHeaders(other))
  t.doesNotThrow(() => logStreamError(other))
})

/** What all replies inherit from. */
async function fastifyReply(t: Test): Promise<{ prototype: FastifyReply }> {
  const { app } = build(t)
  let prototype: object | undefined
  app.get('/', async (_request, reply) => {
    prototype = reply
    while (!Object.hasOwn(prototype, 'send')) prototype = Object.getPrototypeOf(prototype) as object
  })
  await app.inject('/')
  return { prototype: prototype as FastifyReply }
}
