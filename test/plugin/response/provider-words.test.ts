import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import type { StreamOptions, StreamSummary } from '../../../plugin/index.js'
import { type Generate, openAiRoutes, streamRoutes } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { type LogLine, serve } from '../../helpers/server.js'

const KEY = 'a-key-of-no-known-form'
const WORDS = `Incorrect API key provided: ${KEY} of org-1234567890ab. Ask ops@provider.example.`

/** What nobody but the log may learn, and what not even the log may have. */
const TELLING = /Incorrect|a-key-of|org-1234|ops@|invalid_api_key/
const SECRET = /a-key-of|org-1234/

/** What the SDKs throw for an answer with this status. */
const sdks: Record<string, (status: number) => Error> = {
  openai: status =>
    OpenAI.APIError.generate(
      status,
      { error: { message: WORDS, type: 'authentication_error', code: 'invalid_api_key' } },
      undefined,
      new Headers({ 'x-request-id': 'r', 'www-authenticate': 'Bearer realm="provider"', 'retry-after': '7' })
    ),
  '@anthropic-ai/sdk': status =>
    Anthropic.APIError.generate(
      status,
      { type: 'error', error: { type: 'authentication_error', message: WORDS } },
      undefined,
      new Headers({ 'request-id': 'r' })
    ),
  'an HTTP library that attaches the request': status =>
    Object.assign(new Error(WORDS), {
      status,
      config: { headers: { authorization: `Bearer ${KEY}` } },
      request: { header: `authorization: Bearer ${KEY}` },
      note: `api_key=${KEY}`
    })
}

/** A server that fails with an error before or after its first event, on every kind of stream. */
async function failing(t: Test, makeError: () => unknown, options: Pick<StreamOptions, 'providerKey'> = {}) {
  const summaries: StreamSummary[] = []
  const served = await serve(t, async app => {
    for (const [name, resumable] of [
      ['plain', false],
      ['resumable', true]
    ] as const) {
      app.get<{ Querystring: { begun?: string } }>(`/${name}`, (request, reply) =>
        reply.sseFrom(
          async function* () {
            if (request.query.begun) yield 'begun'
            throw makeError()
          },
          { ...options, resumable, onClose: summary => summaries.push(summary) }
        )
      )
    }
    const generate: Generate = async function* ({ messages }) {
      if (messages[0]?.content === 'begun') yield 'begun'
      throw makeError()
    }
    const { providerKey } = options
    await app.register(streamRoutes, { generate, providerKey })
    await app.register(openAiRoutes, { generate, providerKey, models: ['a'] })
  })
  return { ...served, summaries }
}

const chat = (content: string, stream: boolean) => ({ model: 'a', stream, messages: [{ role: 'user', content }] })

/** The answers of all routes: those that fail before the first event, and those that fail after it. */
async function answers(url: string) {
  const before = [
    await fetchAll(`${url}/plain`),
    await fetchAll(`${url}/resumable`),
    await fetchAll(`${url}/stream?prompt=hi`),
    await fetchAll(`${url}/stream?prompt=begun`, { headers: { accept: 'application/json' } }),
    await fetchAll(`${url}/v1/chat/completions`, { body: chat('hi', true) }),
    await fetchAll(`${url}/v1/chat/completions`, { body: chat('begun', false) })
  ]
  const after = [
    await fetchAll(`${url}/plain?begun=1`),
    await fetchAll(`${url}/resumable?begun=1`),
    await fetchAll(`${url}/stream?prompt=begun`)
  ]
  const openai = await fetchAll(`${url}/v1/chat/completions`, { body: chat('begun', true) })
  return { before, after, openai }
}

const logged = (log: LogLine[]) => log.map(line => JSON.stringify(line)).join('\n')

for (const [name, make] of Object.entries(sdks)) {
  for (const status of [401, 403, 407]) {
    t.test(`a ${status} about the server's key is a 502 without a word of the provider (${name})`, async t => {
      const { url, log } = await failing(t, () => make(status))
      const { before, after, openai } = await answers(url)
      for (const client of before) {
        t.equal(client.status, 502)
        t.match(client.text(), '"FST_SSE_KEY_REFUSED"')
        t.notMatch(client.text(), TELLING)
        t.notOk('www-authenticate' in client.headers)
      }
      for (const client of after) {
        const data = JSON.parse(client.events().at(-1)?.data ?? '')
        t.same(data, { statusCode: 502, code: 'FST_SSE_KEY_REFUSED', message: 'Bad Gateway' })
      }
      t.match(openai.text(), '"FST_SSE_KEY_REFUSED"')
      t.notMatch(openai.text(), TELLING)
      t.match(logged(log), 'Incorrect API key provided: [secret]', 'the log has the words')
      t.notMatch(logged(log), SECRET, 'but no key')
    })
  }

  t.test(`the words of a 5xx stay in the log, before the first event as after it (${name})`, async t => {
    for (const status of [500, 503, 529]) {
      const { url, log } = await failing(t, () => make(status))
      const { before, after, openai } = await answers(url)
      for (const client of before) {
        t.equal(client.status, status)
        t.notMatch(client.text(), /Incorrect|a-key-of|org-|ops@/)
      }
      for (const client of after) t.match(JSON.parse(client.events().at(-1)?.data ?? ''), { statusCode: status })
      for (const client of [...after, openai]) t.notMatch(client.text(), /Incorrect|a-key-of|org-|ops@/)
      t.match(logged(log), 'Incorrect API key provided: [secret]')
      t.notMatch(logged(log), SECRET)
    }
  })

  t.test(`a 401 or 403 about the user's own key stays one, without a word of the provider (${name})`, async t => {
    for (const [status, shown] of [
      [401, 401],
      [403, 403],
      [407, 502]
    ] as const) {
      const { url, log } = await failing(t, () => make(status), { providerKey: 'user' })
      const { before, after, openai } = await answers(url)
      for (const client of before) t.equal(client.status, shown)
      for (const client of after) {
        const message = shown === 502 ? 'Bad Gateway' : 'the provider does not accept the key for this request'
        const data = JSON.parse(client.events().at(-1)?.data ?? '')
        t.same(data, { statusCode: shown, code: 'FST_SSE_KEY_REFUSED', message })
      }
      for (const client of [...before, ...after, openai]) t.notMatch(client.text(), TELLING)
      t.notMatch(logged(log), SECRET)
    }
  })

  t.test(`a 429 keeps its status, and neither user nor log see a key in its words (${name})`, async t => {
    const { url, log } = await failing(t, () => make(429))
    const { before, after } = await answers(url)
    for (const client of before) t.equal(client.status, 429)
    for (const client of after) t.match(JSON.parse(client.events().at(-1)?.data ?? ''), { statusCode: 429 })
    for (const client of [...before, ...after]) t.notMatch(client.text(), SECRET)
    t.notMatch(logged(log), SECRET)
  })
}

