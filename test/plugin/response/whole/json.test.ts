import swagger from '@fastify/swagger'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t, { type Test } from 'tap'
import { z } from 'zod'
import {
  eventStream,
  type SseSource,
  StreamAbort,
  type StreamFinish,
  type StreamOptions,
  type StreamSummary,
  withEventStreams
} from '../../../../plugin/index.js'
import { fetchAll, open } from '../../../helpers/client.js'
import { type ServeOptions, serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

const JSON_ONLY = { accept: 'application/json' }

async function* answer() {
  yield 'Hello'
  yield { event: 'usage', data: { tokens: 1 } }
  yield { comment: 'no event' }
  yield ' again'
  return { finishReason: 'stop' }
}

type Options = StreamOptions<unknown> & { before?: (reply: FastifyReply) => void }

/** Serves a source at `/`, in one piece for clients that prefer that. */
async function serveJson(t: Test, source: SseSource<unknown>, options: Options = {}, serving: ServeOptions = {}) {
  const summaries: StreamSummary[] = []
  const { before, ...own } = options
  const served = await serve(
    t,
    app =>
      app.route({
        method: ['GET', 'POST'],
        url: '/',
        handler(_request, reply) {
          before?.(reply)
          return reply.sseFrom(source, {
            json: ({ text, events, result }) => ({ text, events, result }),
            onClose: summary => summaries.push(summary),
            ...own
          })
        }
      }),
    serving
  )
  return { ...served, summaries, ask: (headers = JSON_ONLY) => fetchAll(served.url, { headers }) }
}

t.test('a client gets what it prefers', async t => {
  const { url } = await serveJson(t, answer, { before: reply => reply.header('vary', 'origin') })
  const types: Record<string, string | undefined> = {
    'application/json': 'application/json; charset=utf-8',
    'application/json, text/plain, */*': 'application/json; charset=utf-8',
    'text/event-stream;q=0.5, application/json': 'application/json; charset=utf-8',
    'text/event-stream': 'text/event-stream',
    'text/event-stream, application/json': 'text/event-stream',
    '*/*': 'text/event-stream'
  }
  for (const [accept, type] of Object.entries(types)) {
    const { status, headers } = await fetchAll(url, { headers: { accept } })
    t.strictSame([status, headers['content-type'], headers.vary], [200, type, 'origin, accept'], accept)
  }
  const without = await fetchAll(url)
  t.equal(without.headers['content-type'], 'text/event-stream', 'without the header')
  const neither = await fetchAll(url, { headers: { accept: 'text/html' } })
  t.equal(neither.status, 406)
  t.equal(neither.headers.vary, 'origin, accept')
  t.match(JSON.parse(neither.text()), { code: 'FST_SSE_NOT_ACCEPTABLE' })
})

t.test('the body is made of the events, the text and the return value', async t => {
  for (const http2 of [false, true]) {
    const { url, summaries } = await serveJson(t, answer, {}, { http2 })
    const client = await fetchAll(url, { headers: JSON_ONLY, http2 })
    t.strictSame(JSON.parse(client.text()), {
      text: 'Hello again',
      events: [
        { event: 'message', data: 'Hello' },
        { event: 'usage', data: { tokens: 1 } },
        { event: 'message', data: ' again' }
      ],
      result: { finishReason: 'stop' }
    })
    t.notOk(client.headers['x-accel-buffering'], 'it has no header of a stream')
    await until('the summary', () => summaries.length === 1)
    const { bytes, events, outcome, statusCode, timeToFirstEvent = -1, duration } = summaries[0] as StreamSummary
    t.strictSame([bytes, events, outcome, statusCode], [client.text().length, 4, 'complete', 200])
    t.ok(timeToFirstEvent >= 0 && duration >= timeToFirstEvent)
  }
})

for (const http2 of [false, true]) {
  t.test(`of a body that its client did not wait for, no bytes were sent over ${http2 ? 2 : 1}`, async t => {
    const summaries: StreamSummary[] = []
    let isAtWork = false
    const { url } = await serve(
      t,
      app => {
        app.addHook('onSend', async (_request, _reply, payload) => {
          isAtWork = true
          await until('the client has left', () => summaries.length === 1)
          return payload
        })
        const onClose = (summary: StreamSummary) => void summaries.push(summary)
        app.get('/', (_request, reply) => reply.sseFrom(answer, { json: ({ text }) => text, onClose }))
      },
      { http2 }
    )
    const client = open(url, { headers: JSON_ONLY, http2 })
    await until('the hook works on it', () => isAtWork)
    client.leave()
    await until('the summary', () => summaries.length === 1)
    t.match(summaries, [{ outcome: 'aborted', bytes: 0 }])
  })
}

t.test('the options of the stream apply', async t => {
  const { ask } = await serveJson(t, [1, 2, 'é', new Date(0), Buffer.from('b')], {
    map: item => (item === 2 ? undefined : item),
    event: 'token',
    end: { event: 'finish', data: 'bye' }
  })
  t.strictSame(JSON.parse((await ask()).text()), {
    text: '1é"1970-01-01T00:00:00.000Z"b',
    events: [1, 'é', '1970-01-01T00:00:00.000Z', 'b'].map(data => ({ event: 'token', data }))
  })

  const truncated = await serveJson(t, ['a'], { isComplete: item => item === 'b' })
  const failed = await truncated.ask()
  t.equal(failed.status, 502)
  t.match(JSON.parse(failed.text()), { code: 'FST_SSE_SOURCE_TRUNCATED' })

  const chunk = (content: string, finish_reason: string | null = null) => ({
    choices: [{ delta: { content }, finish_reason }]
  })
  const openAi = await serveJson(t, [chunk('a'), chunk('b', 'stop')], {
    protocol: 'openai',
    json: ({ text }) => ({ text })
  })
  t.strictSame(JSON.parse((await openAi.ask()).text()), { text: 'ab' })
})

t.test('the halves of a character are joined, also at the end', async t => {
  const { ask } = await serveJson(t, ['\ud83d', '\ude00', Buffer.from('€').subarray(0, 2)])
  t.equal(JSON.parse((await ask()).text()).text, '😀\ufffd')
})

t.test('the body may be any JSON value, or a promise of it', async t => {
  for (const body of [{ a: 1 }, ['a'], 'a "quoted" text', '', 1, false, null]) {
    const { ask } = await serveJson(t, answer, { json: async () => body })
    const { headers, text } = await ask()
    t.equal(headers['content-type'], 'application/json; charset=utf-8')
    t.strictSame(JSON.parse(text()), body)
  }
})

t.test('a body that JSON cannot carry is an error', async t => {
  for (const [body, kind] of [
    [undefined, 'undefined'],
    [() => {}, 'a function'],
    [1n, 'a bigint']
  ]) {
    const { ask, summaries } = await serveJson(t, answer, { json: () => body })
    const { status, text } = await ask()
    t.equal(status, 500)
    const message = `invalid JSON body: it must be a JSON value, but it is ${kind}`
    t.match(JSON.parse(text()), { code: 'FST_SSE_BODY_INVALID', message })
    await until('the summary', () => summaries.length === 1)
    t.match(summaries, [{ outcome: 'error', statusCode: 500, error: { code: 'FST_SSE_BODY_INVALID' } }])
  }
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const { ask, summaries } = await serveJson(t, answer, { json: () => circular })
  t.equal((await ask()).status, 500)
  await until('the summary', () => summaries.length === 1)
  t.match(summaries, [{ outcome: 'error', statusCode: 500 }])
})

t.test('the status is that of the reply', async t => {
  const { ask } = await serveJson(t, answer, { before: reply => reply.code(201).header('x-mine', 'yes') })
  const { status, headers } = await ask()
  t.strictSame([status, headers['x-mine']], [201, 'yes'])
})

t.test('errors keep their status, whenever they come', async t => {
  const refusal = Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': '7' } })
  const sources: Record<string, SseSource<unknown>> = {
    'before the first event': () => Promise.reject(refusal),
    'after it': async function* () {
      yield 'a'
      throw refusal
    }
  }
  for (const [when, source] of Object.entries(sources)) {
    const { ask, summaries } = await serveJson(t, source, { commitAfter: 0 })
    const { status, headers, text } = await ask()
    t.strictSame([status, headers['retry-after']], [429, '7'], when)
    t.match(JSON.parse(text()), { statusCode: 429, message: 'slow down' })
    await until('the summary', () => summaries.length === 1)
    t.match(summaries, [{ outcome: 'error', statusCode: 429 }])
  }
  const own = await serveJson(t, answer, {
    json() {
      throw Object.assign(new Error('the model has refused'), { statusCode: 422 })
    }
  })
  t.equal((await own.ask()).status, 422, 'of the function itself')
})

t.test('an answer that is larger than maxResponseBytes is refused, and its source ends', async t => {
  for (const item of ['12345', '']) {
    const finishes: StreamFinish[] = []
    const source = async function* () {
      for (;;) yield item
    }
    const onFinish = (finish: StreamFinish) => void finishes.push(finish)
    const { ask } = await serveJson(t, source, { onFinish }, { plugin: { maxResponseBytes: 100 } })
    const { status, text } = await ask()
    t.equal(status, 500)
    t.match(JSON.parse(text()), { code: 'FST_SSE_RESPONSE_TOO_LARGE' })
    await until('onFinish', () => finishes.length === 1)
    t.match(finishes, [{ outcome: 'error', reason: 'limit' }])
  }
  const fits = await serveJson(t, ['x'.repeat(98)], {}, { plugin: { maxResponseBytes: 100 } })
  t.equal((await fits.ask()).status, 200, 'the data of the last event counts too')
})

/** A source that waits until it is ended, and says why that was. */
function silent() {
  const state = { isStarted: false, reason: undefined as string | undefined }
  const source: SseSource<unknown> = async function* ({ signal }) {
    yield 'Hello'
    state.isStarted = true
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    state.reason = signal.reason?.reason
  }
  return { state, source }
}

t.test('the source is cancelled when the client leaves, also that of a resumable stream', async t => {
  const finishes: StreamFinish[] = []
  const { state, source } = silent()
  const { url, summaries, log } = await serveJson(t, source, {
    resumable: { onDisconnect: 'continue' },
    onFinish: finish => void finishes.push(finish)
  })
  const client = open(url, { headers: JSON_ONLY })
  await until('the source runs', () => state.isStarted)
  client.leave()
  await until('the summary', () => summaries.length === 1)
  t.match(summaries, [{ outcome: 'aborted' }])
  await until('the source is ended', () => finishes.length === 1 && state.reason)
  t.equal(state.reason, 'left')
  t.match(finishes, [{ outcome: 'aborted', text: 'Hello' }])
  t.equal(log.filter(({ msg }) => msg === 'client left').length, 1)
})

t.test('a client that leaves while the body is made gets none', async t => {
  let give: (body: object) => void = () => {}
  let isAsked = false
  const { url, summaries } = await serveJson(t, answer, {
    json: () =>
      new Promise(resolve => {
        isAsked = true
        give = resolve
      })
  })
  const client = open(url, { headers: JSON_ONLY })
  await until('the body is asked for', () => isAsked)
  client.leave()
  await until('it has left', () => client.ended)
  give({})
  await until('the summary', () => summaries.length === 1)
  t.match(summaries, [{ outcome: 'aborted' }])
})

t.test('a resumable stream gives a body that nobody can follow', async t => {
  const { url } = await serveJson(t, answer, { resumable: true })
  const whole = await fetchAll(url, { headers: JSON_ONLY })
  t.notOk(whole.headers['x-stream-id'])
  t.equal(JSON.parse(whole.text()).text, 'Hello again')
  t.ok((await fetchAll(url)).headers['x-stream-id'])
})

t.test('a HEAD request starts no source, and an open one is closed', async t => {
  let isCancelled = false
  const source = new ReadableStream({
    cancel() {
      isCancelled = true
    }
  })
  const { url, summaries } = await serveJson(t, source as SseSource<unknown>)
  const { status, headers, text } = await fetchAll(url, { method: 'HEAD', headers: JSON_ONLY })
  t.strictSame([status, headers['content-type'], text()], [200, 'application/json; charset=utf-8', ''])
  await until('the summary', () => summaries.length === 1)
  t.match(summaries, [{ outcome: 'skipped' }])
  t.ok(isCancelled)
})

t.test('a server that closes answers 503, and so does one that is closing', async t => {
  const { state, source } = silent()
  const { app, url, summaries } = await serveJson(
    t,
    source,
    {},
    { plugin: { drainTimeout: 100 }, fastify: { return503OnClosing: false } }
  )
  const client = open(url, { headers: JSON_ONLY })
  await until('the source runs', () => state.isStarted)
  await app.close()
  await client.end()
  t.equal(client.status, 503)
  t.match(JSON.parse(client.text()), { code: 'FST_SSE_CLOSING' })
  await until('the source is ended', () => state.reason)
  t.equal(state.reason, 'closing')
  t.match(summaries, [{ outcome: 'closed' }])
})

t.test('the signal of the options ends it', async t => {
  const ends = [
    { reason: new StreamAbort('stopped'), status: 410, code: 'FST_SSE_STREAM_STOPPED', outcome: 'stopped' },
    { reason: new Error('enough'), status: 503, code: 'FST_SSE_STOPPED', outcome: 'error' }
  ]
  for (const { reason, status, code, outcome } of ends) {
    for (const isEarly of [true, false]) {
      const controller = new AbortController()
      const { state, source } = silent()
      if (isEarly) controller.abort(reason)
      const { url, summaries } = await serveJson(t, source, { signal: controller.signal })
      const client = open(url, { headers: JSON_ONLY })
      if (!isEarly) {
        await until('the source runs', () => state.isStarted)
        controller.abort(reason)
      }
      await client.end()
      t.equal(client.status, status)
      t.match(JSON.parse(client.text()), { code })
      await until('the summary', () => summaries.length === 1)
      t.match(summaries, [{ outcome, statusCode: status }])
      t.equal(state.isStarted, !isEarly)
    }
  }
})

t.test('an async handler that does not return it sends it all the same', async t => {
  const { url, log } = await serve(t, app =>
    app.get('/', async (_request, reply) => {
      reply.sseFrom(answer, { json: ({ text }) => ({ text }) })
    })
  )
  t.strictSame(JSON.parse((await fetchAll(url, { headers: JSON_ONLY })).text()), { text: 'Hello again' })
  t.ok(log.some(({ msg }) => msg.includes('does not return its stream')))
})

t.test('a hook that fails makes it an error', async t => {
  const { app, ask, summaries } = await serveJson(t, answer)
  t.ok(app)
  const failing = await serve(t, app => {
    app.addHook('preSerialization', async () => {
      throw Object.assign(new Error('no'), { statusCode: 409 })
    })
    app.get('/', (_request, reply) =>
      reply.sseFrom(answer, { json: ({ text }) => ({ text }), onClose: summary => summaries.push(summary) })
    )
  })
  t.equal((await fetchAll(failing.url, { headers: JSON_ONLY })).status, 409)
  await until('the summary', () => summaries.length === 1)
  t.match(summaries, [{ outcome: 'error', statusCode: 409 }])
  t.equal((await ask()).status, 200)
})

const Body = Type.Object({ text: Type.String(), tokens: Type.Integer() })
const Events = {
  message: Type.String(),
  usage: Type.Object({ tokens: Type.Integer() }),
  done: Type.Object({ finishReason: Type.String() })
}

t.test('a route that declares its events', async t => {
  t.test('checks them, and reads them as a client does', async t => {
    const Tokens = eventStream(Events)
    const { url } = await serve(t, app => {
      app.get('/', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
        reply.sseFrom(
          async function* () {
            yield '42'
            const usage = { tokens: 1, secret: 'undeclared' }
            yield { event: 'usage' as const, data: usage }
            return { finishReason: 'stop' }
          },
          { json: ({ events, result }) => ({ events, result }) }
        )
      )
      app.get('/wrong', { schema: { response: { 200: Tokens } } }, (_request, reply) =>
        reply.sseFrom([{ event: 'usage', data: 'none' }] as never, { end: false, json: () => t.fail() })
      )
    })
    t.strictSame(JSON.parse((await fetchAll(url, { headers: JSON_ONLY })).text()), {
      events: [
        { event: 'message', data: '42' },
        { event: 'usage', data: { tokens: 1 } }
      ],
      result: { finishReason: 'stop' }
    })
    const wrong = await fetchAll(`${url}/wrong`, { headers: JSON_ONLY })
    t.equal(wrong.status, 500)
    t.match(JSON.parse(wrong.text()), { code: 'FST_SSE_EVENT_INVALID' })
  })

  for (const [library, schema] of Object.entries({
    TypeBox: eventStream(Events, { json: Body }),
    zod: eventStream(
      { message: z.string(), usage: z.object({ tokens: z.int() }), done: z.object({ finishReason: z.string() }) },
      { json: z.object({ text: z.string(), tokens: z.int() }), description: 'An answer' }
    )
  })) {
    for (const compilers of ['Fastify', 'zod']) {
      t.test(
        `checks, writes and documents its body: a schema of ${library}, with compilers of ${compilers}`,
        async t => {
          const { app, url } = await serve(t, async app => {
            if (compilers === 'zod') {
              app.setValidatorCompiler(validatorCompiler)
              app.setSerializerCompiler(serializerCompiler)
            }
            await app.register(swagger, {
              openapi: { openapi: '3.1.0', info: { title: 'Chat', version: '1' } },
              ...(compilers === 'zod' && { transform: withEventStreams(jsonSchemaTransform) })
            })
            const source = async function* () {
              yield 'Hello'
              return { finishReason: 'stop' }
            }
            const options = { schema: { response: { 200: schema } } }
            app.get('/', options, (_request, reply) => {
              const body = { text: 'Hello', tokens: 1, secret: 'undeclared' }
              return reply.sseFrom(source, { json: () => body })
            })
            app.get('/wrong', options, (_request, reply) =>
              reply.sseFrom(source, { json: () => ({ text: 'Hello', tokens: 'a secret' }) as never })
            )
            app.get('/missing', options, (_request, reply) => reply.sseFrom(source))
          })
          const whole = await fetchAll(url, { headers: JSON_ONLY })
          t.equal(whole.text(), '{"text":"Hello","tokens":1}')
          const wrong = await fetchAll(`${url}/wrong`, { headers: JSON_ONLY })
          t.equal(wrong.status, 500)
          t.match(
            wrong.text(),
            /FST_SSE_BODY_INVALID.*it is not what the route declares.*at \/tokens, but it is a string/
          )
          t.notMatch(wrong.text(), /a secret/)
          const missing = await fetchAll(`${url}/missing`)
          t.match(JSON.parse(missing.text()), {
            code: 'FST_SSE_OPTION_INVALID',
            message: 'option "json" takes a function on a route whose schema declares a JSON body'
          })
          t.match((await fetchAll(url)).text(), /^data: Hello\n\nevent: done\n/)
          const { paths } = app.swagger() as unknown as { paths: Record<string, { get: { responses: Documented } }> }
          t.match(paths['/']?.get.responses[200].content, {
            'text/event-stream': { schema: { type: 'array' } },
            'application/json': {
              schema: { type: 'object', properties: { text: { type: 'string' }, tokens: { type: 'integer' } } }
            }
          })
        }
      )
    }
  }

  t.test('may have a body of any JSON type', async t => {
    const { url } = await serve(t, app =>
      app.get('/', { schema: { response: { 200: eventStream(Events, { json: Type.String() }) } } }, (_request, reply) =>
        reply.sseFrom(['a', 'b'], { end: false, json: ({ text }) => text })
      )
    )
    t.equal((await fetchAll(url, { headers: JSON_ONLY })).text(), '"ab"')
  })

  t.test('refuses a schema that is none', t => {
    t.throws(() => eventStream(Events, { json: 'none' as never }), {
      code: 'FST_SSE_EVENT_INVALID',
      message: /the schema of the JSON body takes a TypeBox schema/
    })
    t.end()
  })
})

type Documented = Record<200, { content: object }>
