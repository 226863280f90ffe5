import { EventSource } from 'eventsource'
import t, { type Test } from 'tap'
import sseFrom from '../../../plugin/index.js'
import { type Generate, type GenerateRequest, streamRoutes } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { build, serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const hello: Generate = async function* () {
  yield 'Hel'
  yield 'lo\n'
  return { finishReason: 'stop', usage }
}

const withoutIds = (text: string) => text.replace(/^id: .+\n/gm, '')

async function app(t: Test, generate: Generate) {
  const { app, log } = build(t)
  await app.after()
  app.register(streamRoutes, { generate })
  return { app, log }
}

t.test('streams the tokens of a prompt as unnamed events, then how the answer ended', async t => {
  const { url } = await serve(t, app => app.register(streamRoutes, { generate: hello }))
  for (const options of [{}, { body: { prompt: 'hi' } }, { body: { messages: [{ role: 'user', content: 'hi' }] } }]) {
    const client = await fetchAll(`${url}/stream${options.body === undefined ? '?prompt=hi' : ''}`, options)
    t.equal(client.status, 200)
    t.equal(client.headers.vary, 'accept')
    t.equal(
      withoutIds(client.text()),
      'data: Hel\n\ndata: lo\ndata: \n\nevent: done\n' +
        'data: {"finishReason":"stop","usage":{"promptTokens":1,"completionTokens":2,"totalTokens":3}}\n\n'
    )
  }
})

t.test('passes generate the conversation, the signal and the request', async t => {
  const seen: { input: GenerateRequest; url: string; aborted: boolean }[] = []
  const { app: server } = await app(t, async function* (input, { signal, request }) {
    seen.push({ input, url: request.url, aborted: signal.aborted })
    yield* []
    return { finishReason: 'stop' }
  })
  const messages = [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'hello' },
    { role: 'user', content: 'bye' }
  ]
  await server.inject('/stream?prompt=%F0%9F%91%8B')
  await server.inject({ method: 'POST', url: '/stream', body: { prompt: '5' } })
  await server.inject({ method: 'POST', url: '/stream', body: { messages } })
  t.same(seen, [
    { input: { messages: [{ role: 'user', content: '👋' }] }, url: '/stream?prompt=%F0%9F%91%8B', aborted: false },
    { input: { messages: [{ role: 'user', content: '5' }] }, url: '/stream', aborted: false },
    { input: { messages }, url: '/stream', aborted: false }
  ])
})

t.test('sends a client that prefers JSON the same answer as one body', async t => {
  const { app: server } = await app(t, hello)
  const headers = { accept: 'application/json' }
  const answer = { text: 'Hello\n', finishReason: 'stop', usage }
  const get = await server.inject({ url: '/stream?prompt=hi', headers })
  t.equal(get.statusCode, 200)
  t.match(get.headers['content-type'], 'application/json')
  t.same(get.json(), answer)
  const post = await server.inject({ method: 'POST', url: '/stream', body: { prompt: 'hi' }, headers })
  t.same(post.json(), answer)
  const head = await server.inject({ method: 'HEAD', url: '/stream?prompt=hi', headers })
  t.equal(head.statusCode, 200)
  t.match(head.headers['content-type'], 'application/json')
  t.equal(head.headers['content-length'], undefined)
})

t.test('chooses events or JSON by the accept header', async t => {
  const { app: server } = await app(t, hello)
  const typeFor = async (accept: string | undefined) => {
    const response = await server.inject({ url: '/stream?prompt=hi', headers: accept === undefined ? {} : { accept } })
    return response.statusCode === 200 ? response.headers['content-type'] : response.statusCode
  }
  const json = 'application/json; charset=utf-8'
  t.equal(await typeFor(undefined), 'text/event-stream')
  t.equal(await typeFor('*/*'), 'text/event-stream')
  t.equal(await typeFor('text/*'), 'text/event-stream')
  t.equal(await typeFor('text/event-stream'), 'text/event-stream')
  t.equal(await typeFor('text/event-stream, application/json'), 'text/event-stream')
  t.equal(await typeFor('application/json'), json)
  t.equal(await typeFor('application/*'), json)
  t.equal(await typeFor('text/event-stream;q=0.1, application/json'), json)
  t.equal(await typeFor('text/html'), 406)
  t.equal(await typeFor('application/json;q=0'), 406)
  const refused = await server.inject({ url: '/stream?prompt=hi', headers: { accept: 'text/html' } })
  t.match(refused.json(), { code: 'FST_SSE_NOT_ACCEPTABLE', message: /text\/event-stream or application\/json/ })
})

t.test('refuses to be registered without generate', async t => {
  const { app: server } = await app(t, undefined as unknown as Generate)
  await t.rejects(async () => void (await server.ready()), {
    code: 'FST_SSE_OPTION_INVALID',
    message: 'option "generate" takes a function'
  })
})

t.test('accepts a synchronous generator as generate', async t => {
  const { app: server } = await app(t, function* () {
    yield 'a'
    yield 'b'
    return { finishReason: 'stop' }
  })
  const response = await server.inject({ url: '/stream?prompt=hi', headers: { accept: 'application/json' } })
  t.same(response.json(), { text: 'ab', finishReason: 'stop' })
})

