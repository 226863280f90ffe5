import t from 'tap'
import { type OpenAiOptions, openAiSource } from '../../../sources/index.js'
import { fetchAll } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { ask, dispatchWith, replier, serveSource, serveWith, whole } from './harness.js'

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

t.test('refuses a key that fetch would repeat in its error', async t => {
  for (const apiKey of ['sk-secret\n', 'sk secret', 'sk-sécret']) {
    const error = t.throws(() => openAiSource({ model: 'small', apiKey }), { code: 'FST_SSE_OPTION_INVALID' })
    t.notMatch(error, /secret|sécret/)
  }
})

t.test('the address: the query is kept, and the full endpoint is taken', async t => {
  const provider = await openAiServer(t, call => call.finish())
  const origin = provider.url.replace('/v1', '')
  const addresses: [baseURL: string, asked: string][] = [
    ['/v1', '/v1/chat/completions'],
    ['/v1/', '/v1/chat/completions'],
    ['/v1//', '/v1/chat/completions'],
    ['/v1?api-version=preview', '/v1/chat/completions?api-version=preview'],
    ['/v1/?a=1&b=/v2', '/v1/chat/completions?a=1&b=/v2'],
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/v1/chat/completions/', '/v1/chat/completions'],
    [
      '/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
      '/deployments/gpt-4o/chat/completions?api-version=2024-10-21'
    ],
    ['/v1#fragment', '/v1/chat/completions'],
    ['', '/chat/completions'],
    ['/', '/chat/completions'],
    ['/a%20b', '/a%20b/chat/completions']
  ]
  for (const [path, asked] of addresses) {
    await whole(ask({ baseURL: origin + path }))
    t.equal(provider.calls.at(-1)?.url, asked)
  }
})

t.test('the address: one that cannot be asked is refused, and not shown', async t => {
  for (const baseURL of [
    '',
    'localhost:11434',
    '/v1',
    'ftp://localhost/v1',
    'http://',
    'http://me:sk-secret@localhost/v1',
    'http://sk-secret@localhost'
  ]) {
    const error = t.throws(() => openAiSource({ model: 'small', baseURL }), {
      code: 'FST_SSE_OPTION_INVALID',
      message: 'option "baseURL" takes an http or https URL without a user name or password'
    })
    t.notMatch(error, 'sk-secret')
  }
})

t.test('the address: the other options are checked too', t => {
  const options: [object, string][] = [
    [{ model: '' }, 'model'],
    [{ model: 7 }, 'model'],
    [{ timeout: 0 }, 'timeout'],
    [{ timeout: 1.5 }, 'timeout'],
    [{ timeout: 2 ** 31 }, 'timeout'],
    [{ timeout: '1' }, 'timeout'],
    [{ includeUsage: 1 }, 'includeUsage']
  ]
  for (const [given, name] of options) {
    t.throws(() => openAiSource({ model: 'small', ...given } as OpenAiOptions), { message: `option "${name}" takes ` })
  }
  t.type(openAiSource({ model: 'small', timeout: 2 ** 31 - 1, includeUsage: true }), 'function')
  t.end()
})

t.test('the address: a wrong one is told from a wrong model, and the log says what was asked where', async t => {
  const wrong = 'it has no chat completions at this address; most base URLs end in /v1, the log has the address'
  const model = 'it does not know the model'
  const replies: [status: number, type: string, body: string, hint: string][] = [
    [404, 'text/plain', '404 page not found', wrong],
    [404, 'text/html', '<pre>Cannot POST /chat/completions</pre>', wrong],
    [404, 'application/json', '{"detail":"Not Found"}', wrong],
    [404, 'application/json', '{"message":"Route POST:/chat/completions not found","error":"Not Found"}', wrong],
    [404, 'application/json', '{"error":{"code":"404","message":"Resource not found"}}', wrong],
    [404, 'application/json', '{"error":{"message":"Invalid URL (POST /chat/completions)"}}', wrong],
    [404, 'application/json', '{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}', wrong],
    [404, 'text/plain', '', wrong],
    [405, 'application/json', '{"detail":"Method Not Allowed"}', wrong],
    [404, 'application/json', '{"error":{"message":"model \\"small\\" not found, try pulling it first"}}', model],
    [404, 'application/json', '{"object":"error","message":"The model `small` does not exist.","code":404}', model]
  ]
  for (const [status, type, body, hint] of replies) {
    const provider = await openAiServer(t, ({ response }) =>
      response.writeHead(status, { 'content-type': type }).end(body)
    )
    const origin = provider.url.replace('/v1', '')
    const { url, log } = await serveSource(t, { baseURL: `${origin}?key=sk-query`, apiKey: 'sk-secret' })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, status)
    t.equal(JSON.parse(client.text()).message, `the model provider answered with status ${status}: ${hint}`, body)
    t.notMatch(client.text(), origin)
    const said = `: POST ${origin}/chat/completions: status ${status}, content-type ${type}: ${body}`
    t.ok(
      log.some(({ err }) => err?.message.endsWith(said)),
      'the log has the address'
    )
    t.notMatch(JSON.stringify(log), /sk-query|sk-secret/)
  }
})

t.test('the address: a page in place of an answer says where it was', async t => {
  const reply = await replier(t)
  const { error } = await reply({ type: 'text/html', body: '<title>Open WebUI</title>' })
  t.match(error, {
    message: 'the model provider did not answer with events',
    words: `POST ${reply.url}/chat/completions: status 200, content-type text/html: <title>Open WebUI</title>`
  })
})
