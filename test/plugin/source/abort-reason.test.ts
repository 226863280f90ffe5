import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { type SourceContext, type SourceSignal, StreamAbort, type StreamOptions } from '../../../plugin/index.js'
import { sendWhole } from '../../../plugin/toolkit.js'
import { fetchAll, type OpenOptions, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { type ServeOptions, serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const upsets: unknown[] = []
process.on('unhandledRejection', reason => upsets.push(reason))
process.on('uncaughtException', error => upsets.push(error))

interface AbortServerOptions extends ServeOptions {
  stream?: StreamOptions<string>
  whole?: boolean
  first?: unknown
}

/** Serves a source that yields one item, then waits for its signal, and throws the reason of it. */
async function abortServer(
  t: Test,
  { stream = {}, whole = false, first = 'first', ...options }: AbortServerOptions = {}
) {
  const reasons: (StreamAbort | undefined)[] = []
  let started = 0
  const served = await serve(
    t,
    app => {
      app.route({
        method: ['GET', 'POST'],
        url: '/',
        handler: (_request, reply) => {
          async function* source({ signal }: SourceContext) {
            started++
            if (first !== undefined) yield first as string
            await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
            reasons.push(signal.reason)
            throw signal.reason
          }
          return whole ? sendWhole(reply, source, text => ({ text })) : reply.sseFrom(source, stream)
        }
      })
      app.delete<{ Params: { id: string } }>('/:id', ({ params }) => app.sseStreams.stop(params.id))
    },
    options
  )
  const reason = async () => {
    await until('the source is aborted', () => reasons.length)
    return reasons[0]
  }
  return { ...served, reason, started: () => started }
}

function isAbort(t: Test, abort: StreamAbort | undefined, reason: StreamAbort['reason'], cause?: unknown): void {
  t.ok(abort instanceof StreamAbort)
  t.equal(abort?.reason, reason)
  t.equal(abort?.name, 'AbortError')
  t.equal(abort?.cause, cause)
}

const transports: Record<string, OpenOptions> = { 'HTTP/1.1': { body: {} }, 'HTTP/2': { http2: true, body: {} } }

for (const [transport, request] of Object.entries(transports)) {
  const http2 = request.http2 === true

  for (const whole of [false, true]) {
    t.test(`left: the client leaves ${whole ? 'a JSON answer' : 'a stream'} over ${transport}`, async t => {
      const { url, reason, started } = await abortServer(t, { http2, whole })
      const client = open(url, request)
      await until('the source has started', started)
      client.leave()
      isAbort(t, await reason(), 'left')
    })

    t.test(`closing: the server closes during ${whole ? 'a JSON answer' : 'a stream'} over ${transport}`, async t => {
      const { app, url, reason, started } = await abortServer(t, { http2, whole, plugin: { drainTimeout: 1 } })
      open(url, request)
      await until('the source has started', started)
      await app.close()
      isAbort(t, await reason(), 'closing')
    })
  }

  t.test(`stopped: the signal in the options is aborted over ${transport}`, async t => {
    const controller = new AbortController()
    const { url, reason } = await abortServer(t, { http2, stream: { signal: controller.signal } })
    const client = open(url, request)
    await client.has('first')
    controller.abort('enough')
    isAbort(t, await reason(), 'stopped', 'enough')
  })

  t.test(`limit: an event is larger than maxEventBytes over ${transport}`, async t => {
    const { url, log } = await abortServer(t, { http2, first: 'x'.repeat(100), stream: { maxEventBytes: 50 } })
    const client = open(url, request)
    await client.end()
    t.equal(client.status, 500)
    t.equal(log.filter(({ err }) => err?.code === 'FST_SSE_EVENT_TOO_LARGE').length, 1)
  })
}

/** A source whose signal tells why it is aborted, although no wait of its own ends by that. */
async function reasonOfItems(t: Test, items: unknown[], options: AbortServerOptions = {}) {
  let signal: AbortSignal | undefined
  const { url } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(context => {
          signal = context.signal
          return items as string[]
        }, options.stream)
      )
    },
    options
  )
  await fetchAll(url)
  return signal?.reason
}

for (const resumable of [false, true]) {
  const kind = resumable ? 'a resumable stream' : 'a stream'

  t.test(`limit: maxEventBytes of ${kind}`, async t => {
    const abort = await reasonOfItems(t, ['x'.repeat(100)], { stream: { maxEventBytes: 50, resumable } })
    t.match(abort, { reason: 'limit', cause: { code: 'FST_SSE_EVENT_TOO_LARGE' } })
  })

  t.test(`failed: an item of ${kind} cannot be sent`, async t => {
    const abort = await reasonOfItems(t, [1n], { stream: { resumable } })
    t.match(abort, { reason: 'failed', cause: { code: 'FST_SSE_EVENT_INVALID' } })
  })

  t.test(`${kind} that is complete aborts nothing`, async t => {
    t.equal(await reasonOfItems(t, ['a', 'b'], { stream: { resumable } }), undefined)
  })
}

t.test('limit: the log of a resumable stream is full', async t => {
  const [store] = FaultyStore.nodes(1, { maxEvents: 2 })
  const abort = await reasonOfItems(t, ['a', 'b', 'c'], { plugin: { store }, stream: { resumable: true } })
  t.match(abort, { reason: 'limit', cause: { code: 'FST_SSE_LOG_FULL' } })
})

