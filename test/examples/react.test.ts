import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { Finish, Generate } from '../../routes/index.js'
import { chatRoutes, streamRoutes } from '../../routes/index.js'
import { type ScriptedSource, scriptedSource } from '../../testing/index.js'
import { bundle } from '../helpers/bundle.js'
import { startChromium, visit } from '../helpers/chromium.js'
import { root } from '../helpers/markdown.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

type Model = ScriptedSource<string, Finish>

const stop: Finish = { finishReason: 'stop' }
const browser = await startChromium(t)

/** A page that asks as soon as it is shown, and can be taken away. */
const ASKING = `
  import { StrictMode, useEffect } from 'react'
  import { createRoot } from 'react-dom/client'
  import { useStream } from './use-stream.js'

  function Asking() {
    const { text, ask } = useStream('/stream')
    useEffect(() => void ask({ prompt: 'at once' }), [])
    return <output>{text}</output>
  }

  const tree = createRoot(document.querySelector('#root'))
  tree.render(<StrictMode><Asking /></StrictMode>)
  globalThis.unmount = () => tree.unmount()
`

t.test('examples/react/use-stream.ts', async t => {
  const script = await bundle({ entryPoints: [join(root, 'examples/react/chat.tsx')] })

  t.test('shows an answer as it comes', async t => {
    const { page, model, prompts } = await open(t, script)
    await ask(page, 'hi')
    await model.give('Hello')
    await shows(page, 'output', 'Hello')
    await shows(page, '[role=status]', 'running')
    await model.give(' again')
    model.end(stop)
    await shows(page, '[role=status]', 'complete')
    await shows(page, 'output', 'Hello again')
    t.strictSame(prompts, ['hi'])
  })

  t.test('stops the source of an answer that is stopped', async t => {
    const { page, model } = await open(t, script)
    await ask(page, 'hi')
    await model.give('Hello')
    await shows(page, 'output', 'Hello')
    await page.getByRole('button', { name: 'Stop' }).click()
    await shows(page, '[role=status]', 'stopped')
    await isStopped(t, model, 0)
  })

  t.test('a new question stops the answer before it, whose text is gone', async t => {
    const { page, model } = await open(t, script)
    await ask(page, 'one')
    await model.give('First')
    await shows(page, 'output', 'First')
    await ask(page, 'two')
    await isStopped(t, model, 0)
    const second = await model.run(1)
    await second.give('Second')
    await shows(page, 'output', 'Second')
    second.end(stop)
    await shows(page, '[role=status]', 'complete')
    t.equal(model.runs.length, 2)
  })

  t.test('shows its answer again when the page was loaded again, and asks nothing', async t => {
    const { page, model, requests } = await open(t, script)
    await ask(page, 'hi')
    await model.give('Hello')
    await shows(page, 'output', 'Hello')
    await page.reload()
    await shows(page, 'output', 'Hello')
    await shows(page, '[role=status]', 'running')
    await model.give(' again')
    await shows(page, 'output', 'Hello again')
    model.end(stop)
    await shows(page, '[role=status]', 'complete')
    await page.reload()
    await shows(page, '[role=status]', 'complete')
    await shows(page, 'output', 'Hello again')
    t.equal(model.runs.length, 1, 'the model has answered once')
    const [asked, ...others] = requests
    t.equal(asked, 'POST /stream')
    t.ok(others.length >= 2)
    for (const request of others) t.match(request, /^GET \/stream\/[\w-]{22}$/)
  })

  t.test('an answer that is followed again can be stopped, and a new question replaces it', async t => {
    const { page, model } = await open(t, script)
    await ask(page, 'one')
    await model.give('First')
    await shows(page, 'output', 'First')
    await page.reload()
    await shows(page, 'output', 'First')
    await page.getByRole('button', { name: 'Stop' }).click()
    await shows(page, '[role=status]', 'stopped')
    await isStopped(t, model, 0)
    await ask(page, 'two')
    const second = await model.run(1)
    await second.give('Second')
    await shows(page, 'output', 'Second')
    await page.reload()
    await shows(page, 'output', 'Second')
    second.end(stop)
    await shows(page, '[role=status]', 'complete')
  })

  t.test('forgets an answer that the server no longer has', async t => {
    const { page, requests } = await open(t, script)
    await page.evaluate("sessionStorage.setItem('stream of /stream', 'a'.repeat(22))")
    await page.reload()
    await until('the server was asked', () => requests.length > 0)
    await shows(page, '[role=status]', 'none')
    await page.waitForFunction('sessionStorage.length === 0')
    t.strictSame(new Set(requests), new Set([`GET /stream/${'a'.repeat(22)}`]))
  })

  t.test('sends its headers with each request', async t => {
    const { page, model, authorizations } = await open(t, script)
    await ask(page, 'hi')
    await model.give('Hello')
    await shows(page, 'output', 'Hello')
    await page.reload()
    await shows(page, 'output', 'Hello')
    await page.getByRole('button', { name: 'Stop' }).click()
    await isStopped(t, model, 0)
    t.strictSame(
      [...new Set(authorizations)].sort(),
      ['DELETE', 'GET', 'POST'].map(method => `${method} Bearer secret`)
    )
  })

  t.test('shows why an answer failed', async t => {
    const { page, model } = await open(t, script)
    await ask(page, 'hi')
    await model.give('Hello')
    model.fail(Object.assign(new Error('not so fast'), { statusCode: 429 }))
    await shows(page, '[role=status]', 'not so fast')
    await shows(page, 'output', 'Hello')
  })
})

