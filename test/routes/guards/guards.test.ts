import { networkInterfaces } from 'node:os'
import Anthropic from '@anthropic-ai/sdk'
import Fastify, { type FastifyInstance, type onRequestHookHandler } from 'fastify'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import {
  anthropicRoutes,
  apiKeyGuard,
  type Generate,
  hostGuard,
  openAiRoutes,
  originGuard,
  streamRoutes
} from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'

const calls: string[] = []
const generate: Generate = async function* ({ messages }) {
  calls.push(String(messages[0]?.content))
  yield 'hi'
  return { finishReason: 'stop' }
}

/** The ready routes behind a hook. */
async function guarded(t: Test, hook: onRequestHookHandler): Promise<FastifyInstance> {
  calls.length = 0
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRequest', hook)
  await app.register(streamRoutes, { generate })
  await app.register(openAiRoutes, { generate, models: ['a'] })
  await app.register(anthropicRoutes, { generate })
  return app
}

const CHAT = { model: 'a', messages: [{ role: 'user', content: 'hi' }] }

/** A request to each route. */
const requests = [
  { url: '/stream?prompt=hi' },
  { url: '/stream?prompt=hi', headers: { accept: 'application/json' } },
  { method: 'HEAD', url: '/stream?prompt=hi' },
  { method: 'POST', url: '/stream', body: { prompt: 'hi' } },
  { method: 'POST', url: '/stream', body: 'not even JSON', headers: { 'content-type': 'application/json' } },
  { url: '/stream/some-id' },
  { method: 'DELETE', url: '/stream/some-id' },
  { url: '/v1/models' },
  { url: '/v1/models/a' },
  { method: 'POST', url: '/v1/chat/completions', body: CHAT },
  { method: 'POST', url: '/v1/chat/completions', body: { ...CHAT, stream: true } }
] as const

/** Asks every route with some headers. @returns the statuses */
async function statuses(app: FastifyInstance, headers: Record<string, string>): Promise<number[]> {
  const all: number[] = []
  for (const request of requests) {
    const own = 'headers' in request ? request.headers : {}
    const response = await app.inject({ ...(request as object), headers: { ...headers, ...own } })
    all.push(response.statusCode)
    if (response.statusCode >= 400 && request.url.startsWith('/v1')) t.type(response.json().error.message, 'string')
  }
  return [...new Set(all)].sort()
}

const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux)', 'accept-language': 'en' }
const OWN = { host: 'chat.example.com:3000' }