t.test('failed: a token of a JSON answer is no string', async t => {
  let signal: AbortSignal | undefined
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      sendWhole(
        reply,
        context => {
          signal = context.signal
          return [1] as unknown as string[]
        },
        text => ({ text })
      )
    )
  })
  await fetchAll(url)
  t.match(signal?.reason, { reason: 'failed', cause: { code: 'FST_SSE_EVENT_INVALID' } })
})

for (const failure of [new Error('the hook has failed'), undefined]) {
  t.test(`failed: a hook breaks off the body ${failure === undefined ? 'without' : 'with'} an error`, async t => {
    const abort = await reasonOfDestroyed(t, body => body.destroy(failure))
    isAbort(t, abort, 'failed', failure)
  })
}

t.test('left: the body breaks off with an error because the client has left', async t => {
  const abort = await reasonOfDestroyed(t, (body, request) => {
    request.raw.socket.destroy()
    body.destroy(new Error('premature close'))
  })
  isAbort(t, abort, 'left')
})

/** Why the source ends whose body a hook destroys after its first data. */
async function reasonOfDestroyed(t: Test, destroy: (body: Readable, request: FastifyRequest) => unknown) {
  let signal: SourceSignal | undefined
  const { url } = await serve(t, app => {
    app.addHook('onSend', async (request, _reply, payload) => {
      const body = payload as Readable
      const out = new Readable({ read() {} })
      body.once('data', () => destroy(body, request))
      body.on('error', () => {}).on('close', () => out.destroy())
      return out
    })
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* (context) {
        signal = context.signal
        yield 'first'
        await new Promise(() => {})
      })
    )
  })
  open(url)
  await until('the source is aborted', () => signal?.aborted)
  return signal?.reason
}

for (const onDisconnect of ['abort', { grace: 1 }] as const) {
  t.test(`abandoned: no client comes back (${JSON.stringify(onDisconnect)})`, async t => {
    const { url, reason } = await abortServer(t, { stream: { resumable: { onDisconnect } } })
    const client = open(url)
    await client.has('first')
    client.leave()
    isAbort(t, await reason(), 'abandoned')
  })
}

t.test('stopped: app.sseStreams.stop(), here and from another node', async t => {
  for (const where of ['here', 'elsewhere']) {
    const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
    const producing = await abortServer(t, { plugin: { store: one }, stream: { resumable: true } })
    const asked = where === 'here' ? producing : await abortServer(t, { plugin: { store: other } })
    const client = open(producing.url)
    await client.has('first')
    await fetchAll(`${asked.url}/${client.headers['x-stream-id']}`, { method: 'DELETE' })
    isAbort(t, await producing.reason(), 'stopped')
  }
})

t.test('stopped: the signal of a resumable stream', async t => {
  const controller = new AbortController()
  const { url, reason } = await abortServer(t, { stream: { resumable: true, signal: controller.signal } })
  const client = open(url)
  await client.has('first')
  controller.abort('enough')
  isAbort(t, await reason(), 'stopped', 'enough')
})

t.test('closing: a resumable stream that is cut off', async t => {
  const { app, url, reason } = await abortServer(t, { plugin: { drainTimeout: 1 }, stream: { resumable: true } })
  const client = open(url)
  await client.has('first')
  await app.close()
  isAbort(t, await reason(), 'closing')
})

t.test('fenced: another node has ended the stream of a node that slept', async t => {
  const [one, other] = FaultyStore.nodes(2, { lease: 300 }) as [FaultyStore, FaultyStore]
  const stream = { resumable: true }
  const producing = await abortServer(t, { plugin: { store: one }, stream })
  const client = open(producing.url)
  await client.has('first')
  const id = String(client.headers['x-stream-id'])
  await until('the event is in the store', async () => (await one.shared.read(id, 0))?.events.length)
  const following = await abortServer(t, { plugin: { store: other }, stream })
  const held: (() => void)[] = []
  one.before = () => new Promise<void>(resolve => held.push(resolve))
  await fetchAll(following.url, { headers: { 'last-event-id': `${id}:1` } })
  one.comeBack()
  for (const go of held) go()
  isAbort(t, await producing.reason(), 'fenced')
})

t.test('sources without a signal that take a reason get it', async t => {
  const cancelled: unknown[] = []
  const controller = new AbortController()
  controller.signal.addEventListener('abort', () => cancelled.push(controller.signal.reason))
  const { url } = await serve(t, app => {
    app.get('/web', (_request, reply) =>
      reply.sseFrom(
        new ReadableStream({
          start: stream => stream.enqueue('first'),
          cancel: reason => {
            cancelled.push(reason)
          }
        })
      )
    )
    app.get('/sdk', (_request, reply) =>
      reply.sseFrom(
        Object.assign(
          (async function* () {
            yield 'first'
            await new Promise(() => {})
          })(),
          { controller }
        )
      )
    )
  })
  for (const path of ['/web', '/sdk']) {
    const client = open(url + path)
    await client.has('first')
    client.leave()
    await until('it is cancelled', () => cancelled.length)
    isAbort(t, cancelled.pop() as StreamAbort, 'left')
  }
})

t.test('sources that reject with the reason upset nothing', async t => {
  await new Promise(resolve => setImmediate(resolve))
  t.same(upsets, [])
})

t.test('a reason has no stack trace, and leaves those of other errors alone', t => {
  const { stackTraceLimit } = Error
  t.notMatch(String(new StreamAbort('left').stack), /\n/)
  t.equal(Error.stackTraceLimit, stackTraceLimit)
  t.match(new Error('other').stack, /abort-reason\.test/)
  t.end()
})
