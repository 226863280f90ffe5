import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { bundle } from '../../helpers/bundle.js'
import { startChromium, visit } from '../../helpers/chromium.js'
import { pageOf, root } from '../../helpers/markdown.js'
import { sendOddChunks } from '../../helpers/odd-chunks.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import type { Checks } from '../check.js'
import { type Program, snippetFolder } from '../program.js'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const DONE = 'event: done\nid: fastify-sse-from:end\ndata: {}\n\n'

export const readme: Checks = {
  'fastify-sse-from': (t, { commands }) => {
    const { fastify: _, ...peers } = manifest.peerDependencies
    const needed = Object.keys(peers).filter(name => !(name in manifest.peerDependenciesMeta))
    t.strictSame(commands, [`npm install ${[manifest.name, ...needed].join(' ')}`, 'npm pkg set type=module'])
  },

  'fastify-sse-from (2)': async (t, program) => {
    await t.test('streams the tokens of the provider', t => streams(t, program))
    await t.test('skips chunks without text, and does not take an empty finish_reason for the end', t =>
      isCareful(t, program)
    )
    await t.test('answers with the status of the provider', t => refuses(t, program))
    await t.test('asks for a prompt', async t => {
      const app = await program.app(t)
      t.equal((await app.inject('/stream')).statusCode, 400)
    })
  },

  'A chat': async (t, program) => {
    await t.test('answers, remembers, and stops for its owner', t => chats(t, program))
  },

  'A chat (3)': (t, { code }) => {
    t.match(code, 'openStream') // it runs in the page of the first
  },

  'A chat (4)': (t, { commands }) => {
    const [install, bundle, start] = commands
    t.match(install, /^npm install @fastify\/static esbuild$/)
    t.match(bundle, /^npx esbuild page.js --bundle --outfile=public\/page.js$/)
    t.match(start, / node server.ts$/)
  },

  'An answer that survives its connection': async (t, program) => {
    process.env.OWNER_KEY = 'the secret of this test'
    const app = await program.app(t)
    const as = (authorization: string, more = {}) => ({ url: '/answer', headers: { authorization, ...more } })
    const whole = await app.inject(as('Bearer secret'))
    const id = String(whole.headers['x-stream-id'])
    t.match(whole.body, /data: Hello\n\n.+data: {2}again\n\n.+event: done\n/s)
    const rest = await app.inject(as('Bearer secret', { 'last-event-id': `${id}:1` }))
    t.match(rest.body, /^id: .+:2\ndata: {2}again\n\n.+event: done\n/s)
    const stranger = await app.inject(as('Bearer stolen', { 'last-event-id': `${id}:1` }))
    t.match([stranger.statusCode, stranger.json()], [401, { message: 'sign in first' }])
  },

  'Try it': (t, { commands }) => {
    t.strictSame(commands, ['npm start', 'npm test'])
    t.match(manifest.scripts, { start: String, test: String })
  }
}

/** The chat of the page: its server, its HTML and its script, in Chromium, with a provider that waits. */
async function chats(t: Test, program: Program): Promise<void> {
  const { snippets } = pageOf('README.md')
  const part = (name: string) => snippets.find(snippet => snippet.name === name)?.code as string
  const folder = join(snippetFolder(t, 'chat'), 'public')
  await mkdir(folder)
  await writeFile(join(folder, 'index.html'), part('A chat (2)'))
  const stdin = { contents: part('A chat (3)'), resolveDir: root }
  await writeFile(join(folder, 'page.js'), await bundle({ stdin }))
  const provider = await openAiServer(t, () => {})
  const { app } = await program.load<{ app: FastifyInstance }>('app', code =>
    code.replace('openAiSource({', `openAiSource({ baseURL: '${provider.url}',`).replace(/`.+\/public`/, `'${folder}'`)
  )
  t.teardown(() => app.close())
  const { page, offences } = await visit(t, await startChromium(t), app.listeningOrigin)
  const ask = async (prompt: string) => {
    await page.locator('[name=prompt]').fill(prompt)
    await page.getByRole('button', { name: 'Ask' }).click()
    return provider.next()
  }
  const shows = (text: string) => page.locator('pre', { hasText: text }).waitFor({ timeout: 10_000 })

  const first = await ask('one')
  first.token('First')
  await shows('First')
  first.finish()
  await until('the answer is whole', () => first.closed)
  const second = await ask('two')
  t.match(second.body.messages, [{ content: 'one' }, { role: 'assistant', content: 'First' }, { content: 'two' }])
  second.token('Second')
  await shows('Second')
  await page.getByRole('button', { name: 'Stop' }).click()
  await until('the provider is stopped', () => second.closed)
  const third = await ask('three')
  third.refuse(400)
  await shows('400')
  t.strictSame(offences, [])

  t.equal((await app.inject('/stream?prompt=hi')).statusCode, 401, 'a stranger may not ask')
  t.equal((await app.inject({ method: 'DELETE', url: '/stream/abc' })).statusCode, 401, 'nor stop anything')
}

async function streams(t: Test, program: Program): Promise<void> {
  const provider = await openAiServer(t, call => {
    call.token('Hel')
    call.token('lo')
    call.finish()
  })
  const app = await appWith(t, program, provider.url)
  t.equal((await app.inject('/stream?prompt=hi')).body, `data: Hel\n\ndata: lo\n\n${DONE}`)
  t.match(provider.calls[0]?.body, { stream: true, messages: [{ role: 'user', content: 'hi' }] })
}

async function isCareful(t: Test, program: Program): Promise<void> {
  let isWhole = true
  const provider = await openAiServer(t, ({ response }) => sendOddChunks(response, isWhole, true))
  const app = await appWith(t, program, provider.url)
  t.equal((await app.inject('/stream?prompt=hi')).body, `data: Hello\n\n${DONE}`)
  isWhole = false
  t.match((await app.inject('/stream?prompt=hi')).body, /^data: Hello\n\nevent: error\n.*\n.*FST_SSE_SOURCE_TRUNCATED/)
}

async function refuses(t: Test, program: Program): Promise<void> {
  const provider = await openAiServer(t, ({ response }) => {
    response.writeHead(429, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"slow down"}}')
  })
  const app = await appWith(t, program, provider.url)
  t.equal((await app.inject('/stream?prompt=hi')).statusCode, 429)
  t.equal(provider.calls.length, 1)
}

function appWith(t: Test, program: Program, provider: string) {
  process.env.OPENAI_BASE_URL = provider
  process.env.OPENAI_API_KEY = 'key'
  return program.app(t)
}
