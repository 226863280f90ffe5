import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type OpenStreamOptions, openStream } from '../../client/index.js'
import { bundle } from '../helpers/bundle.js'
import { startChromium, visit } from '../helpers/chromium.js'
import { root } from '../helpers/markdown.js'
import { all, broken, DONE, events, hangUp, type Script, scriptedServer, status } from '../helpers/scripted-server.js'
import { until } from '../helpers/until.js'

/** So long that only an event of the browser ends a wait. */
const LONG = { retryDelay: 1e9, maxRetryDelay: 1e9 }

/** Makes this process look like a page, with the events that a test fires. */
function page(t: Test) {
  const listening = new Map<string, Set<() => void>>()
  const document = { hidden: false }
  t.intercept(globalThis, 'addEventListener' as never, {
    configurable: true,
    value: (type: string, listener: () => void, { signal }: { signal: AbortSignal }) => {
      const listeners = listening.get(type) ?? new Set()
      listening.set(type, listeners.add(listener))
      signal.addEventListener('abort', () => listeners.delete(listener))
    }
  })
  t.intercept(globalThis, 'document' as never, { configurable: true, value: document })
  return {
    document,
    fire: (type: string) => listening.get(type)?.forEach(listener => void listener()),
    count: () => [...listening.values()].reduce((sum, { size }) => sum + size, 0)
  }
}

/** Opens a stream whose first connection fails, and reads it until it waits. */
async function waiting(t: Test, options: OpenStreamOptions, ...scripts: [Script, ...Script[]]) {
  const { url, calls } = await scriptedServer(t, ...scripts)
  let waits = 0
  const stream = openStream(url, { ...LONG, ...options, onReconnect: () => void waits++ })
  const text = stream.text().catch(error => error)
  await until('it waits', () => waits > 0)
  return { stream, text, calls, waits: () => waits }
}

for (const type of ['online', 'pageshow', 'visibilitychange']) {
  t.test(`${type} ends a wait, and no listener stays`, async t => {
    const { fire, count } = page(t)
    const { text } = await waiting(t, {}, broken('id: 1\ndata: a\n\n'), all(`data: b\n\n${DONE}`))
    t.equal(count(), 3)
    fire(type)
    t.equal(await text, 'ab')
    t.equal(count(), 0)
  })
}

t.test('a page that is hidden does not ask', async t => {
  const { fire, document } = page(t)
  const { text, calls } = await waiting(t, {}, broken('id: 1\ndata: a\n\n'), all(DONE))
  document.hidden = true
  fire('visibilitychange')
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(calls.length, 1)
  document.hidden = false
  fire('visibilitychange')
  t.equal(await text, 'a')
})

t.test('the count of retries starts again', async t => {
  const { fire } = page(t)
  const { text, calls, waits } = await waiting(t, { maxRetries: 1 }, hangUp, hangUp, hangUp, all(`data: a\n\n${DONE}`))
  for (let i = 1; i <= 3; i++) {
    await until('it waits', () => waits() === i)
    fire('online')
  }
  t.equal(await text, 'a')
  t.equal(calls.length, 4)
})

t.test('the server gets the time that it asks for', async t => {
  const { fire } = page(t)
  const { text, calls } = await waiting(
    t,
    { maxRetryDelay: 1e9 },
    status(503, '', { 'retry-after': '1' }),
    all(`data: a\n\n${DONE}`)
  )
  const since = performance.now()
  fire('online')
  t.equal(await text, 'a')
  t.ok(performance.now() - since > 900)
  t.equal(calls.length, 2)
})

t.test('wake: false leaves it to the page', async t => {
  const { fire, count } = page(t)
  const { stream, text } = await waiting(t, { wake: false }, broken('id: 1\ndata: a\n\n'), all(DONE))
  t.equal(count(), 0)
  fire('online')
  stream.retryNow()
  t.equal(await text, 'a')
})

t.test('a stream that is closed, or never read, leaves no listener', async t => {
  const { count } = page(t)
  openStream('http://127.0.0.1:1/')
  t.equal(count(), 0)
  const { stream, text } = await waiting(t, {}, hangUp)
  t.equal(count(), 3)
  stream.close()
  t.match(await text, { name: 'AbortError' })
  t.equal(count(), 0)
})

t.test('in Chromium, an answer goes on when the network is back', async t => {
  const client = await bundle({ entryPoints: [join(root, 'client/index.ts')], format: 'iife', globalName: 'sse' })
  const answers = [events('id: 1\ndata: a\n\n'), all(`data: b\n\n${DONE}`)]
  const html = all(`<!doctype html><script>${client}</script>`, { 'content-type': 'text/html' })
  const { url, calls } = await scriptedServer(t, call => {
    const script = call.url === '/stream' ? answers.shift() : html
    script?.(call)
  })
  const { page } = await visit(t, await startChromium(t), url)
  const text = page.evaluate(() => {
    const { openStream } = (globalThis as unknown as { sse: typeof import('../../client/index.js') }).sse
    const { document } = globalThis as unknown as { document: { body: { append(text: string): void } } }
    const tell = (what: string) => () => document.body.append(what)
    const told = { onOpen: tell('open '), onReconnect: tell('waiting ') }
    return openStream('/stream', { retryDelay: 1e9, maxRetryDelay: 1e9, ...told }).text()
  })
  await page.getByText('open').waitFor()
  const streaming = () => calls.find(call => call.url === '/stream')
  await page.context().setOffline(true)
  streaming()?.response.destroy()
  await page.getByText('waiting').waitFor()
  await page.context().setOffline(false)
  t.equal(await text, 'ab')
})
