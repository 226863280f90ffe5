import t from 'tap'
import { buildApp } from '../../server/app.js'
import { readEnvironment } from '../../server/environment.js'

const app = await buildApp(readEnvironment({ LOG_LEVEL: 'silent' }))
t.teardown(() => app.close())

t.test('the page and its parts are served, and cached until they change', async t => {
  const page = await app.inject('/')
  t.match(page.headers['content-type'], 'text/html')
  for (const [file, type] of [
    ['main.js', 'javascript'],
    ['style.css', 'text/css'],
    ['icon.svg', 'image/svg+xml']
  ]) {
    t.match(page.body, `"${file}"`)
    const part = await app.inject(`/${file}`)
    t.equal(part.statusCode, 200)
    t.match(part.headers, { 'content-type': type, 'cache-control': 'public, max-age=0' })
    const again = await app.inject({ url: `/${file}`, headers: { 'if-none-match': part.headers.etag } })
    t.equal(again.statusCode, 304)
  }
  t.match((await app.inject('/other')).json(), { statusCode: 404 })
})

t.test('every response has a policy that allows nothing unsafe', async t => {
  for (const url of ['/', '/main.js', '/docs/', '/docs/static/swagger-ui-bundle.js', '/stream', '/other']) {
    const { headers } = await app.inject(url)
    const policy = String(headers['content-security-policy'])
    t.match(policy, /default-src 'none'; ?script-src 'self'; ?style-src 'self'/, url)
    t.notMatch(policy, /unsafe|\*|https?:/, url)
    t.match(headers, {
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer'
    })
    t.notOk(headers['strict-transport-security'], 'left to whatever terminates TLS')
  }
})

t.test('the documentation shows the routes and leaves out the page', async t => {
  const { paths } = (await app.inject('/docs/json')).json()
  t.strictSame(Object.keys(paths), [
    '/stream',
    '/stream/{id}',
    '/v1/chat/completions',
    '/v1/models',
    '/v1/models/{*}',
    '/v1/responses',
    '/v1/responses/{id}',
    '/v1/responses/{id}/cancel',
    '/v1/responses/{id}/input_items',
    '/v1/messages',
    '/v1/messages/count_tokens',
    '/api/chat',
    '/api/chat/{id}/stream',
    '/agent',
    '/agent/{id}/stream',
    '/health'
  ])
})
