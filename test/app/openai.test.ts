import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { buildApp } from '../../app.js'
import { readEnvironment } from '../../environment.js'
import { streamRoutes } from '../../routes/index.js'
import { openAiSource } from '../../sources/openai.js'
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
  t.match(provider.calls[0]?.body, { model: 'small', stream: true, messages })
  t.equal(provider.calls[0]?.headers.authorization, 'Bearer sk-secret')
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
    const { provider, url } = await proxy(t, call => {
      if (stage === 'streaming') call.token('token')
    })
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
  const { url } = await serve(t, app =>
    app.register(streamRoutes, { generate: openAiSource({ baseURL: provider.url, model: 'small', timeout: 20 }) })
  )
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
