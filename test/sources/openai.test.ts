import { getEventListeners } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { type Finish, type StreamRoutesOptions, streamRoutes } from '../../routes/index.js'
import { buildApp } from '../../server/app.js'
import { readEnvironment } from '../../server/environment.js'
import { type OpenAiOptions, openAiSource } from '../../sources/openai.js'
import { fetchAll, open } from '../helpers/client.js'
import { openAiServer, type ProviderCall } from '../helpers/openai-server.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

async function serveWith(t: Test, variables: Record<string, string>) {
  const app = await buildApp(readEnvironment({ LOG_LEVEL: 'silent', ...variables }))
  t.teardown(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

async function proxy(t: Test, answer: (call: ProviderCall) => unknown) {
  const provider = await openAiServer(t, answer)
  const url = await serveWith(t, { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'sk-secret', OPENAI_MODEL: 'small' })
  return { provider, url }
}

/** A stream route over the source itself, for what the environment does not set. */
function serveSource(t: Test, options: Partial<OpenAiOptions>, resumable?: StreamRoutesOptions['resumable']) {
  const generate = openAiSource({ model: 'small', ...options })
  return serve(t, app => app.register(streamRoutes, { generate, resumable }))
}

/** The answer of the source as whoever reads it has it. */
function ask(options: Partial<OpenAiOptions>, signal = new AbortController().signal) {
  const context = { signal, request: {} as FastifyRequest }
  const messages = [{ role: 'user' as const, content: 'hi' }]
  return openAiSource({ model: 'small', ...options })({ messages }, context) as AsyncGenerator<string, Finish>
}

/** An answer and how it ended. What has come of it so far is in `tokens`. */
async function whole(answer: AsyncGenerator<string, Finish>, tokens: string[] = []) {
  for (;;) {
    const { done, value } = await answer.next()
    if (done) return { tokens, ...value }
    tokens.push(value)
  }
}

/** Takes connections and says nothing on them. */
async function muteServer(t: Test) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => sockets.add(socket.on('error', () => {})))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { sockets, port: (server.address() as AddressInfo).port }
}

type Dispatcher = NonNullable<RequestInit['dispatcher']>

/** Has fetch send its requests with what `make` makes of what it sends them with by default. */
function dispatchWith(t: Test, make: (own: Dispatcher) => Dispatcher) {
  // The first use of one of fetch's classes is what puts the dispatcher there, by one name or by two.
  new Headers()
  const names = [1, 2].map(version => Symbol.for(`undici.globalDispatcher.${version}`))
  const owns = names.filter(name => name in globalThis).map(name => [name, Reflect.get(globalThis, name)] as const)
  const made = make(owns.at(-1)?.[1])
  for (const [name] of owns) Reflect.set(globalThis, name, made)
  t.teardown(() => {
    for (const [name, own] of owns) Reflect.set(globalThis, name, own)
  })
}

/** Fetch with other limits than the 300 s, or 10 s to connect, that it comes with. */
function limit(t: Test, limits: { headersTimeout?: number; bodyTimeout?: number; connect?: { timeout: number } }) {
  dispatchWith(t, own => new (own.constructor as new (options: object) => Dispatcher)(limits))
}

