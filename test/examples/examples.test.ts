import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HttpAgent } from '@ag-ui/client'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { eventStoreConformance } from '../../plugin/stores/conformance/conformance.js'
import { open } from '../helpers/client.js'
import { startNginx } from '../helpers/nginx.js'
import { openAiServer } from '../helpers/openai-server.js'
import { redisServer } from '../helpers/redis-server.js'
import { tcpProxy } from '../helpers/tcp-proxy.js'
import { until } from '../helpers/until.js'
import { type Example, runExample, startExample } from './run-example.js'

t.test('minimal: tokens arrive one by one, and the source stops when its client leaves', async t => {
  const example = await startExample(t, 'minimal.ts')
  const client = example.open('/stream')
  for (const token of ['One', ' token']) {
    await example.tick()
    await client.has(`data: ${token}\n\n`)
  }
  await until('the source waits', () => example.isAsleep)
  client.leave()
  await until('the source is told', () => example.aborted === 1)
  const whole = example.open('/stream')
  await example.tick(6)
  await whole.end()
  t.match(whole.events().at(-1), { event: 'done', data: '{"finishReason":"stop"}' })
  await endsOnCtrlC(t, example)
})

t.test('typed-route: what is not declared does not reach the client', async t => {
  const example = await startExample(t, 'typed-route.ts')
  const client = example.open('/answer')
  await example.tick(2)
  await client.end()
  t.strictSame(
    client.events().map(({ event = 'message', data }) => [event, data]),
    [
      ['message', 'Events end'],
      ['message', ' with an empty line.'],
      ['citation', '{"title":"HTML Standard","url":"https://html.spec.whatwg.org/"}'],
      ['done', '{"finishReason":"stop"}']
    ]
  )
  await endsOnCtrlC(t, example)
})

t.test('client: reads what minimal streams', async t => {
  const server = await startExample(t, 'minimal.ts')
  const client = runExample(t, 'client.ts', { env: { URL: `${server.url}/stream` } })
  await server.tick()
  await client.says(/^One$/)
  await server.tick(5)
  t.equal(await client.exit(), 0)
  t.equal(client.output, 'One token after the other.\ndone: {"finishReason":"stop"}\n')
})

t.test('client: goes on after a lost connection where the server can', async t => {
  const redis = await redisServer(t)
  const server = await startExample(t, 'resumable-redis.ts', redisOf(redis.port))
  const proxy = await tcpProxy(t, server.port)
  const client = runExample(t, 'client.ts', { env: { URL: `http://127.0.0.1:${proxy.port}/answer` } })
  await server.tick(2)
  await client.says('1 2 ')
  proxy.reset()
  await client.says('try 1 in ')
  await server.tick(18)
  t.equal(await client.exit(), 0)
  t.match(client.output, '3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \ndone: {}\n')
})

t.test('client: leaves on Ctrl-C', async t => {
  const server = await startExample(t, 'minimal.ts')
  const client = runExample(t, 'client.ts', { env: { URL: `${server.url}/stream` } })
  await server.tick()
  await client.says('One')
  await endsOnCtrlC(t, client)
  await until('the source is told', () => server.aborted === 1)
})

