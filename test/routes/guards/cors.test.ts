import t from 'tap'
import { type CorsOptions, corsOptions } from '../../../routes/index.js'

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
    [{ origins: [], credentials: 'yes' }, /^option "credentials"/],
    [{ origins: [], exposedHeaders: ['a b'] }, /^option "exposedHeaders"/],
    [{ origins: [], origin: true }, /^option "origin" is unknown/]
  ]
  for (const [options, message] of wrong) {
    t.throws(() => corsOptions(options as CorsOptions), { code: 'FST_SSE_OPTION_INVALID', message })
  }
})