const chunkOf = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
const STOP = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\n`
const DONE = 'data: [DONE]\n\n'

t.test('streams the tokens of an OpenAI-compatible server', async t => {
  const { provider, url } = await proxy(t, call => {
    for (const token of ['Hel', 'lo', '\n', '👋']) call.token(token)
    call.finish('length')
  })
  const messages = [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'hi' }
  ]
  const client = await fetchAll(`${url}/stream`, { body: { messages } })
  t.same(
    client.events().map(({ data }) => data),
    [
      'Hel',
      'lo',
      '\n',
      '👋',
      '{"finishReason":"length","usage":{"promptTokens":3,"completionTokens":2,"totalTokens":5}}'
    ]
  )
  t.match(provider.calls[0], {
    method: 'POST',
    url: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-secret', accept: 'text/event-stream', 'content-type': 'application/json' }
  })
  t.same(provider.calls[0]?.body, { model: 'small', messages, stream: true, stream_options: { include_usage: true } })
})

t.test('takes a base URL with a slash at its end, and asks OpenAI without one', async t => {
  const provider = await openAiServer(t, call => call.finish())
  await whole(ask({ baseURL: `${provider.url}/` }))
  t.equal(provider.calls[0]?.url, '/v1/chat/completions')
  const urls: string[] = []
  dispatchWith(t, own =>
    Object.assign(Object.create(own), {
      dispatch({ origin, path }: { origin: string; path: string }) {
        urls.push(origin + path)
        throw new Error('not in a test')
      }
    })
  )
  await t.rejects(whole(ask({})), { code: 'FST_SSE_PROVIDER_LOST' })
  t.same(urls, ['https://api.openai.com/v1/chat/completions'])
})

t.test('takes an answer without usage, and a server without a key', async t => {
  const provider = await openAiServer(t, ({ response }) => {
    const choice = { index: 0, delta: { content: 'a' }, finish_reason: 'stop' }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`data: ${JSON.stringify({ choices: [choice] })}\n\ndata: [DONE]\n\n`)
  })
  const url = await serveWith(t, { OPENAI_BASE_URL: provider.url })
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.same(
    client.events().map(({ data }) => data),
    ['a', '{"finishReason":"stop"}']
  )
})

for (const stage of ['thinking', 'streaming']) {
  t.test(`closes the connection to the provider when a client leaves while it is ${stage}`, async t => {
    const provider = await openAiServer(t, call => {
      if (stage === 'streaming') call.token('token')
    })
    const { url } = await serveSource(t, { baseURL: provider.url }, { onDisconnect: 'abort' })
    const client = open(`${url}/stream?prompt=hi`)
    await until('the provider is asked', () => provider.calls.length)
    if (stage === 'streaming') await client.has('token')
    t.notOk(provider.calls[0]?.closed)
    client.leave()
    await until('the connection is closed', () => provider.calls[0]?.closed)
    t.pass()
  })
}

t.test("answers with the provider's status and nothing of its words", async t => {
  for (const [status, message] of [
    [401, 'it does not accept the key of this server'],
    [403, 'it does not let this server use the model'],
    [404, 'it does not know the model'],
    [429, 'too many requests, try again later'],
    [400, 'see the log'],
    [503, 'see the log']
  ] as const) {
    const { provider, url } = await proxy(t, ({ response }) => {
      const retryAfter = status === 429 || status === 503 ? { 'retry-after': '7' } : {}
      response.writeHead(status, { 'content-type': 'application/json', ...retryAfter })
      response.end(JSON.stringify({ error: { message: 'Incorrect API key provided: sk-secret', code: 'invalid_key' } }))
    })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, status)
    t.match(JSON.parse(client.text()), {
      statusCode: status,
      code: 'FST_SSE_PROVIDER_REFUSED',
      message: `the model provider answered with status ${status}: ${message}`
    })
    t.equal(client.headers['retry-after'], status === 429 || status === 503 ? '7' : undefined)
    t.notMatch(client.text(), 'sk-secret')
    t.equal(provider.calls.length, 1, 'it is asked once')
  }
})

t.test('sends an error event when the provider breaks off midway, or ends too early', async t => {
  const breaks: ((call: ProviderCall) => void)[] = [
    ({ response }) => response.destroy(),
    ({ response }) => response.end(),
    ({ response }) => response.end('data: [DONE]\n\n'),
    ({ response }) => response.end('data: {"error":{"message":"sk-secret overloaded"}}\n\n'),
    ({ response }) => response.end('data: {not json\n\n')
  ]
  for (const fail of breaks) {
    const { url } = await proxy(t, async call => {
      call.token('half')
      await until('the client has the first token', () => client.text().includes('half'))
      fail(call)
    })
    const client = open(`${url}/stream?prompt=hi`)
    await client.end()
    t.equal(client.ended, 'clean')
    t.same(
      client.events().map(({ event, data }) => [event, event === 'error' ? JSON.parse(data) : data]),
      [
        [undefined, 'half'],
        ['error', { statusCode: 502, code: 'FST_SSE_PROVIDER_LOST', message: 'Bad Gateway' }]
      ]
    )
  }
})

t.test('answers 502 where no provider listens', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  const url = await serveWith(t, { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` })
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.equal(client.status, 502)
  t.match(JSON.parse(client.text()), { code: 'FST_SSE_PROVIDER_LOST' })
})

