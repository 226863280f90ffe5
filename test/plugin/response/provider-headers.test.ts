import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { APICallError, RetryError } from 'ai'
import OpenAI from 'openai'
import type { Test } from 'tap'
import t from 'tap'
import { type Generate, openAiRoutes, streamRoutes } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { Random, seed } from '../../helpers/random.js'
import { serve } from '../../helpers/server.js'

/** What a provider sends with a refusal beside `retry-after`: nothing of it is the client's business. */
const FOREIGN = {
  'content-type': 'application/json',
  'content-encoding': 'identity',
  'set-cookie': '__cf_bm=secret; path=/',
  'x-request-id': 'req_secret',
  'openai-organization': 'org-secret',
  'anthropic-organization-id': 'org-secret',
  'strict-transport-security': 'max-age=1',
  server: 'provider',
  'access-control-allow-origin': 'https://provider.example'
}

const DATE = 'Wed, 21 Oct 2026 07:28:00 GMT'

/** A provider that refuses everything. */
async function refusing(t: Test, status: number, headers: Record<string, string>): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, headers).end('{"error":{"message":"slow down","type":"rate_limit_error"}}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const messages = [{ role: 'user' as const, content: 'hi' }]

const sdks: Record<string, (baseURL: string, signal: AbortSignal) => PromiseLike<AsyncIterable<unknown>>> = {
  openai: (baseURL, signal) =>
    new OpenAI({ baseURL, apiKey: 'k', maxRetries: 0 }).chat.completions.create(
      { model: 'a', messages, stream: true },
      { signal }
    ),
  '@anthropic-ai/sdk': (baseURL, signal) =>
    new Anthropic({ baseURL, apiKey: 'k', maxRetries: 0 }).messages.create(
      { model: 'a', messages, stream: true, max_tokens: 5 },
      { signal }
    )
}

for (const [name, ask] of Object.entries(sdks)) {
  for (const status of [429, 503]) {
    for (const retryAfter of ['7', DATE]) {
      t.test(
        `kind: retry-after of ${name} (${status}, ${retryAfter}) reaches the client, and nothing else`,
        async t => {
          const baseURL = await refusing(t, status, { ...FOREIGN, 'retry-after': retryAfter })
          const generate = (async (_input, { signal }) => ask(baseURL, signal)) as Generate
          const { url } = await serve(t, app => {
            app.get('/plain', (_request, reply) =>
              reply.sseFrom(({ signal }) => ask(baseURL, signal) as Promise<AsyncIterable<unknown>>)
            )
            app.get('/resumable', (_request, reply) =>
              reply.sseFrom(({ signal }) => ask(baseURL, signal) as Promise<AsyncIterable<unknown>>, {
                resumable: true
              })
            )
            app.register(streamRoutes, { generate })
            app.register(openAiRoutes, { generate, models: ['a'] })
          })
          for (const [path, options] of [
            ['/plain', {}],
            ['/resumable', {}],
            ['/stream?prompt=hi', {}],
            ['/stream?prompt=hi', { headers: { accept: 'application/json' } }],
            ['/v1/chat/completions', { body: { model: 'a', messages } }],
            ['/v1/chat/completions', { body: { model: 'a', messages, stream: true } }]
          ] as const) {
            const client = await fetchAll(`${url}${path}`, options)
            t.equal(client.status, status, path)
            t.equal(client.headers['retry-after'], retryAfter, path)
            for (const foreign of Object.keys(FOREIGN).filter(name => name !== 'content-type')) {
              t.notOk(foreign in client.headers, `${foreign} for ${path}`)
            }
            t.match(client.headers['content-type'], 'application/json; charset=utf-8')
            t.ok(JSON.parse(client.text()))
          }
        }
      )
    }
  }
}

const head = (headers: Record<string, string>) => ({ ...FOREIGN, ...headers })
const failed = (own: object) => Object.assign(new Error('slow down'), { status: 429 }, own)
const apiCall = (responseHeaders: Record<string, string>) =>
  new APICallError({ message: 'slow down', url: 'a', requestBodyValues: {}, statusCode: 429, responseHeaders })

/** Where errors carry the head of a response. */
const carriers: Record<string, (retryAfter: string) => Error> = {
  'a Headers object': value => failed({ headers: new Headers(head({ 'retry-after': value })) }),
  'a Map': value => failed({ headers: new Map(Object.entries(head({ 'retry-after': value }))) }),
  'a record': value => failed({ headers: head({ 'retry-after': value }) }),
  'a record with other case': value => failed({ headers: { ...FOREIGN, 'Retry-After': value } }),
  'a record on a frozen error': value => Object.freeze(failed({ headers: new Headers({ 'retry-after': value }) })),
  'responseHeaders of the AI SDK': value => apiCall(head({ 'retry-after': value })),
  'the last error of the AI SDK': value =>
    new RetryError({ message: 'a', reason: 'maxRetriesExceeded', errors: [apiCall(head({ 'retry-after': value }))] })
}

for (const [name, make] of Object.entries(carriers)) {
  t.test(`kind: retry-after in ${name} reaches the client if it is one`, async t => {
    const { url } = await serve(t, app => {
      app.get<{ Querystring: { value: string } }>('/', ({ query }, reply) =>
        reply.sseFrom(() => {
          throw make(query.value)
        })
      )
    })
    for (const [value, expected] of [
      ['0', '0'],
      ['3600', '3600'],
      [DATE, DATE],
      ['soon', undefined],
      ['-1', undefined],
      ['1e3', undefined],
      ['1.5', undefined],
      ['9'.repeat(500), undefined]
    ] as const) {
      const client = await fetchAll(`${url}/?value=${encodeURIComponent(value)}`)
      t.equal(client.status, 429)
      t.equal(client.headers['retry-after'], expected, value)
      t.notOk('set-cookie' in client.headers)
      t.notOk('x-request-id' in client.headers)
    }
  })
}

t.test(`kind: retry-after, generated, never breaks an answer (seed ${seed})`, async t => {
  const random = new Random(seed)
  let error: Error
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => {
        throw error
      })
    )
  })
  const junk = () =>
    random.pick<unknown>([
      undefined,
      null,
      5,
      '5',
      'a\r\nset-cookie: b=c',
      '\u{1f600}',
      {},
      ['5', '6'],
      () => 'a',
      new Map([['retry-after', 'x\ny']]),
      new Map([[1, 2]]),
      {
        get() {
          throw new Error('no')
        }
      },
      new Proxy(
        {},
        {
          get() {
            throw new Error('no')
          }
        }
      ),
      { 'retry-after': 'a\r\nb: c', date: 'x' },
      { 'retry-after': {}, 'content-length': '5' }
    ])
  for (let i = 0; i < 200; i++) {
    error = failed({ [random.pick(['headers', 'responseHeaders'])]: junk(), lastError: junk() })
    const client = await fetchAll(url)
    t.ok([429, 500].includes(client.status as number), String(client.status))
    t.notOk('set-cookie' in client.headers)
    t.ok(JSON.parse(client.text()))
  }
})

t.test('headers that the app itself gives an error reach the client', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => {
        throw failed({
          headers: { 'x-reason': 'quota', 'retry-after': '7', 'www-authenticate': ['Basic', 'Bearer'], 'x-no': {} }
        })
      })
    )
  })
  const { headers } = await fetchAll(url)
  t.match(headers, { 'x-reason': 'quota', 'retry-after': '7', 'www-authenticate': 'Basic, Bearer' })
  t.notOk('x-no' in headers)
})

t.test('error handlers of the app find the headers of the provider where they were', async t => {
  const seen: unknown[] = []
  const { url } = await serve(t, app => {
    app.setErrorHandler((error: Error & { headers: Headers }, _request, reply) => {
      seen.push(error.headers.get('x-request-id'))
      return reply.code(418).send('own')
    })
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => {
        throw carriers['a Headers object']?.('7')
      })
    )
  })
  const client = await fetchAll(url)
  t.equal(client.headers['retry-after'], '7')
  t.equal(client.text(), 'own')
  t.same(seen, ['req_secret'])
})