t.test('originGuard refuses what pages of other sites send, on every route', async t => {
  const app = await guarded(t, originGuard())
  const foreign: Record<string, Record<string, string>> = {
    'an image, a script, a link': { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    'a page of a sibling': { 'sec-fetch-site': 'same-site', origin: 'https://www.example.com' },
    'a value that nobody knows': { 'sec-fetch-site': 'elsewhere' },
    'a fetch without Fetch Metadata': { origin: 'https://evil.example' },
    'another port': { origin: 'http://chat.example.com:3001' },
    'another port than the default': { origin: 'http://chat.example.com' },
    'a sandboxed frame, or a form without referrer': { origin: 'null' },
    'an origin that is none': { origin: 'chat.example.com:3000' },
    'a browser that says nothing': BROWSER,
    'a browser that comes from elsewhere': { ...BROWSER, referer: 'https://evil.example/chat.example.com:3000' },
    'a browser with a referer that is none': { ...BROWSER, referer: 'chat' }
  }
  for (const [name, headers] of Object.entries(foreign)) {
    t.same(await statuses(app, { ...OWN, ...headers }), [403], name)
  }
  t.same(calls, [], 'nothing was asked')
  const { code, message } = (await app.inject({ url: '/stream?prompt=hi', headers: { origin: 'null' } })).json()
  t.equal(code, 'FST_SSE_ORIGIN_REFUSED')
  t.match(message, 'pages of other sites')
})

t.test('originGuard lets pass the own page, what the user typed, and what is no browser', async t => {
  const app = await guarded(t, originGuard())
  const own: Record<string, Record<string, string>> = {
    'the own page': { 'sec-fetch-site': 'same-origin', origin: 'http://chat.example.com:3000' },
    'the own page behind a proxy that drops the port': { 'sec-fetch-site': 'same-origin', origin: 'https://other' },
    'an address that was typed': { 'sec-fetch-site': 'none', ...BROWSER },
    'the own page without Fetch Metadata': { origin: 'http://CHAT.example.com:3000', ...BROWSER },
    'the own page over TLS that a proxy terminates': { origin: 'https://chat.example.com:3000' },
    'a GET of the own page without Fetch Metadata': { referer: 'http://chat.example.com:3000/a?b', ...BROWSER },
    curl: { 'user-agent': 'curl/8.5.0' },
    'a script that calls itself a browser': { 'user-agent': 'Mozilla/5.0 (Windows NT) WindowsPowerShell/5.1' },
    nothing: {}
  }
  for (const [name, headers] of Object.entries(own)) {
    t.notOk((await statuses(app, { ...OWN, ...headers })).includes(403), name)
  }
  const tls = { host: 'chat.example.com', origin: 'https://chat.example.com:443' }
  t.equal((await app.inject({ url: '/stream?prompt=hi', headers: tls })).statusCode, 200, 'the default port')
})

t.test('originGuard lets pass the pages of origins that are allowed, and no others', async t => {
  const app = await guarded(t, originGuard({ origins: ['https://App.example.com', 'chrome-extension://abc'] }))
  const ask = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/stream?prompt=hi', headers })).statusCode
  t.equal(await ask({ origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }), 200)
  t.equal(await ask({ origin: 'chrome-extension://abc', 'sec-fetch-site': 'cross-site' }), 200)
  t.equal(await ask({ referer: 'https://app.example.com/a', ...BROWSER }), 200)
  t.equal(await ask({ origin: 'http://app.example.com' }), 403)
  t.equal(await ask({ origin: 'https://app.example.com.evil.example' }), 403)
  t.equal(await ask({ 'sec-fetch-site': 'cross-site', referer: 'https://app.example.com/a' }), 403)
})

t.test('hostGuard refuses hosts that are not the own ones, on every route', async t => {
  const app = await guarded(t, hostGuard({ hosts: ['chat.example.com', '*.tenants.example.com'] }))
  for (const host of [
    'evil.example',
    'evil.example:3000',
    'chat.example.com.evil.example',
    'xchat.example.com',
    'tenants.example.com',
    'evil-tenants.example.com',
    'localhost.evil.example',
    'localhost@evil.example',
    'evil.example/localhost',
    '127.0.0.1.nip.io',
    '2130706433',
    '[::1].evil.example',
    '[localhost]',
    ':3000'
  ]) {
    t.same(await statuses(app, { host }), [421], host)
  }
  t.same(calls, [])
  t.equal((await app.inject({ url: '/stream?prompt=hi', headers: { host: 'a' } })).json().code, 'FST_SSE_HOST_REFUSED')
})

t.test('hostGuard answers under addresses, localhost, and the names that it is given', async t => {
  const app = await guarded(t, hostGuard({ hosts: ['Chat.example.com', '*.tenants.example.com'] }))
  for (const host of [
    'localhost',
    'LOCALHOST:3000',
    'localhost.',
    'app.localhost:8080',
    '127.0.0.1:3000',
    '[::1]:3000',
    '[::ffff:10.0.0.1]',
    '192.168.1.5',
    'chat.example.com',
    'CHAT.example.com.:443',
    'a.tenants.example.com',
    'a.b.tenants.example.com'
  ]) {
    t.notOk((await statuses(app, { host })).includes(421), host)
  }
  const any = await guarded(t, hostGuard({ hosts: ['*'] }))
  t.equal((await any.inject({ url: '/stream?prompt=hi', headers: { host: 'any.example' } })).statusCode, 200)
})

t.test('hostGuard on sockets: every address of the machine, HTTP/1.0 without a host, and HTTP/2', async t => {
  const app = await guarded(t, hostGuard())
  await app.listen({ port: 0, host: '::' })
  const { port } = app.server.address() as { port: number }
  const addresses = Object.values(networkInterfaces())
    .flat()
    .flatMap(each => (each?.family === 'IPv4' ? [each.address] : []))
  for (const host of ['localhost', '[::1]', ...addresses]) {
    t.equal((await fetchAll(`http://${host}:${port}/stream?prompt=hi`)).status, 200, host)
  }
  const { connect } = await import('node:net')
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.teardown(() => socket.destroy())
  socket.write('GET /stream?prompt=hi HTTP/1.0\r\n\r\n')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  t.match(answer, /^HTTP\/1\.[01] 200 /)

  const http2 = Fastify({ http2: true })
  t.teardown(() => http2.close())
  http2.addHook('onRequest', hostGuard())
  http2.get('/', async () => 'hi')
  await http2.listen({ port: 0 })
  const { port: port2 } = http2.server.address() as { port: number }
  t.equal((await fetchAll(`http://127.0.0.1:${port2}/`, { http2: true })).status, 200)
})

t.test('apiKeyGuard asks for a key on every route, and takes none from elsewhere', async t => {
  const app = await guarded(t, apiKeyGuard({ keys: ['first-key', 'second-key'] }))
  const wrong: Record<string, string>[] = [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Bearer first-ke' },
    { authorization: 'Bearer first-keyy' },
    { authorization: 'Bearer FIRST-KEY' },
    { authorization: 'Bearer first-key second-key' },
    { authorization: 'Bearer first-key,second-key' },
    { authorization: 'first-key' },
    { authorization: 'Basic first-key' },
    { 'x-api-key': 'first-ke' },
    { 'x-api-key': 'Bearer first-key' },
    { 'x-api-key': '' },
    { cookie: 'authorization=first-key' }
  ]
  for (const headers of wrong) t.same(await statuses(app, headers), [401], JSON.stringify(headers))
  const query = await app.inject('/stream?prompt=hi&api_key=first-key&access_token=first-key')
  t.equal(query.statusCode, 401)
  t.equal(query.headers['www-authenticate'], 'Bearer')
  t.same(query.json().code, 'FST_SSE_API_KEY_REQUIRED')
  t.notMatch(query.body, 'first-key')
  t.same(calls, [])
  for (const authorization of ['Bearer first-key', 'bearer second-key', 'Bearer  first-key ']) {
    t.notOk((await statuses(app, { authorization })).includes(401), authorization)
  }
  t.notOk((await statuses(app, { 'x-api-key': 'second-key' })).includes(401))
  t.notOk((await statuses(app, { authorization: 'Bearer other', 'x-api-key': 'second-key' })).includes(401))
})

t.test("apiKeyGuard understands Anthropic's client with a key or a token, and is understood by it", async t => {
  const app = await guarded(t, apiKeyGuard({ keys: ['first-key'] }))
  const baseURL = await app.listen({ port: 0, host: '127.0.0.1' })
  const ask = (credentials: { apiKey: string | null; authToken: string | null }) =>
    new Anthropic({ baseURL, ...credentials, maxRetries: 0 }).messages.create({
      model: 'a',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }]
    })
  t.match(await ask({ apiKey: null, authToken: 'first-key' }), { content: [{ text: 'hi' }] })
  t.match(await ask({ apiKey: 'first-key', authToken: null }), { content: [{ text: 'hi' }] })
  for (const credentials of [
    { apiKey: null, authToken: 'other' },
    { apiKey: 'undefined', authToken: null }
  ]) {
    await t.rejects(ask(credentials), { status: 401, type: 'authentication_error' } as object as Error)
  }
  t.same(calls, ['hi', 'hi'])
})

