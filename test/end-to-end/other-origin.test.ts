import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import cors from '@fastify/cors'
import { build } from 'esbuild'
import t, { type Test } from 'tap'
import {
  agUiRoutes,
  anthropicRoutes,
  apiKeyGuard,
  chatRoutes,
  corsOptions,
  type Generate,
  openAiRoutes,
  originGuard,
  responsesRoutes,
  streamRoutes
} from '../../routes/index.js'
import { startChromium, visit } from '../helpers/chromium.js'
import { fetchAll } from '../helpers/client.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

t.setTimeout(240_000)

/** What a page runs, with the SDKs in it: each function gives what the page has read. */
const script = `
  import Anthropic from '@anthropic-ai/sdk'
  import OpenAI from 'openai'
  import { DefaultChatTransport } from 'ai'
  import { HttpAgent } from '@ag-ui/client'
  import { openStream } from './client/index.js'

  const apiKey = 'secret'
  const headers = { authorization: 'Bearer secret' }
  const messages = [{ role: 'user', content: 'hi' }]
  const openai = url => new OpenAI({ baseURL: url + '/v1', apiKey, maxRetries: 0, dangerouslyAllowBrowser: true })

  Object.assign(globalThis, {
    async chat(url) {
      let text = ''
      const { completions } = openai(url).chat
      for await (const { choices } of await completions.create({ model: 'a', messages, stream: true })) {
        text += choices[0]?.delta.content ?? ''
      }
      return { text, models: (await openai(url).models.list()).data.map(({ id }) => id) }
    },
    async refused(url) {
      const question = [{ role: 'user', content: 'slowly' }]
      const error = await openai(url).chat.completions.create({ model: 'a', messages: question }).catch(error => error)
      return { status: error.status, after: error.headers?.get('retry-after'), request: error.requestID }
    },
    async background(url) {
      const { responses } = openai(url)
      const { id } = await responses.create({ model: 'a', input: 'wait', background: true })
      const { status } = await responses.cancel(id)
      await responses.delete(id)
      return { status, left: await responses.retrieve(id).catch(error => error.status) }
    },
    async message(url) {
      const client = new Anthropic({ baseURL: url, apiKey, maxRetries: 0, dangerouslyAllowBrowser: true })
      return (await client.messages.stream({ model: 'a', max_tokens: 9, messages }).finalMessage()).content[0].text
    },
    async stopped(url) {
      const stream = openStream(url + '/stream', { headers, body: { prompt: 'wait' } })
      const events = []
      for await (const { event } of stream) {
        events.push(event)
        if (event === 'message') await stream.stop()
      }
      return { hasId: stream.id !== undefined, events }
    },
    async page(url) {
      const chat = new DefaultChatTransport({ api: url + '/api/chat', headers })
      const parts = [{ type: 'text', text: 'hi' }]
      const sent = { trigger: 'submit-message', chatId: 'c', messages: [{ id: '1', role: 'user', parts }] }
      let text = ''
      for await (const chunk of await chat.sendMessages(sent)) text += chunk.delta ?? ''
      return text
    },
    async agent(url) {
      const agent = new HttpAgent({ url: url + '/agent', headers, initialMessages: [{ id: '1', ...messages[0] }] })
      await agent.runAgent()
      return agent.messages.at(-1).content
    },
    plain: url => fetch(url + '/stream?prompt=hi', { headers }).then(({ status }) => status, ({ name }) => name)
  })
`

/** A model that says hello, waits for its signal, or asks its clients to come later. */
const calls: string[] = []
const generate: Generate = async function* ({ messages }, { signal }) {
  const question = String(messages.at(-1)?.content)
  calls.push(question)
  if (question === 'slowly') {
    throw Object.assign(new Error('not so fast'), { statusCode: 429, headers: { 'retry-after': '7' } })
  }
  yield 'Hello'
  if (question === 'wait') {
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    calls.push('aborted')
  }
  return { finishReason: 'stop' }
}

/** A page of another origin, with the script. */
async function startPage(t: Test): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser'
  })
  const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? outputFiles[0]?.contents : html)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

const port = await startPage(t)
const browser = await startChromium(t)
const origin = `http://127.0.0.1:${port}`

/** All ready routes, which ask for a key. */
async function startApi(t: Test, origins: readonly string[], isGuarded: boolean): Promise<string> {
  const { url } = await serve(t, async app => {
    if (isGuarded) app.addHook('onRequest', originGuard({ origins }))
    await app.register(cors, corsOptions({ origins }))
    app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', `id-${request.id}`))
    app.addHook('onRequest', apiKeyGuard({ keys: ['secret'] }))
    for (const routes of [streamRoutes, anthropicRoutes, chatRoutes, agUiRoutes])
      await app.register(routes, { generate })
    for (const routes of [openAiRoutes, responsesRoutes]) await app.register(routes, { generate, models: ['a'] })
  })
  return url
}

async function openPage(t: Test, at: string) {
  const { page, offences } = await visit(t, browser, `${at}/`)
  await until('the script', () => page.evaluate('"plain" in globalThis'))
  return { run: (name: string, url: string) => page.evaluate(`${name}(${JSON.stringify(url)})`), offences }
}

t.test('clients in a page of an origin that is allowed use all routes', async t => {
  const url = await startApi(t, [origin], true)
  const { run, offences } = await openPage(t, origin)
  t.same(await run('chat', url), { text: 'Hello', models: ['a'] })
  t.match(await run('refused', url), { status: 429, after: '7', request: /^id-/ })
  t.same(await run('background', url), { status: 'cancelled', left: 404 })
  t.equal(await run('message', url), 'Hello')
  t.same(await run('stopped', url), { hasId: true, events: ['message'] })
  t.equal(calls.filter(call => call === 'aborted').length, 2, 'the response in the background, and the stream')
  t.equal(await run('page', url), 'Hello')
  t.equal(await run('agent', url), 'Hello')
  t.same(offences, [])
})

t.test('a page of another origin reads nothing, and its preflight is not answered for it', async t => {
  for (const isGuarded of [true, false]) {
    const url = await startApi(t, ['https://app.example.com'], isGuarded)
    const { run } = await openPage(t, origin)
    const before = calls.length
    t.equal(await run('plain', url), 'TypeError')
    t.equal(calls.length, before, 'the model is not asked')
    for (const method of ['OPTIONS', 'GET']) {
      const headers = { origin, 'access-control-request-method': 'POST', authorization: 'Bearer secret' }
      const answer = await fetchAll(`${url}/stream?prompt=hi`, { method, headers })
      t.equal(answer.headers['access-control-allow-origin'], undefined)
      t.equal(answer.headers['access-control-allow-credentials'], undefined)
    }
  }
})
