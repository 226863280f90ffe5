import { connect } from 'node:net'
import { Writable } from 'node:stream'
import Fastify from 'fastify'
import t from 'tap'
import { FST_SSE_INPUT_INVALID } from '../../routes/errors.js'
import { buildApp } from '../../server/app.js'
import { readEnvironment } from '../../server/environment.js'
import { logSettings } from '../../server/logging.js'
import { ownHosts } from '../../server/own-hosts.js'
import { startApp } from '../helpers/app-process.js'
import { fetchAll } from '../helpers/client.js'
import { openAiServer } from '../helpers/openai-server.js'

const SECRET = 'my-diagnosis'

t.test('prompts do not go to the log, whatever becomes of them', async t => {
  let fail = false
  const provider = await openAiServer(t, call => {
    if (fail) call.refuse(400)
    else {
      call.token('hello')
      call.finish()
    }
  })
  const { url, stdout, stderr } = await startApp(t, { OPENAI_BASE_URL: provider.url })
  const chat = { model: 'demo', messages: [{ role: 'user', content: SECRET }] }
  for (fail of [false, true]) {
    for (const [path, options] of [
      [`/stream?prompt=${SECRET}`, {}],
      [`/stream?prompt=${SECRET}&${SECRET}=1`, {}],
      [`/stream?prompt=${SECRET}`, { headers: { accept: 'text/html' } }],
      [`/stream?prompt=${SECRET}`, { headers: { 'sec-fetch-site': 'cross-site' } }],
      [`/stream?prompt=${SECRET}`, { headers: { host: 'evil.example' } }],
      [`/stream?prompt=${SECRET}`, { method: 'DELETE' }],
      [`/stream?prompt=${SECRET}`, { body: { prompt: SECRET } }],
      ['/stream', { body: { prompt: [SECRET] } }],
      ['/stream', { body: { messages: [{ role: SECRET, content: SECRET }] } }],
      ['/stream', { body: `{"prompt":"${SECRET}`, headers: { 'content-type': 'application/json' } }],
      ['/stream', { body: SECRET, headers: { 'content-type': 'text/plain' } }],
      ['/v1/chat/completions', { body: chat }],
      ['/v1/chat/completions', { body: { ...chat, stream: true } }],
      [`/streams?prompt=${SECRET}`, {}],
      [`/stream;prompt=${SECRET}`, {}],
      [`/stream%zz?prompt=${SECRET}`, {}],
      [`/docs?prompt=${SECRET}`, {}],
      [`/?prompt=${SECRET}`, {}]
    ] as const) {
      const client = await fetchAll(url + path, options)
      t.ok(client.status, `${path} ${JSON.stringify(options)}`)
      t.notMatch(stdout(), SECRET, `${path} ${JSON.stringify(options)}`)
    }
  }
  t.match(stdout(), /"url":"\/stream"/)
  t.match(stdout(), /"code":"FST_SSE_INPUT_INVALID","msg":"the input is invalid"/)
  t.match(stdout(), 'there is no GET /streams')
  t.equal(stderr(), '')
})

t.test('the log shows requests as Fastify does, without their queries', async t => {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    }
  })
  const { logger, logController } = logSettings('info')
  const app = Fastify({ logger: { ...logger, stream }, logController })
  t.teardown(() => app.close())
  app.get('/fail', async () => {
    throw Object.assign(new Error('shown'), { statusCode: 400 })
  })
  app.get('/wrong', async () => {
    throw new FST_SSE_INPUT_INVALID(`query/${SECRET}`, 'is unknown')
  })
  await app.inject(`/fail?prompt=${SECRET}`)
  await app.inject(`/wrong?prompt=a&${SECRET}`)
  await app.inject(`/none;prompt=${SECRET}?prompt=${SECRET}#${SECRET}`)
  t.match(lines[0], {
    msg: 'incoming request',
    req: { method: 'GET', url: '/fail', host: 'localhost:80', remoteAddress: '127.0.0.1' }
  })
  t.match(lines[1], { level: 30, msg: 'shown', res: { statusCode: 400 } })
  t.ok(lines.some(({ msg }) => msg === 'there is no GET /none'))
  t.notMatch(JSON.stringify(lines), SECRET)
})

t.test('pages of ALLOWED_ORIGINS may ask, with a key', async t => {
  const variables = { LOG_LEVEL: 'silent', ALLOWED_ORIGINS: 'https://a.example , https://b.example', API_KEYS: 'a-key' }
  const app = await buildApp(readEnvironment(variables))
  t.teardown(() => app.close())
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }
  for (const [origin, status] of [
    ['https://a.example', 204],
    ['https://b.example', 204],
    ['https://c.example', 403]
  ] as const) {
    const { statusCode, headers } = await app.inject({
      method: 'OPTIONS',
      url: '/stream',
      headers: { ...preflight, origin, 'sec-fetch-site': 'cross-site' }
    })
    t.equal(statusCode, status)
    t.equal(headers['access-control-allow-origin'], status === 204 ? origin : undefined)
  }
  const ask = { url: '/v1/models', headers: { origin: 'https://a.example' } as Record<string, string> }
  t.equal((await app.inject(ask)).statusCode, 401)
  ask.headers.authorization = 'Bearer a-key'
  t.match((await app.inject(ask)).headers, { 'access-control-expose-headers': 'x-stream-id' })
})

t.test('a request whose body or head comes too slowly ends', async t => {
  const app = await buildApp(readEnvironment({ LOG_LEVEL: 'silent' }))
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  t.equal(app.server.requestTimeout, 30_000)
  t.equal(app.server.headersTimeout, 15_000)
  app.server.requestTimeout = 300
  app.server.headersTimeout = 200
  const head = 'POST /stream HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
  const answers = [`${head}content-length: 100\r\n\r\n{"prompt"`, head].map(async sent => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    const trickle = setInterval(() => socket.write(' '), 100)
    socket.on('error', () => {})
    socket.write(sent)
    let answer = ''
    for await (const chunk of socket) answer += chunk
    clearInterval(trickle)
    return answer
  })
  for (const answer of await Promise.all(answers)) t.match(answer, /^HTTP\/1\.1 4\d\d /)
})

t.test('the names of a machine are its host name, with and without a domain, and what it listens on', async t => {
  t.same(ownHosts('127.0.0.1', 'desk.example.com'), ['127.0.0.1', 'desk.example.com', 'desk', 'desk.local'])
  t.same(ownHosts('::', 'my desk'), [])
  t.ok(ownHosts('0.0.0.0').length > 0)
})