t.test("apiKeyGuard understands OpenAI's client, and is understood by it", async t => {
  const app = await guarded(t, apiKeyGuard({ keys: ['first-key'] }))
  const baseURL = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1`
  const ask = (apiKey: string) =>
    new OpenAI({ baseURL, apiKey, maxRetries: 0 }).chat.completions.create({
      model: 'a',
      messages: [{ role: 'user', content: 'hi' }]
    })
  t.match(await ask('first-key'), { choices: [{ message: { content: 'hi' } }] })
  await t.rejects(ask('other-key'), { name: 'Error', status: 401, code: 'FST_SSE_API_KEY_REQUIRED' })
})

t.test('the guards refuse wrong options, without their values', async t => {
  for (const [make, message] of [
    [() => hostGuard({ hosts: ['secret:3000'] }), 'option "hosts" takes a list of host names without a port'],
    [() => hostGuard({ hosts: ['https://secret'] }), 'option "hosts" takes a list of host names without a port'],
    [() => hostGuard({ hosts: 'secret' as never }), 'option "hosts" takes a list of host names without a port'],
    [() => originGuard({ origins: ['secret.example'] }), /^option "origins" takes a list of origins/],
    [() => originGuard({ origins: ['https://secret.example/'] }), /^option "origins" takes a list of origins/],
    [() => originGuard({ origins: [5] as never }), /^option "origins" takes a list of origins/],
    [() => apiKeyGuard(undefined as never), 'option "options" takes an object'],
    [() => hostGuard(null as never), 'option "options" takes an object'],
    [() => originGuard(null as never), 'option "options" takes an object'],
    [() => apiKeyGuard({ keys: ['a b'] }), 'option "keys" takes a list of keys of visible ASCII characters'],
    [() => apiKeyGuard({ keys: [''] }), 'option "keys" takes a list of keys of visible ASCII characters'],
    [() => apiKeyGuard({} as never), 'option "keys" takes a list of keys of visible ASCII characters'],
    [() => apiKeyGuard({ keys: [] }), 'option "keys" takes at least one key']
  ] as const) {
    t.throws(make, { code: 'FST_SSE_OPTION_INVALID', message })
  }
})