t.test('answers 502 where the provider does not begin its answer in time', async t => {
  const provider = await openAiServer(t, () => {})
  const { url } = await serveSource(t, { baseURL: provider.url, timeout: 20 })
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.equal(client.status, 502)
  t.match(JSON.parse(client.text()), { message: 'the model provider did not answer in time' })
})

t.test('takes what servers send that are only nearly compatible', async t => {
  const chunks: Record<string, [object[], unknown[]]> = {
    'usage that is not complete': [
      [
        { choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] },
        { choices: [], usage: { prompt_tokens: 1, completion_tokens: null } }
      ],
      ['a', { finishReason: 'stop' }]
    ],
    'chunks without choices or delta': [
      [{}, { choices: [{ content_filter: {} }] }, { choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] }],
      ['a', { finishReason: 'stop' }]
    ],
    'an empty finish reason': [
      [{ choices: [{ delta: { content: 'a' }, finish_reason: '' }] }],
      ['a', { statusCode: 502, code: 'FST_SSE_PROVIDER_LOST', message: 'Bad Gateway' }]
    ],
    'a refusal': [
      [{ choices: [{ delta: { refusal: 'no' } }] }, { choices: [{ delta: {}, finish_reason: 'stop' }] }],
      ['no', { finishReason: 'stop' }]
    ]
  }
  for (const [name, [sent, expected]] of Object.entries(chunks)) {
    const { url } = await proxy(t, ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`${sent.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`)
    })
    const { events } = await fetchAll(`${url}/stream?prompt=hi`)
    t.same(
      events().map(({ event, data }) => (event === undefined ? data : JSON.parse(data))),
      expected,
      name
    )
  }
})

t.test('answers with the status of an error that the provider sends in a response of status 200', async t => {
  for (const [code, status] of [
    [429, 429],
    [304, 502],
    [600, 502],
    ['overloaded', 502]
  ] as const) {
    const { url } = await proxy(t, ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`data: {"error":{"message":"sk-secret","code":${JSON.stringify(code)}}}\n\n`)
    })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, status)
    t.notMatch(client.text(), 'sk-secret')
  }
})

t.test('answers 502 where the provider does not answer with events', async t => {
  for (const [status, type, body] of [
    [200, 'text/html', '<!doctype html>sk-secret'],
    [200, 'application/json', '{"choices":[{"message":{"content":"sk-secret"},"finish_reason":"stop"}]}'],
    [200, 'text/event-streams', chunkOf('sk-secret') + STOP],
    [200, undefined, chunkOf('sk-secret') + STOP],
    [204, 'text/event-stream', '']
  ] as const) {
    const provider = await openAiServer(t, ({ response }) => {
      response.writeHead(status, type && { 'content-type': type })
      response.end(body)
    })
    const { url, log } = await serveSource(t, { baseURL: provider.url, apiKey: 'sk-secret' })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, 502)
    t.match(JSON.parse(client.text()), {
      code: 'FST_SSE_PROVIDER_LOST',
      message: 'the model provider did not answer with events'
    })
    const words = body.replace('sk-secret', '[key]')
    t.ok(
      log.some(({ err }) => err?.message.endsWith(`: status ${status}, content-type ${type ?? null}: ${words}`)),
      'the log says what came instead'
    )
  }
})

t.test('takes events whatever else their content type says', async t => {
  for (const type of [
    'text/event-stream; charset=utf-8',
    'text/event-stream;charset=UTF-8',
    'Text/Event-Stream ;a=b'
  ]) {
    const provider = await openAiServer(t, ({ response }) => {
      response.writeHead(200, { 'content-type': type })
      response.end(chunkOf('a') + STOP)
    })
    t.same(await whole(ask({ baseURL: provider.url })), { tokens: ['a'], finishReason: 'stop' })
  }
})

