import cors from '@fastify/cors'
import Fastify from 'fastify'
import t from 'tap'
import { type CorsOptions, corsOptions, originGuard } from '../../../routes/index.js'

t.test('allows the origins that are listed, as browsers write them, and no credentials', async t => {
  const { origin, credentials, methods, exposedHeaders } = corsOptions({
    origins: ['https://App.Example.com:443', 'http://localhost:5173', 'capacitor://LocalHost']
  })
  t.same(origin, ['https://app.example.com', 'http://localhost:5173', 'capacitor://localhost'])
  t.equal(credentials, false)
  t.same(methods, ['GET', 'POST', 'DELETE'])
  for (const name of ['x-stream-id', 'retry-after', 'x-request-id']) t.ok(exposedHeaders.includes(name))
  t.same(corsOptions({ origins: [] }).origin, [])
})

t.test('takes cookies and headers of the app if told to', async t => {
  const options = corsOptions({ origins: ['https://a.example'], credentials: true, exposedHeaders: ['x-cost'] })
  t.equal(options.credentials, true)
  t.ok(options.exposedHeaders.includes('x-cost'))
})

t.test('refuses what would let any page in, and what is no origin', async t => {
  const wrong: [object, RegExp][] = [
    [{}, /^option "origins"/],
    [{ origins: '*' }, /^option "origins"/],
    [{ origins: ['*'] }, /^option "origins"/],
    [{ origins: ['null'] }, /^option "origins"/],
    [{ origins: [true] }, /^option "origins"/],
    [{ origins: ['https://a.example:port'] }, /^option "origins" takes a list of origins/],
    [{ origins: ['https://a.example/path'] }, /^option "origins"/],
    [{ origins: [], credentials: true, exposedHeaders: ['*'] }, /^option "exposedHeaders" takes names/],
    [{ origins: [], credentials: 'yes' }, /^option "credentials"/],
    [{ origins: [], exposedHeaders: ['a b'] }, /^option "exposedHeaders"/],
    [{ origins: [], origin: true }, /^option "origin" is unknown/]
  ]
  for (const [options, message] of wrong) {
    t.throws(() => corsOptions(options as CorsOptions), { code: 'FST_SSE_OPTION_INVALID', message })
  }
})

t.test('refuses no options, and origins that no browser sends, as originGuard does', async t => {
  for (const options of [undefined, null]) {
    const refusal = { code: 'FST_SSE_OPTION_INVALID', message: 'option "options" takes an object' }
    t.throws(() => corsOptions(options as never), refusal)
  }
  const wrong = [
    'https://*.a.example',
    'file://x',
    'file://',
    'blob:https://a.example',
    'data://a',
    'https://a.example\\b',
    'https://a\u0000.example',
    'https://a\u00ad.example',
    'https://a\u200b.example',
    'https://a%2eexample',
    'https://%61.example',
    'https://user@a.example',
    'https://a.example, https://b.example',
    'https://a.example:99999',
    'https://a.example:',
    'https://[::1',
    ' https://a.example',
    'https://a.example/'
  ]
  for (const origin of wrong) {
    const refusal = { code: 'FST_SSE_OPTION_INVALID', message: /^option "origins" takes a list of origins/ }
    t.throws(() => corsOptions({ origins: [origin] }), refusal, origin)
    t.throws(() => originGuard({ origins: [origin] }), refusal, origin)
  }
})

t.test('allows the same origins as originGuard, however they are written', async t => {
  const written: [string, string][] = [
    ['HTTPS://App.Example.com:443', 'https://app.example.com'],
    ['http://a.example:80', 'http://a.example'],
    ['http://a.example:443', 'http://a.example:443'],
    ['https://m\u00fcnchen.example', 'https://xn--mnchen-3ya.example'],
    ['https://127.1', 'https://127.0.0.1'],
    ['https://[0:0::1]:443', 'https://[::1]'],
    ['https://a.example.', 'https://a.example.'],
    ['https://a_b.example', 'https://a_b.example'],
    ['chrome-extension://AbC', 'chrome-extension://abc'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['app://-', 'app://-']
  ]
  for (const [origins, origin] of written.map(([each, sent]) => [[each], sent] as const)) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.addHook('onRequest', originGuard({ origins }))
    await app.register(cors, corsOptions({ origins }))
    app.get('/', async () => 'a')
    const ask = (origin: string) =>
      app
        .inject({ url: '/', headers: { origin, 'sec-fetch-site': 'cross-site' } })
        .then(({ statusCode, headers }) => [statusCode, headers['access-control-allow-origin']])
    t.same(await ask(origin), [200, origin])
    t.same(await ask('https://other.example'), [403, undefined])
    t.same(await ask('null'), [403, undefined])
  }
})