t.test('adds to the vary header of a hook', async t => {
  const { app: server } = await app(t, hello)
  server.addHook('onRequest', async (_request, reply) => {
    reply.header('vary', 'Origin')
  })
  t.equal((await server.inject('/stream?prompt=hi')).headers.vary, 'Origin, accept')
})

for (const accept of ['text/event-stream', 'application/json']) {
  const headers = { accept }

  t.test(`answers a provider's error with its status, for ${accept}`, async t => {
    const { app: server } = await app(t, () => {
      throw Object.assign(new Error('slow down'), { status: 429 })
    })
    const response = await server.inject({ url: '/stream?prompt=hi', headers })
    t.equal(response.statusCode, 429)
    t.match(response.json(), { statusCode: 429, error: 'Too Many Requests', message: 'slow down' })
  })

  t.test(`never passes off a broken answer as complete, for ${accept}`, async t => {
    const broken: Record<string, Generate> = {
      'no finish reason': async function* () {
        yield 'a'
      } as unknown as Generate,
      'a token that is not a string': async function* () {
        yield 'a'
        yield 5
        return { finishReason: 'stop' }
      } as unknown as Generate,
      'a failure midway': async function* () {
        yield 'a'
        throw new Error('midway')
      }
    }
    for (const [name, generate] of Object.entries(broken)) {
      const { app: server } = await app(t, generate)
      const response = await server.inject({ url: '/stream?prompt=hi', headers })
      if (accept === 'application/json') t.equal(response.statusCode, 500, name)
      else t.match(withoutIds(response.body), /^data: a\n\nevent: error\n/, name)
      t.notMatch(response.body, 'finishReason"')
    }
  })

  t.test(`cancels generate when the client leaves, for ${accept}`, async t => {
    for (const method of ['GET', 'POST']) {
      const signals: AbortSignal[] = []
      let calls = 0
      const { url, log } = await serve(t, app =>
        app.register(streamRoutes, {
          resumable: { onDisconnect: 'abort' },
          generate: (_input, { signal }) => {
            signals.push(signal)
            const tokens = ['a', 'b']
            return {
              [Symbol.asyncIterator]: () => ({
                next: () => {
                  calls++
                  const value = tokens.shift()
                  if (value !== undefined) return Promise.resolve({ done: false, value })
                  return new Promise<never>((_resolve, reject) =>
                    signal.addEventListener('abort', () => reject(signal.reason))
                  )
                }
              })
            }
          }
        })
      )
      const client =
        method === 'GET'
          ? open(`${url}/stream?prompt=hi`, { headers })
          : open(`${url}/stream`, { headers, body: { prompt: 'hi' } })
      await until('the source waits for its third token', () => calls === 3)
      client.leave()
      await until('the signal is aborted', () => signals[0]?.aborted)
      await until('the log says so', () => log.some(({ msg }) => /client left|closed prematurely/.test(msg)))
      t.same(
        log.filter(({ level }) => level > 30),
        []
      )
    }
  })

  t.test(`does not wait for a silent provider when the server closes, for ${accept}`, async t => {
    let signal: AbortSignal | undefined
    const { app: server, url } = await serve(
      t,
      app =>
        app.register(streamRoutes, {
          generate: (_input, context) => {
            signal = context.signal
            return new Promise(() => {})
          }
        }),
      { plugin: { drainTimeout: 50 } }
    )
    const client = open(`${url}/stream?prompt=hi`, { headers })
    await until('generate was called', () => signal)
    await server.close()
    await client.end()
    t.ok(signal?.aborted)
    if (accept === 'application/json') t.match(JSON.parse(client.text()), { code: 'FST_SSE_CLOSING' })
    else t.equal(client.ended, 'broken')
  })
}

t.test('stops EventSource after the end without a second call of generate', async t => {
  let calls = 0
  const statuses: number[] = []
  const { url } = await serve(
    t,
    app => {
      app.addHook('onResponse', async (_request, reply) => {
        statuses.push(reply.statusCode)
      })
      app.register(streamRoutes, {
        generate: async function* () {
          calls++
          yield 'token'
          return { finishReason: 'stop' }
        }
      })
    },
    { plugin: { retry: 1 } }
  )
  const source = new EventSource(`${url}/stream?prompt=hi`)
  t.teardown(() => source.close())
  await until('EventSource has given up', () => source.readyState === EventSource.CLOSED)
  t.same(statuses, [200, 204])
  t.equal(calls, 1)
})

t.test('registers the plugin if the app has not, and accepts a prefix', async t => {
  const { default: Fastify } = await import('fastify')
  const alone = Fastify()
  t.teardown(() => alone.close())
  alone.register(streamRoutes, { generate: hello, prefix: '/v1' })
  t.match((await alone.inject('/v1/stream?prompt=hi')).body, 'data: Hel')
  const after = Fastify()
  t.teardown(() => after.close())
  after.register(streamRoutes, { generate: hello })
  after.register(sseFrom)
  t.match((await after.inject('/stream?prompt=hi')).body, 'data: Hel')
})