t.test('passes on the tokens that came with what went wrong', async t => {
  const ends: Record<string, [string, RegExp]> = {
    'what is not JSON': ['data: {not json, sk-secret\n\n', /sent an event that is not JSON: \{not json, \[key\]$/],
    'an error': [
      'data: {"error":{"message":"sk-secret timed out"}}\n\n',
      /broke off with an error: \{"message":"\[key\] timed out"\}$/
    ],
    'an error that is a text': ['data: {"error":"sk-secret"}\n\n', /broke off with an error: "\[key\]"$/],
    'an error with a status': [
      'data: {"error":{"message":"sk-secret","code":429}}\n\n',
      /answered with status 429: .*: \{"message":"\[key\]","code":429\}$/
    ]
  }
  for (const [name, [end, logged]] of Object.entries(ends)) {
    const provider = await openAiServer(t, ({ write, response }) => {
      write(chunkOf('a') + chunkOf('b') + end + chunkOf('c'))
      response.end()
    })
    const { url, log } = await serveSource(t, { baseURL: provider.url, apiKey: 'sk-secret' })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.same(
      client.events().map(({ event, data }) => event ?? data),
      ['a', 'b', 'error'],
      name
    )
    t.notMatch(client.text(), 'sk-secret')
    t.ok(
      log.some(({ err }) => err && logged.test(err.message)),
      'the log has the words of the provider'
    )
    t.notMatch(JSON.stringify(log), 'sk-secret')
  }
})

t.test('logs what the provider says of its refusal, but no key and not more than is of use', async t => {
  const bodies: Record<string, [(call: ProviderCall) => void, string]> = {
    whole: [({ response }) => response.end('no such key: sk-secret'), 'no such key: [key]'],
    'without an end': [
      ({ response }) => {
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(1000)));
        }
        response.on('drain', more)
        more()
      },
      'x'.repeat(1900)
    ],
    'that breaks off': [
      async ({ response }) => {
        response.write('half')
        await until('it is sent', () => response.writableLength === 0)
        response.destroy()
      },
      ''
    ],
    'that stalls': [({ response }) => response.write('half'), 'half']
  }
  for (const [name, [send, words]] of Object.entries(bodies)) {
    const provider = await openAiServer(t, call => {
      call.response.writeHead(401, { 'content-type': 'text/plain' })
      call.response.flushHeaders()
      return send(call)
    })
    const options = { baseURL: provider.url, apiKey: 'sk-secret', timeout: name === 'that stalls' ? 200 : 60_000 }
    const { url, log } = await serveSource(t, options)
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, 401, `an answer to a body ${name}`)
    const message = log.map(({ err }) => err?.message).find(text => text !== undefined) ?? ''
    t.match(message, `not accept the key of this server: status 401, content-type text/plain: ${words}`)
    t.ok(message.length < 2200)
    t.notMatch(JSON.stringify(log), 'sk-secret')
    await until('the connection is closed, or the response ended', () => provider.calls[0]?.closed)
  }
})

t.test('refuses a key that fetch would repeat in its error', async t => {
  for (const apiKey of ['sk-secret\n', 'sk secret', 'sk-sécret']) {
    const error = t.throws(() => openAiSource({ model: 'small', apiKey }), { code: 'FST_SSE_OPTION_INVALID' })
    t.notMatch(error, /secret|sécret/)
  }
})

