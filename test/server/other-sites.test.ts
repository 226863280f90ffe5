import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startApp } from '../helpers/app-process.js'
import { Chat, openChat } from '../helpers/chat.js'
import { startChromium, visit } from '../helpers/chromium.js'
import { fetchAll } from '../helpers/client.js'
import { startNginx } from '../helpers/nginx.js'
import { openAiServer } from '../helpers/openai-server.js'
import { until } from '../helpers/until.js'

t.setTimeout(240_000)

const browser = await startChromium(t)
const provider = await openAiServer(t, call => {
  call.token('hello')
  call.finish()
})
const { url, stdout } = await startApp(t, {
  OPENAI_BASE_URL: provider.url,
  HOST: '0.0.0.0',
  ALLOWED_HOSTS: 'a.example'
})
const { port } = new URL(url)

/** Addresses of the server. Browsers send Fetch Metadata to the first, which they trust, and not to the second. */
const lan = Object.values(networkInterfaces())
  .flat()
  .find(each => each?.family === 'IPv4' && !each.internal)?.address
const targets = [`http://127.0.0.1:${port}`, ...(lan === undefined ? [] : [`http://${lan}:${port}`])]

/** A page of somebody else's, under any name that leads to this machine. */
const stranger = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>stranger</title>')
})
await new Promise<void>(resolve => stranger.listen(0, resolve))
t.teardown(() => stranger.close())
const strangerPort = (stranger.address() as AddressInfo).port

/** Every way in which a page can send a request. Each resolves when the request is over. */
const kinds: Record<string, string> = {
  EventSource: `new Promise(resolve => {
    const source = new EventSource(target + '/stream?prompt=steal')
    source.onerror = source.onmessage = () => { source.close(); resolve() }
  })`,
  'an image': `new Promise(resolve => {
    const image = new Image()
    image.onload = image.onerror = resolve
    image.src = target + '/stream?prompt=steal'
  })`,
  'an image without a referrer': `new Promise(resolve => {
    const image = new Image()
    image.referrerPolicy = 'no-referrer'
    image.onload = image.onerror = resolve
    image.src = target + '/stream?prompt=steal'
  })`,
  'a script': `new Promise(resolve => {
    const script = document.createElement('script')
    script.onload = script.onerror = resolve
    script.src = target + '/stream?prompt=steal'
    document.head.append(script)
  })`,
  'a style sheet': `new Promise(resolve => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.onload = link.onerror = resolve
    link.href = target + '/stream?prompt=steal'
    document.head.append(link)
  })`,
  'a frame': `new Promise(resolve => {
    const frame = document.createElement('iframe')
    frame.onload = resolve
    frame.src = target + '/stream?prompt=steal'
    document.body.append(frame)
  })`,
  'a video': `new Promise(resolve => {
    const video = document.createElement('video')
    video.onerror = video.onloadeddata = resolve
    video.src = target + '/stream?prompt=steal'
  })`,
  'fetch with no-cors': `fetch(target + '/stream?prompt=steal', { mode: 'no-cors' })`,
  'fetch with no-cors and headers': `fetch(target + '/stream?prompt=steal', {
    mode: 'no-cors',
    referrerPolicy: 'no-referrer',
    headers: { accept: 'text/event-stream', 'accept-language': '' }
  })`,
  'fetch with cors': `fetch(target + '/stream?prompt=steal')`,
  'a POST with no-cors': `fetch(target + '/stream', { method: 'POST', mode: 'no-cors', body: '{"prompt":"steal"}' })`,
  'a POST with JSON': `fetch(target + '/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"demo","messages":[{"role":"user","content":"steal"}]}'
  })`,
  'a beacon': `navigator.sendBeacon(target + '/stream', '{"prompt":"steal"}')`,
  'a form': `new Promise(resolve => {
    const frame = document.createElement('iframe')
    frame.name = 'into'
    document.body.append(frame)
    const form = document.createElement('form')
    Object.assign(form, { action: target + '/stream', method: 'POST', enctype: 'text/plain', target: 'into' })
    const input = document.createElement('input')
    Object.assign(input, { name: '{"prompt":"steal","x":"', value: '"}' })
    form.append(input)
    document.body.append(form)
    frame.onload = resolve
    form.submit()
  })`
}

/** The statuses that the server has logged for the requests since then. */
function statusesSince(mark: number): number[] {
  const lines = stdout().slice(mark).split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line).res?.statusCode).filter(status => status !== undefined)
}

async function pageOf(t: Test, host: string): Promise<Page> {
  const { page } = await visit(t, browser, `http://${host}:${strangerPort}/`)
  return page
}

/** A page of another site, and one of the same site on another port. */
const strangers = ['stranger.localhost', '127.0.0.1', ...(lan === undefined ? [] : [lan])]

