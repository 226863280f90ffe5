import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { root } from '../../helpers/markdown.js'
import { sendOddChunks } from '../../helpers/odd-chunks.js'
import { openAiServer } from '../../helpers/openai-server.js'
import type { Checks } from '../check.js'
import type { Program } from '../program.js'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const DONE = 'event: done\nid: fastify-sse-from:end\ndata: {}\n\n'

export const readme: Checks = {
  'fastify-sse-from': (t, { commands }) => {
    const { fastify: _, ...peers } = manifest.peerDependencies
    const needed = Object.keys(peers).filter(name => !(name in manifest.peerDependenciesMeta))
    t.strictSame(commands, [`npm install ${[manifest.name, ...needed].join(' ')}`])
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