t.test('decodes characters and lines that arrive in pieces', async t => {
  const text = '👋 ¡hé\u2028!'
  const tokens: string[] = []
  for (const end of ['\n', '\r\n']) {
    const event = Buffer.from(chunkOf(text).replaceAll('\n', end))
    tokens.length = 0
    const provider = await openAiServer(t, async ({ write, response }) => {
      for (let at = 1; at < event.length; at++) {
        write(Buffer.concat([Buffer.from(chunkOf(`${at}`)), event.subarray(0, at)]))
        await until('the first piece is read', () => tokens.at(-1) === `${at}`)
        write(event.subarray(at))
        await until('the second piece is read', () => tokens.at(-1) === text)
      }
      response.end(STOP)
    })
    t.equal((await whole(ask({ baseURL: provider.url }), tokens)).finishReason, 'stop')
    t.equal(tokens.length, 2 * (event.length - 1))
  }
})

t.test('takes many events that arrive together, and says nothing that comes behind the mark of the end', async t => {
  const tokens = Array.from({ length: 500 }, (_, index) => `token ${index}`)
  const provider = await openAiServer(t, ({ write, response }) => {
    write([': a comment\n\ndata: null\n\n', ...tokens.map(chunkOf), STOP, DONE, chunkOf('late')].join(''))
    response.end()
  })
  t.same(await whole(ask({ baseURL: provider.url })), { tokens, finishReason: 'stop' })
})

t.test('tells what an answer without a key broke off with', async t => {
  const provider = await openAiServer(t, ({ response, write }) => {
    write('data: {not json\n\n')
    response.end()
  })
  await t.rejects(whole(ask({ baseURL: provider.url })), { cause: { message: '{not json' } })
  t.equal(provider.calls[0]?.headers.authorization, 'Bearer none')
})

t.test('ends where the mark of the end is missing but the reason is not', async t => {
  const provider = await openAiServer(t, ({ write, response }) => {
    write(chunkOf('a') + STOP)
    response.end()
  })
  t.same(await whole(ask({ baseURL: provider.url })), { tokens: ['a'], finishReason: 'stop' })
})

t.test('ends at the mark of the end, whatever the connection does then', async t => {
  for (const after of ['stays open', 'breaks']) {
    const provider = await openAiServer(t, async ({ write, response }) => {
      write(chunkOf('a') + STOP + DONE)
      await until('it is sent', () => response.writableLength === 0)
      if (after === 'breaks') response.destroy()
    })
    t.same(await whole(ask({ baseURL: provider.url })), { tokens: ['a'], finishReason: 'stop' }, `it ${after}`)
    await until('the connection is closed', () => provider.calls[0]?.closed)
  }
})

t.test('asks again over the same connection, also where the end comes after the mark', async t => {
  const tokens: string[] = []
  const provider = await openAiServer(t, async ({ write, response }) => {
    write(chunkOf('a') + STOP + DONE)
    await until('the reader is at the mark', () => tokens.includes('a'))
    response.end(': bye\n\n')
  })
  for (let count = 0; count < 10; count++) {
    tokens.length = 0
    await whole(ask({ baseURL: provider.url }), tokens)
  }
  t.equal(provider.calls.length, 10)
  // Fetch opens a second one where the first has not yet noticed that it is free.
  t.ok(new Set(provider.calls.map(({ port }) => port)).size <= 2)
})

t.test('asks nothing for a client that has left already', async t => {
  const provider = await openAiServer(t, call => call.finish())
  const reason = new Error('left')
  await t.rejects(whole(ask({ baseURL: provider.url }, AbortSignal.abort(reason))), reason)
  await whole(ask({ baseURL: provider.url }))
  t.equal(provider.calls.length, 1)
})

t.test('ends at once when it is aborted while connecting', async t => {
  const { sockets, port } = await muteServer(t)
  const client = new AbortController()
  const first = ask({ baseURL: `https://127.0.0.1:${port}` }, client.signal).next()
  await until('it connects', () => sockets.size)
  const reason = new Error('left')
  client.abort(reason)
  await t.rejects(first, reason)
})