t.test("openai-route: OpenAI's client streams from it", async t => {
  const example = await startExample(t, 'openai-route.ts')
  const openai = new OpenAI({ apiKey: 'none', baseURL: `${example.url}/v1`, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const asked = openai.chat.completions.create({ model: 'parrot', messages, stream: true })
  const tokens: (string | null | undefined)[] = []
  await example.tick()
  for await (const { choices } of await asked) {
    const { delta, finish_reason } = choices[0] ?? {}
    if (delta?.content) tokens.push(delta.content)
    if (delta?.content && tokens.length < 3) await example.tick()
    if (finish_reason) tokens.push(finish_reason)
  }
  t.strictSame(tokens, ['You ', 'said: ', 'hi', 'stop'])
  await endsOnCtrlC(t, example)
})

t.test('gateway: clients of three APIs, of useChat and of AG-UI get the same model', async t => {
  const provider = await openAiServer(t, call => {
    call.token('Hello')
    call.finish()
  })
  const env = { PROVIDER_URL: provider.url, PROVIDER_KEY: 'sk-provider', API_KEYS: 'key-1,key-2', MODEL: 'small' }
  const example = await startExample(t, 'gateway.ts', { env })
  const openai = new OpenAI({ apiKey: 'key-1', baseURL: `${example.url}/v1`, maxRetries: 0 })
  const anthropic = new Anthropic({ apiKey: 'key-2', baseURL: example.url, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const { choices } = await openai.chat.completions.create({ model: 'small', messages })
  t.equal(choices[0]?.message.content, 'Hello')
  t.equal((await openai.responses.create({ model: 'small', input: 'hi' })).output_text, 'Hello')
  const message = await anthropic.messages.create({ model: 'any', max_tokens: 100, messages })
  t.match(message.content, [{ type: 'text', text: 'Hello' }])
  const headers = { authorization: 'Bearer key-1' }
  const chat = { id: 'chat-1', messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }] }
  const answer = example.open('/api/chat', { body: chat, headers })
  await answer.end()
  t.match(answer.text(), /"type":"text-delta".+"delta":"Hello"/)
  const agent = new HttpAgent({ url: `${example.url}/agent`, headers })
  agent.addMessage({ id: '1', role: 'user', content: 'hi' })
  await agent.runAgent()
  t.match(agent.messages.at(-1), { role: 'assistant', content: 'Hello' })
  t.ok(
    provider.calls.every(
      ({ body, headers }) => body.model === 'small' && headers.authorization === 'Bearer sk-provider'
    )
  )
  await t.rejects(new OpenAI({ apiKey: 'no', baseURL: `${example.url}/v1` }).models.list(), { status: 401 } as never)
  await endsOnCtrlC(t, example)
})

t.test('custom-protocol: events, the end and an error have the form of the protocol', async t => {
  const example = await startExample(t, 'custom-protocol.ts')
  const whole = example.open('/stream')
  await example.tick(2)
  const failing = example.open('/failing')
  for (const client of [whole, failing]) {
    await client.end()
    t.match(client, { status: 200, ended: 'clean', headers: { 'x-protocol': 'deltas' } })
  }
  t.strictSame(
    whole.events().map(({ data }) => JSON.parse(data)),
    [
      { type: 'delta', text: 'Hello' },
      { type: 'delta', text: ' again' },
      { type: 'end', count: 2 }
    ]
  )
  t.strictSame(
    failing.events().map(({ data }) => JSON.parse(data)),
    [
      { type: 'delta', text: 'Hello' },
      { type: 'error', statusCode: 429, message: 'The model has hung up' }
    ]
  )
  await endsOnCtrlC(t, example)
})

t.test('resumable-redis: the rest of an answer comes after a lost connection, and all of it by its id', async t => {
  const redis = await redisServer(t)
  const example = await startExample(t, 'resumable-redis.ts', redisOf(redis.port))
  const first = example.open('/answer')
  await example.tick(2)
  await first.has('data: 2 \n\n')
  const { id } = first.events().at(-1) ?? {}
  first.leave()
  await example.tick(18)
  const rest = example.open('/answer', { headers: { 'last-event-id': String(id) } })
  await rest.end()
  t.match(rest.events()[0], { data: '3 ' })
  t.equal(rest.events().length, 19)
  const whole = example.open(`/answer/${first.headers['x-stream-id']}`)
  await whole.end()
  t.equal(whole.events().length, 21)
  const stop = example.open('/answer/unknown', { method: 'DELETE' })
  await stop.end()
  t.equal(stop.status, 404)
  await endsOnCtrlC(t, example)
})

t.test('two-nodes: an answer goes on at the other node, and is stopped from there', async t => {
  const redis = await redisServer(t)
  const example = await startExample(t, 'two-nodes.ts', redisOf(redis.port), 2)
  const other = `http://127.0.0.1:${example.port + 1}`
  const first = example.open('/answer')
  await example.tick(2)
  await first.has('data: 2 ')
  const { id } = first.events().at(-1) ?? {}
  first.leave()
  const rest = open(`${other}/answer`, { headers: { 'last-event-id': String(id) } })
  await example.tick()
  await rest.has(`data: 3 from port ${example.port}\n\n`)
  await until('the source waits', () => example.isAsleep)
  const stop = open(`${other}/answer/${first.headers['x-stream-id']}`, { method: 'DELETE' })
  await stop.end()
  t.equal(stop.status, 204)
  await until('the source is told', () => example.aborted === 1)
  await rest.end()
  await endsOnCtrlC(t, example)
})

t.test('graceful-shutdown: an answer that runs is finished', async t => {
  const example = await startExample(t, 'graceful-shutdown.ts')
  const client = example.open('/stream')
  await example.tick()
  await client.has('1 ')
  example.kill('SIGTERM')
  await until('the server takes no more streams', async () => {
    const late = example.open('/stream', { method: 'HEAD' })
    await late.end()
    return late.status === undefined
  })
  await example.tick(9)
  await client.end()
  t.match(client.events().at(-1), { event: 'done' })
  t.equal(await example.exit(), 0, example.output)
})

t.test('behind-nginx: each token passes, and the server knows its client', async t => {
  const example = await startExample(t, 'behind-nginx/server.ts')
  const config = await readFile(join(import.meta.dirname, '../../examples/behind-nginx/nginx.conf'), 'utf8')
  const fill = (port: number) => config.replace('8080', `127.0.0.1:${port}`).replace('3000', `${example.port}`)
  const client = open(`${await startNginx(t, fill)}/stream`, { headers: { 'x-forwarded-for': '192.0.2.7' } })
  await client.has('data: Hello, 192.0.2.7.\n\n')
  for (const token of [' No', ' buffer']) {
    await example.tick()
    await client.has(`data: ${token}\n\n`)
  }
  await until('the source waits', () => example.isAsleep)
  client.leave()
  await until('the source is told', () => example.aborted === 1)
  await endsOnCtrlC(t, example)
})

t.test('custom-store: a stream goes on from it', async t => {
  const example = await startExample(t, 'custom-store/server.ts')
  const first = example.open('/answer')
  await example.tick(2)
  await first.has('data: 2 \n\n')
  const { id } = first.events().at(-1) ?? {}
  first.leave()
  const rest = example.open('/answer', { headers: { 'last-event-id': String(id) } })
  await example.tick(18)
  await rest.end()
  t.match(rest.events()[0], { data: '3 ' })
  t.match(rest.events().at(-1), { event: 'done' })
  await endsOnCtrlC(t, example)
})

t.test('custom-store: the store passes the conformance suite', async t => {
  const example = runExample(t, 'custom-store/conformance.ts', { hasRealTime: true })
  t.equal(await example.exit(), 0, example.output)
  t.match(example.output, `pass ${eventStoreConformance.length}\n`)
})

t.test('the README has every program, and links to nothing else', async t => {
  const folder = join(import.meta.dirname, '../../examples')
  const readme = await readFile(join(folder, 'README.md'), 'utf8')
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
  for (const link of links) t.ok(existsSync(join(folder, link)), link)
  const files = await readdir(folder, { recursive: true })
  const programs = files.filter(file => /\.(ts|conf)$/.test(file))
  t.strictSame(
    programs.filter(file => !links.includes(file) && !links.includes(dirname(file))),
    []
  )
})

async function endsOnCtrlC(t: Test, example: Example) {
  example.kill('SIGINT')
  t.equal(await example.exit(), 0, example.output)
}

function redisOf(port: number) {
  return { env: { REDIS_URL: `redis://127.0.0.1:${port}` } }
}
