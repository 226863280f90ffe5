import { createGunzip } from 'node:zlib'
import { EventSource } from 'eventsource'
import t from 'tap'
import { nginx } from '../../end-to-end/nginx.js'
import { open } from '../../helpers/client.js'
import { settled, until } from '../../helpers/until.js'
import { startExample } from '../run-example.js'

const WORDS = ['Nobody', ' likes', ' to', ' wait', '.']

t.test('01: nothing arrives before the whole answer is there', async t => {
  const example = await startExample(t, 'tutorial/01-wall-of-text.ts')
  const client = example.open('/answer')
  await example.tick(4)
  await until('the model thinks about its last word', () => example.sleeps === 5)
  t.equal(client.status, undefined)
  await example.tick()
  await client.end()
  t.strictSame(JSON.parse(client.text()), { text: 'Nobody likes to wait.' })
})

t.test('02: the head arrives with the first token, and each token before the next one is there', async t => {
  const example = await startExample(t, 'tutorial/02-skeleton.ts')
  const client = example.open('/')
  await until('the model thinks', () => example.sleeps === 1)
  t.equal(client.status, undefined)
  for (const word of WORDS) {
    t.notMatch(client.text(), word)
    await example.tick()
    await client.has(`data: ${word}\n\n`)
  }
  await client.end()
  t.match(client, { status: 200, ended: 'clean', headers: { 'content-type': 'text/event-stream' } })
  t.strictSame(
    client.events().map(({ data }) => data),
    WORDS
  )
})

t.test('02: nginx holds the tokens back until the answer is over', async t => {
  const example = await startExample(t, 'tutorial/02-skeleton.ts')
  const client = open(await nginx(t, example.port))
  await example.tick(4)
  await until('the model thinks about its last word', () => example.sleeps === 5)
  t.equal(client.text(), '')
  await example.tick()
  await client.end()
  t.equal(client.events().length, 5)
})

t.test('02: EventSource comes back after the end, and has the model answer once more', async t => {
  const example = await startExample(t, 'tutorial/02-skeleton.ts')
  const source = new EventSource(example.url)
  t.teardown(() => source.close())
  const received: string[] = []
  source.onmessage = ({ data }) => received.push(data)
  await example.tick(6)
  await until('the answer begins anew', () => received.length === 6)
  t.strictSame(received, [...WORDS, 'Nobody'])
})

t.test('03: gzip holds the tokens back unless it is flushed', async t => {
  const example = await startExample(t, 'tutorial/03-flush.ts')
  for (const path of ['/', '/flushed']) {
    const client = example.open(path)
    const inflated = inflate(() => Buffer.concat(client.chunks))
    for (const word of WORDS) {
      await example.tick()
      if (path === '/flushed') await until(`${word} at the client`, () => inflated().endsWith(`data: ${word}\n\n`))
    }
    if (path === '/') t.equal(inflated(), '')
    await client.end()
    await until('the whole answer', () => inflated() === WORDS.map(word => `data: ${word}\n\n`).join(''))
  }
})

t.test('03: nginx passes each token on', async t => {
  const example = await startExample(t, 'tutorial/03-flush.ts')
  const client = open(`${await nginx(t, example.port)}/flushed`)
  const inflated = inflate(() => Buffer.concat(client.chunks))
  for (const word of WORDS) {
    await example.tick()
    await until(`${word} at the client`, () => inflated().endsWith(`data: ${word}\n\n`))
  }
  await client.end()
  t.equal(client.ended, 'clean')
})

t.test('04: line breaks are lost and events are forged, unless each line is sent as one', async t => {
  const example = await startExample(t, 'tutorial/04-line-breaks.ts')
  const ask = async (path: string) => {
    const client = example.open(path)
    await example.tick(4)
    await client.end()
    return client.events().map(({ event = 'message', data }) => [event, data])
  }
  t.strictSame(await ask('/naive'), [
    ['message', 'First.'],
    ['message', ''],
    ['message', 'Second.'],
    ['message', ''],
    ['done', 'forged']
  ])
  t.strictSame(await ask('/'), [
    ['message', 'First.'],
    ['message', '\n\n'],
    ['message', 'Second.'],
    ['message', '\n\nevent: done\ndata: forged']
  ])
})

t.test('05: what hooks set is lost, and the model goes on when the client has left', async t => {
  const example = await startExample(t, 'tutorial/05-raw-reply.ts')
  const client = example.open('/stream')
  await example.tick()
  await client.has('1 ')
  t.equal(client.headers['access-control-allow-origin'], undefined)
  client.leave()
  await example.tick(9)
  await example.says('token 10 is on your bill')
})

t.test('05: an error leaves the client waiting for ever', async t => {
  const example = await startExample(t, 'tutorial/05-raw-reply.ts')
  const client = example.open('/failing')
  await example.tick()
  await example.says('Promise errored, but reply.sent = true was set')
  await settled('the response', () => client.ended)
  t.match(client, { status: 200, ended: undefined })
})

t.test('06: only the close of the response says that the client has left', async t => {
  const example = await startExample(t, 'tutorial/06-cancel.ts')
  const client = example.open('/stream', { body: { prompt: 'hi' } })
  await example.tick()
  await client.has('1 ')
  await example.says('request.raw: close')
  await example.says('request.signal: abort')
  t.notMatch(example.output, 'reply.raw: close')
  client.leave()
  await example.says('the source has stopped')
  t.match(example.output, 'reply.raw: close')
  t.notMatch(example.output, 'token 2')
  t.match(example, { sleeps: 2, aborted: 1 })
})

t.test('07: a client that does not read fills the memory of the server', async t => {
  const example = await startExample(t, 'tutorial/07-slow-client.ts')
  const client = example.open('/naive')
  await example.tick()
  await client.head()
  client.pause()
  await example.tick(63)
  await example.says('MiB are buffered')
  t.ok(Number(/(\d+) MiB are/.exec(example.output)?.[1]) > 40, example.output)
})

t.test('07: waiting for drain makes the source wait, and a client that leaves then ends it', async t => {
  const example = await startExample(t, 'tutorial/07-slow-client.ts')
  const client = example.open('/paced')
  await example.tick()
  await client.head()
  client.pause()
  await until('the source waits', async () => {
    if (example.isAsleep) await example.tick()
    await settled('the source', () => example.sleeps)
    return !example.isAsleep
  })
  t.ok(example.sleeps < 40)
  client.leave()
  await example.says('the source has stopped')
})

/** Reads a gzip stream as far as it has come. */
function inflate(bytes: () => Buffer): () => string {
  const gunzip = createGunzip()
  let fed = 0
  let text = ''
  gunzip.on('data', chunk => {
    text += chunk
  })
  return () => {
    const all = bytes()
    if (all.length > fed) gunzip.write(all.subarray(fed))
    fed = all.length
    return text
  }
}