t.test('the option of the plugin says whose key it is, and a stream can say otherwise', async t => {
  const { app } = await serve(
    t,
    app => {
      const source = () => Promise.reject(sdks.openai?.(401))
      app.get('/plugin', (_request, reply) => reply.sseFrom(source))
      app.get('/own', (_request, reply) => reply.sseFrom(source, { providerKey: 'server' }))
      app.register(streamRoutes, { generate: source })
    },
    { plugin: { providerKey: 'user' } }
  )
  t.equal((await app.inject('/plugin')).statusCode, 401)
  t.equal((await app.inject('/own')).statusCode, 502)
  t.equal((await app.inject('/stream?prompt=hi')).statusCode, 401)
  t.equal((await app.inject({ url: '/stream?prompt=hi', headers: { accept: 'application/json' } })).statusCode, 401)
})

t.test('error handlers and callbacks of the app get an error of the class of the SDK as the cause', async t => {
  const seen: unknown[] = []
  const { url } = await serve(t, app => {
    app.setErrorHandler((error: Error & { statusCode: number }, _request, reply) => {
      seen.push(error.cause)
      return reply.code(error.statusCode).send({ ok: false, msg: error.message })
    })
    app.get<{ Querystring: { status: string } }>('/', ({ query }, reply) =>
      reply.sseFrom(() => Promise.reject(sdks.openai?.(Number(query.status))))
    )
  })
  for (const [status, msg] of [
    [401, 'the provider does not accept the key for this request'],
    [503, 'Service Unavailable']
  ] as const) {
    const client = await fetchAll(`${url}/?status=${status}`)
    t.same(JSON.parse(client.text()), { ok: false, msg })
    const cause = seen.at(-1) as InstanceType<typeof OpenAI.APIError>
    t.ok(cause instanceof OpenAI.APIError)
    t.equal(cause.status, status)
    t.match(cause.message, 'Incorrect API key provided')
  }
})

t.test('an error that the app made for its users keeps its status and its message', async t => {
  const own = (statusCode: number) => Object.assign(new Error('your plan does not include it'), { statusCode })
  for (const error of [
    Object.assign(own(403), { expose: true }),
    Object.assign(own(503), { expose: true, headers: { 'retry-after': '7' } })
  ]) {
    const { app } = await serve(t, app => {
      app.get('/', (_request, reply) => reply.sseFrom(() => Promise.reject(error)))
    })
    const response = await app.inject('/')
    t.equal(response.statusCode, error.statusCode)
    t.equal(response.json().message, 'your plan does not include it')
  }
})

t.test('headers that the app gives a 5xx reach the client', async t => {
  const { app } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(() =>
        Promise.reject(Object.assign(new Error('no'), { status: 503, headers: { 'x-why': 'quota' } }))
      )
    )
  })
  const response = await app.inject('/')
  t.equal(response.statusCode, 503)
  t.equal(response.headers['x-why'], 'quota')
})

t.test('a provider that gives no code for its error leaves the code out, in a response and in an event', async t => {
  const fail = () => {
    throw OpenAI.APIError.generate(429, { error: { message: 'slow down', code: null } }, undefined, new Headers())
  }
  const { url } = await serve(t, app => {
    app.get('/before', (_request, reply) => reply.sseFrom(fail))
    app.get('/after', (_request, reply) =>
      reply.sseFrom(async function* () {
        yield 'a'
        fail()
      })
    )
  })
  const before = await fetchAll(`${url}/before`)
  t.equal(before.status, 429)
  t.strictSame(Object.keys(JSON.parse(before.text())).sort(), ['error', 'message', 'statusCode'])
  const after = await fetchAll(`${url}/after`)
  t.match(JSON.parse(after.events().at(-1)?.data as string), { statusCode: 429, code: 'FST_SSE_SOURCE_FAILED' })
})