t.test('examples/react/use-stream.ts in an effect', async t => {
  const script = await bundle({ stdin: { contents: ASKING, resolveDir: join(root, 'examples/react'), loader: 'tsx' } })
  const { page, model, requests } = await open(t, script, 0)
  await model.give('Hello')
  await shows(page, 'output', 'Hello')
  t.strictSame(requests, ['POST /stream'], 'StrictMode runs the effect twice, and asks once')

  await page.evaluate('unmount()')
  const run = await model.run()
  await run.over
  t.match(run.signal.reason, { reason: 'abandoned' }, 'a component that is gone has closed its request')
  t.strictSame(requests, ['POST /stream'], 'and stops nothing')
})

t.test('examples/react/use-chat.tsx', async t => {
  const script = await bundle({ entryPoints: [join(root, 'examples/react/use-chat.tsx')] })
  const { page, model } = await open(t, script)
  await ask(page, 'hi')
  await model.give('Hello')
  await shows(page, 'form', 'assistant: Hello')

  await page.reload()
  await shows(page, 'form', 'assistant: Hello')
  await model.give(' again')
  await shows(page, 'form', 'assistant: Hello again')
  t.equal(model.runs.length, 1, 'a page that was loaded again asks nothing')

  await page.getByRole('button', { name: 'Stop' }).click()
  await isStopped(t, model, 0)
  await shows(page, '[role=status]', 'ready')

  await ask(page, 'more')
  model.fail(Object.assign(new Error('not so fast'), { statusCode: 429 }))
  await shows(page, '[role=status]', 'not so fast')
})

/**
 * Opens a page that has this script, on a server whose model answers what the test tells it.
 *
 * @param grace how long an answer waits for its page to come back. Milliseconds.
 */
async function open(t: Test, script: string, grace = 30_000) {
  const model: Model = scriptedSource<string, Finish>()
  const prompts: unknown[] = []
  const generate: Generate = ({ messages }, context) => {
    prompts.push(messages.at(-1)?.content)
    return model(context)
  }
  const requests: string[] = []
  const authorizations: string[] = []
  const { url } = await serve(t, async app => {
    app.addHook('onRequest', async ({ method, url, headers }) => {
      if (!url.startsWith('/stream')) return
      requests.push(`${method} ${url}`)
      authorizations.push(`${method} ${headers.authorization}`)
    })
    app.get('/', (_request, reply) =>
      reply.type('text/html').send('<!doctype html><div id="root"></div><script src="page.js"></script>')
    )
    app.get('/page.js', (_request, reply) => reply.type('text/javascript').send(script))
    await app.register(streamRoutes, { generate, resumable: { onDisconnect: { grace } } })
    await app.register(chatRoutes, { generate })
  })
  const { page } = await visit(t, browser, url)
  return { page, model, prompts, requests, authorizations }
}

async function ask(page: Page, prompt: string): Promise<void> {
  await page.locator('[name=prompt]').fill(prompt)
  await page.getByRole('button', { name: 'Ask' }).click()
}

async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector, { hasText: text }).waitFor({ timeout: 10_000 })
}

async function isStopped(t: Test, model: Model, index: number): Promise<void> {
  const run = await model.run(index)
  await until('the source is aborted', () => run.signal.aborted)
  t.match(run.signal.reason, { reason: 'stopped' })
  run.end(stop)
}
