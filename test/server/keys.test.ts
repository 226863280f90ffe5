import t from 'tap'
import { startApp } from '../helpers/app-process.js'
import { openChat } from '../helpers/chat.js'
import { startChromium } from '../helpers/chromium.js'
import { fetchAll } from '../helpers/client.js'
import { openAiServer } from '../helpers/openai-server.js'
import { until } from '../helpers/until.js'

t.setTimeout(120_000)

const provider = await openAiServer(t, call => {
  call.token('hello')
  call.finish()
})
const API_KEYS = 'first-key-of-the-server , second-key-of-the-server'
const { url, stdout } = await startApp(t, { OPENAI_BASE_URL: provider.url, API_KEYS })
const withKey = { authorization: 'Bearer second-key-of-the-server' }
const chat = (stream: boolean) => ({ model: 'gpt-5-mini', stream, messages: [{ role: 'user', content: 'hi' }] })

const requests: [path: string, options: object, status: number][] = [
  ['/stream?prompt=hi', {}, 200],
  ['/stream?prompt=hi', { headers: { accept: 'application/json' } }, 200],
  ['/stream', { body: { prompt: 'hi' } }, 200],
  ['/stream/none', {}, 410],
  ['/stream/none', { method: 'DELETE' }, 404],
  ['/v1/models', {}, 200],
  ['/v1/models/gpt-5-mini', {}, 200],
  ['/v1/chat/completions', { body: chat(false) }, 200],
  ['/v1/chat/completions', { body: chat(true) }, 200],
  ['/v1/messages?beta=true', { body: chat(true) }, 200],
  ['/v1/messages/count_tokens', { body: {} }, 404],
  ['/api/chat', { body: { id: 'c', messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }] } }, 200],
  ['/api/chat/c/stream', {}, 204],
  ['/agent', { body: { threadId: 't', runId: 'r', messages: [{ id: '1', role: 'user', content: 'hi' }] } }, 200],
  ['/agent/t/stream', {}, 204]
]

t.test('with API_KEYS, every route to the model asks for one', async t => {
  for (const [path, options] of requests) {
    for (const headers of [
      {},
      { authorization: 'Bearer other' },
      { authorization: 'Bearer first-key-of-the-server ,' }
    ]) {
      const own = (options as { headers?: object }).headers
      const client = await fetchAll(url + path, {
        ...options,
        headers: { ...headers, ...own } as Record<string, string>
      })
      t.equal(client.status, 401, path)
      t.match(client.text(), /FST_SSE_API_KEY_REQUIRED|authentication_error/)
    }
  }
  t.equal(provider.calls.length, 0)
  for (const [path, options, status] of requests) {
    const own = (options as { headers?: object }).headers
    const client = await fetchAll(url + path, { ...options, headers: { ...withKey, ...own } })
    t.equal(client.status, status, path)
  }
  t.notMatch(stdout(), /-key-of-the-server/, 'the log has no key')
})

t.test('the page, the documentation and the health of the server need none', async t => {
  for (const path of ['/', '/main.js', '/docs/', '/health']) t.equal((await fetchAll(url + path)).status, 200, path)
  const document = JSON.parse((await fetchAll(`${url}/docs/json`)).text())
  t.same(document.security, [{ key: [] }])
  t.same(document.components.securitySchemes, { key: { type: 'http', scheme: 'bearer' } })
  t.same(document.paths['/health'].get.security, [])
})

t.test('the page asks for the key, and keeps it for the tab', async t => {
  const page = await openChat(t, await startChromium(t), `${url}/`)
  provider.calls.length = 0
  const field = page.page.getByLabel('API key of this server')
  t.notOk(await field.isVisible())
  await page.ask('hi')
  await page.says(/^The server asks for an API key\. Enter it below\.$/)
  t.ok(await field.isVisible())
  t.equal(await page.evaluate('document.activeElement.id'), 'key')
  await field.fill('schlüssel')
  await field.press('Enter')
  t.ok(await field.isVisible(), 'no header can hold it')
  await field.fill('wrong')
  await field.press('Enter')
  await until('it asks again', async () => (await field.inputValue()) === '' && (await field.isVisible()))
  await page.says(/asks for an API key/)
  await field.fill(' first-key-of-the-server ')
  await page.press('Use this key')
  await page.shows('hello')
  t.notOk(await field.isVisible())
  await page.page.reload()
  await page.ask('again')
  await until('the second answer', () => provider.calls.length === 2)
  await page.isDone()
  t.equal(await page.text(), 'hello')
})