t.test('closes the connection at once when it is aborted while the provider stalls', async t => {
  for (const stage of ['before the head', 'after the head', 'after a token']) {
    const provider = await openAiServer(t, ({ response, write }) => {
      if (stage === 'before the head') return
      write(': one moment\n\n')
      if (stage === 'after a token') response.write(chunkOf('a'))
    })
    const client = new AbortController()
    const answer = ask({ baseURL: provider.url }, client.signal)
    if (stage === 'after a token') t.equal((await answer.next()).value, 'a')
    const next = answer.next()
    await until('it is asked', () => provider.calls.length)
    t.notOk(provider.calls[0]?.closed)
    const reason = new Error('left')
    client.abort(reason)
    await t.rejects(next, reason, stage)
    await until('the connection is closed', () => provider.calls[0]?.closed)
  }
})

/** A provider that sends tokens as long as it is connected. */
function endlessProvider(t: Test) {
  return openAiServer(t, call => until('the connection is closed', () => call.closed || call.token('token')))
}

t.test('closes the connection when it is aborted while tokens flow', async t => {
  const provider = await endlessProvider(t)
  const client = new AbortController()
  const answer = ask({ baseURL: provider.url }, client.signal)
  for (let count = 0; count < 3; count++) t.equal((await answer.next()).value, 'token')
  const reason = new Error('left')
  client.abort(reason)
  await t.rejects(whole(answer), reason)
  await until('the connection is closed', () => provider.calls[0]?.closed)
})

t.test('closes the connection when its reader returns between two tokens', async t => {
  const provider = await endlessProvider(t)
  const answer = ask({ baseURL: provider.url })
  for (let count = 0; count < 3; count++) t.equal((await answer.next()).value, 'token')
  t.notOk(provider.calls[0]?.closed)
  await answer.return({ finishReason: 'left' })
  await until('the connection is closed', () => provider.calls[0]?.closed)
})

t.test('leaves nothing behind on a signal that outlives the answer', async t => {
  const provider = await openAiServer(t, call => call.finish())
  const { signal } = new AbortController()
  const answer = ask({ baseURL: provider.url }, signal)
  const first = answer.next()
  t.equal(getEventListeners(signal, 'abort').length, 1)
  await first
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('cuts no answer that has begun in time, however long it takes', async t => {
  const timeout = 100
  let isOver = false
  const provider = await openAiServer(t, async call => {
    if (provider.calls.length === 2) return
    call.write(': one moment\n\n')
    await until('another answer was given up', () => isOver)
    for (const token of ['a', 'b']) call.token(token)
    call.finish()
  })
  const long = whole(ask({ baseURL: provider.url, timeout }))
  await until('it has begun', () => provider.calls[0]?.response.headersSent)
  const stalled = whole(ask({ baseURL: provider.url, timeout: timeout * 2 }))
  await t.rejects(stalled, { code: 'FST_SSE_PROVIDER_LOST', message: 'the model provider did not answer in time' })
  isOver = true
  t.match(await long, { tokens: ['a', 'b'], finishReason: 'stop' })
})

t.test('waits for as long as it is told to, not for as long as fetch does', async t => {
  limit(t, { headersTimeout: 50, bodyTimeout: 50 })
  for (const stage of ['head', 'body']) {
    let isOver = false
    const provider = await openAiServer(t, async call => {
      if (stage === 'body') call.write(': one moment\n\n')
      await until('fetch has given up', () => isOver)
      call.token('a')
      call.finish()
    })
    const answer = whole(ask({ baseURL: provider.url }))
    await until('it is asked', () => provider.calls.length)
    const plain = fetch(provider.url, { method: 'POST', body: '{}' }).then(response => response.text())
    await t.rejects(plain, { cause: { code: `UND_ERR_${stage === 'head' ? 'HEADERS' : 'BODY'}_TIMEOUT` } })
    isOver = true
    t.match(await answer, { tokens: ['a'], finishReason: 'stop' })
  }
})

t.test('says that it was not in time where connecting takes too long', async t => {
  limit(t, { connect: { timeout: 50 } })
  const { port } = await muteServer(t)
  await t.rejects(whole(ask({ baseURL: `https://127.0.0.1:${port}` })), {
    code: 'FST_SSE_PROVIDER_LOST',
    message: 'the model provider did not answer in time',
    cause: { cause: { code: 'UND_ERR_CONNECT_TIMEOUT' } }
  })
})