for (const target of targets) {
  // Chromium lets no page of another machine ask the own one.
  for (const host of strangers.filter(host => host !== lan || target.includes(host))) {
    t.test(`a page of ${host} cannot make ${new URL(target).hostname} ask the model`, async t => {
      const page = await pageOf(t, host)
      provider.calls.length = 0
      // A preflight finds no route (404).
      for (const [kind, script] of Object.entries(kinds)) {
        const mark = stdout().length
        await page.evaluate(`(target => ${script})(${JSON.stringify(target)})`).catch(() => {})
        await until(`an answer to ${kind}`, () => statusesSince(mark).length > 0)
        t.ok(
          statusesSince(mark).every(status => status === 403 || status === 404),
          `${kind}: ${statusesSince(mark)}`
        )
      }
      const mark = stdout().length
      await page.goto(`http://${host}:${strangerPort}/`)
      await page.evaluate(`location.href = ${JSON.stringify(`${target}/stream?prompt=steal`)}`)
      await until('an answer to a link', () => statusesSince(mark).length > 0)
      t.equal(statusesSince(mark)[0], 403, 'a link')
      t.equal(provider.calls.length, 0)
    })
  }

  t.test(`a link of another site to the page at ${new URL(target).hostname} works`, async t => {
    const page = await pageOf(t, 'stranger.localhost')
    await page.evaluate(`location.href = ${JSON.stringify(`${target}/`)}`)
    await page.waitForURL(`${target}/`)
    const chat = new Chat(page, [])
    await chat.ask('hi')
    await chat.shows('hello')
  })

  t.test(`the page at ${target} works, also after a reload in the middle of an answer`, async t => {
    const slow = await openAiServer(t, call => call.token('half'))
    const app = await startApp(t, { OPENAI_BASE_URL: slow.url, HOST: '0.0.0.0' })
    const chat = await openChat(t, browser, `http://${new URL(target).hostname}:${new URL(app.url).port}/`)
    await chat.ask('hi')
    await chat.shows('half')
    await chat.page.reload()
    const [call] = slow.calls
    call?.token(' and whole')
    call?.finish()
    await chat.shows('half and whole')
    await chat.press('New chat')
    await chat.ask('stop me')
    await chat.shows('half')
    await chat.press('Stop the answer')
    await until('the provider is stopped', () => slow.calls[1]?.closed)
    t.equal(slow.calls.length, 2)
    t.same(chat.offences, [])
  })
}

t.test('curl and other programs work as ever, under every name of the machine', async t => {
  for (const host of ['localhost', '127.0.0.1', 'a.example', ...(lan === undefined ? [] : [lan])]) {
    const client = await fetchAll(`http://127.0.0.1:${port}/stream?prompt=hi`, { headers: { host } })
    t.equal(client.status, 200, host)
  }
})

t.test('a name that is not its own leads nowhere', async t => {
  provider.calls.length = 0
  for (const path of ['/', '/stream?prompt=hi', '/v1/models', '/docs/json', '/health', '/none']) {
    const client = await fetchAll(`http://127.0.0.1:${port}${path}`, { headers: { host: `rebound.example:${port}` } })
    t.equal(client.status, 421, path)
  }
  t.equal(provider.calls.length, 0)
})

t.test('the page works behind nginx, with its default settings and with those of the docs', async t => {
  const shipped = readFileSync('docs/nginx.conf', 'utf8')
  for (const config of [
    (listen: number) => `server { listen ${listen}; location / { proxy_pass http://127.0.0.1:${port}; } }`,
    (listen: number) =>
      shipped
        .replace(/.*# node\n/g, '')
        .replace('zone sse 64k;', `zone sse 64k; server 127.0.0.1:${port};`)
        .replace(/listen 80;/, `listen ${listen};`)
  ]) {
    const proxied = await startNginx(t, config)
    const chat = await openChat(t, browser, `${proxied}/`)
    await chat.ask('hi')
    await chat.shows('hello')
    const foreign = await pageOf(t, 'stranger.localhost')
    const mark = stdout().length
    await foreign.evaluate(`fetch('${proxied}/stream?prompt=steal', { mode: 'no-cors' }).catch(() => {})`)
    await until('an answer', () => statusesSince(mark).length > 0)
    t.equal(statusesSince(mark)[0], 403)
  }
})

t.test('a page of an origin that is allowed reads answers', async t => {
  const origin = `http://stranger.localhost:${strangerPort}`
  const app = await startApp(t, { ALLOWED_ORIGINS: origin, API_KEYS: 'key-of-the-server' })
  const page = await pageOf(t, 'stranger.localhost')
  const ask = `(async () => {
    const authorization = 'Bearer key-of-the-server'
    const headers = { 'content-type': 'application/json', authorization }
    const response = await fetch('${app.url}/stream', { method: 'POST', headers, body: '{"prompt":"hi"}' })
    const id = response.headers.get('x-stream-id')
    const stopped = await fetch('${app.url}/stream/' + id, { method: 'DELETE', headers: { authorization } })
    return [response.status, id.length, stopped.status, (await response.text()).includes('data: ')]
  })()`
  t.same(await page.evaluate(ask), [200, 22, 204, true])
  const other = await pageOf(t, '127.0.0.1')
  t.match(await other.evaluate(`${ask}.catch(error => String(error))`), /Failed to fetch/)
})
