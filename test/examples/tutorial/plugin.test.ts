import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EventSource } from 'eventsource'
import t, { type Test } from 'tap'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import { runExample, startExample } from '../run-example.js'

t.test('08: headers arrive, tokens flow, and what fails before the first token keeps its status', async t => {
  const example = await startExample(t, 'tutorial/08-readable.ts')
  const client = example.open('/stream')
  for (const token of ['1 ', '2 ']) {
    await example.tick()
    await client.has(`data: ${token}\n\n`)
  }
  t.equal(client.headers['access-control-allow-origin'], '*')
  const refused = example.open('/refused')
  await refused.end()
  t.match(refused, { status: 429 })
  t.match(refused.text(), 'Slow down')
})

t.test('08: the model does not learn that the client has left until its next token', async t => {
  const example = await startExample(t, 'tutorial/08-readable.ts')
  const client = example.open('/stream')
  await example.tick()
  await client.has('1 ')
  client.leave()
  await example.says('stream closed prematurely')
  t.notMatch(example.output, 'the model has stopped')
  await example.tick()
  await example.says('the model has stopped')
})

t.test('08: a failure breaks the connection off, and a truncated answer looks like a whole one', async t => {
  const example = await startExample(t, 'tutorial/08-readable.ts')
  const failing = example.open('/failing')
  await example.tick(2)
  await failing.end()
  t.match(failing, { status: 200, ended: 'broken' })
  const cut = example.open('/cut')
  await example.tick(2)
  await cut.end()
  t.match(cut, { status: 200, ended: 'clean' })
  t.equal(cut.text(), 'data: 1 \n\ndata: 2 \n\n')
})

t.test('09: headers arrive, tokens flow, and the last event says that all is there', async t => {
  const example = await startExample(t, 'tutorial/09-plugin.ts')
  for (const method of ['GET', 'POST']) {
    const client = example.open('/stream', method === 'GET' ? {} : { body: {} })
    for (let n = 1; n <= 10; n++) {
      await example.tick()
      await client.has(`data: ${n}\ndata: \n\n`)
    }
    await client.end()
    t.match(client, { status: 200, ended: 'clean', headers: { 'access-control-allow-origin': '*' } })
    t.match(client.events()[0], { data: '1\n' })
    t.match(client.events().at(-1), { event: 'done', data: '{}' })
  }
})

t.test('09: the model stops at once when the client leaves, also after a POST', async t => {
  const example = await startExample(t, 'tutorial/09-plugin.ts')
  for (const [i, options] of [{}, { body: {} }].entries()) {
    const client = example.open('/stream', options)
    await example.tick()
    await client.has('data: 1\n')
    await until('the model thinks', () => example.isAsleep)
    client.leave()
    await until('the model is told', () => example.aborted === i + 1)
  }
  t.match(example, { sleeps: 4, aborted: 2 })
})

t.test('09: what fails before the first token has its status, and what fails later an event', async t => {
  const example = await startExample(t, 'tutorial/09-plugin.ts')
  const refused = example.open('/refused')
  await refused.end()
  t.match(refused, { status: 429, headers: { 'content-type': /^application\/json/ } })
  const failing = example.open('/failing')
  await example.tick(2)
  await failing.end()
  t.match(failing, { status: 200, ended: 'clean' })
  const { event, data } = failing.events().at(-1) ?? {}
  t.equal(event, 'error')
  t.match(JSON.parse(data ?? ''), { statusCode: 500, message: 'Internal Server Error' })
  t.notMatch(failing.text(), 'The provider has failed')
  await example.says('The provider has failed')
  const next = example.open('/refused')
  await next.end()
  t.equal(next.status, 429, 'the server goes on')
})

t.test('09: a HEAD request does not ask the model', async t => {
  const example = await startExample(t, 'tutorial/09-plugin.ts')
  const client = example.open('/stream', { method: 'HEAD' })
  await client.end()
  t.match(client, { status: 200, headers: { 'content-type': 'text/event-stream' } })
  t.equal(example.sleeps, 0)
})

t.test('09: by default, a signal ends the process and breaks every answer off', async t => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const example = await startExample(t, 'tutorial/09-plugin.ts')
    const client = example.open('/stream')
    await example.tick()
    await client.has('data: 1\n')
    example.kill(signal)
    t.equal(await example.exit(), signal)
    await client.end()
    t.equal(client.ended, 'broken')
  }
})

t.test('09: EventSource comes back after the end, is told that it has all, and gives up', async t => {
  const example = await startExample(t, 'tutorial/09-plugin.ts')
  const source = new EventSource(`${example.url}/stream`)
  t.teardown(() => source.close())
  await example.tick(10)
  await until('EventSource gives up', () => source.readyState === EventSource.CLOSED)
  t.equal(example.sleeps, 10)
  await example.says('"statusCode":204')
})

t.test('10: a 429 of the provider stays a 429', async t => {
  const provider = await openAiServer(t, call => call.refuse(429))
  const client = (await startProvider(t, provider.url)).open('/stream?prompt=hi')
  await client.end()
  t.match(client, { status: 429, headers: { 'content-type': /^application\/json/ } })
  t.equal(provider.calls.length, 1)
})

t.test('10: a whole answer and a truncated one are told apart', async t => {
  const provider = await openAiServer(t, () => {})
  const example = await startProvider(t, provider.url)
  for (const isWhole of [true, false]) {
    const client = example.open('/stream?prompt=hi')
    const call = await provider.next()
    for (const token of ['Hel', 'lo']) {
      call.token(token)
      await client.has(token)
    }
    if (isWhole) call.finish()
    else call.response.end()
    await client.end()
    const { event, data } = client.events().at(-1) ?? {}
    t.equal(event, isWhole ? 'done' : 'error')
    t.match(JSON.parse(data ?? ''), isWhole ? {} : { statusCode: 502, code: 'FST_SSE_SOURCE_TRUNCATED' })
  }
})

t.test('10: the call of the provider ends when the client leaves', async t => {
  const provider = await openAiServer(t, () => {})
  const client = (await startProvider(t, provider.url)).open('/stream?prompt=hi')
  const call = await provider.next()
  call.token('Hello')
  await client.has('Hello')
  t.equal(call.closed, false)
  client.leave()
  await until('the provider is told', () => call.closed)
})

t.test('11, 12: a POST is checked, and read by both clients', async t => {
  const example = await startExample(t, 'tutorial/11-post.ts')
  const wrong = example.open('/chat', { body: {} })
  await wrong.end()
  t.equal(wrong.status, 400)
  const client = runExample(t, 'tutorial/12-client.ts', { env: { URL: `${example.url}/chat` } })
  await example.tick(2 * 'You said: hello there'.split(' ').length)
  t.equal(await client.exit(), 0)
  t.match(client.output, 'naive:  You said: hello there{}\nclient: You said: hello there\n')
})

t.test('12: a chunk is not a line', async t => {
  const text = 'too long for one read of a socket '.repeat(10_000)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`data: ${text}\n\nevent: done\ndata: {}\n\n`)
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await until('the server listens', () => server.listening)
  const { port } = server.address() as AddressInfo
  const client = runExample(t, 'tutorial/12-client.ts', { env: { URL: `http://127.0.0.1:${port}` } })
  t.equal(await client.exit(), 0)
  const [naive = '', parsed] = client.output.split('\n')
  t.equal(parsed, `client: ${text}`)
  t.ok(naive.length < text.length, 'most of it is lost')
})

function startProvider(t: Test, url: string) {
  return startExample(t, 'tutorial/10-provider.ts', { env: { OPENAI_BASE_URL: url, OPENAI_API_KEY: 'key' } })
}
