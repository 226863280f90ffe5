import t from 'tap'
import { MemoryStore } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { build } from '../../helpers/server.js'
import { after, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

t.test('a source that fails before its first event gets an error response without the headers of a stream', async t => {
  const { url, sources, log } = await node(t)
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give(Object.assign(new Error('slow down'), { statusCode: 429 }))
  await client.end()
  t.equal(client.status, 429)
  t.match(JSON.parse(client.text()), { statusCode: 429, message: 'slow down' })
  t.equal(client.headers['x-stream-id'], undefined)
  t.notMatch(client.headers['content-type'], 'event-stream')
  t.equal(log.filter(({ err }) => err?.message === 'slow down').length, 1)
})

t.test('a source that fails midway ends with an error event for all followers, and is logged once', async t => {
  const { url, sources, log } = await node(t)
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await first.has('data: a')
  const id = first.headers['x-stream-id']
  const second = open(`${url}/streams/${id}`)
  await second.has('data: a')
  sources[0]?.give(new Error('midway'))
  for (const client of [first, second]) {
    await client.end()
    t.equal(client.ended, 'clean')
    t.strictSame(client.events().at(-1), {
      id: `${id}:2:end`,
      event: 'error',
      data: '{"statusCode":500,"code":"FST_SSE_SOURCE_FAILED","message":"Internal Server Error"}'
    })
  }
  t.strictSame((await fetchAll(url, after(`${id}:1`))).events(), first.events().slice(1))
  t.equal((await fetchAll(url, after(`${id}:2:end`))).status, 204)
  t.equal(log.filter(({ err }) => err?.message === 'midway').length, 1)
  t.equal(sources.length, 1)
})

t.test('a source that fails after its client has left is logged once', async t => {
  const { url, sources, log } = await node(t)
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await first.has('data: a')
  first.leave()
  await until('the client is gone', () => log.some(({ msg }) => msg === 'stream closed prematurely'))
  sources[0]?.give(new Error('midway'))
  await until('it is logged', () => log.some(({ err }) => err?.message === 'midway'))
  t.match((await fetchAll(url, after(first.events()[0]?.id))).events(), [{ event: 'error' }])
  t.equal(log.filter(({ err }) => err?.message === 'midway').length, 1)
})

t.test('onError makes the last event, once', async t => {
  let count = 0
  const onError = (error: Error) => {
    count++
    return { event: 'sorry', data: error.message }
  }
  const { url, sources } = await node(t, { stream: { onError } })
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', new Error('midway'))
  await first.end()
  const again = await fetchAll(url, after(first.events()[0]?.id))
  t.match(again.events(), [{ event: 'sorry', data: 'midway' }])
  t.equal(count, 1)
})

t.test('a failure whose event cannot be sent does not look like a complete answer', async t => {
  const onError = () => ({ event: 'a\nb' })
  const { url, sources } = await node(t, { stream: { onError, maxEventBytes: 20 } })
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', new Error('midway'))
  await first.end()
  t.match(first.events().at(-1), { event: 'error', data: /FST_SSE_SOURCE_FAILED/ })
})

t.test('an item with an id is refused', async t => {
  const { url, sources, log } = await node(t)
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', { id: '7', data: 'b' })
  await client.end()
  t.match(client.events().at(-1), { event: 'error', data: /FST_SSE_EVENT_INVALID/ })
  t.match(log.find(({ msg }) => msg === 'stream failed')?.err?.message, 'take no id')
})

t.test('a source that is not a function is refused and released', async t => {
  let released = false
  const source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 'a' }),
      return: async () => {
        released = true
        return { done: true, value: undefined }
      }
    })
  }
  const { app: server } = build(t, { plugin: { resumable: true } })
  server.register(async app => {
    app.get('/', (_request, reply) => reply.sseFrom(source))
  })
  const answer = await server.inject('/')
  t.equal(answer.statusCode, 500)
  t.match(answer.json(), { code: 'FST_SSE_OPTION_INVALID', message: /takes a function as the source/ })
  t.ok(released)
})

for (const [name, options, texts] of [
  ['maxEvents (3)', { maxEvents: 3 }, ['a', 'b', 'c', 'd']],
  ['maxBytes (100)', { maxBytes: 100 }, ['a', 'é'.repeat(50)]]
] as const) {
  t.test(`a stream that exceeds ${name} fails with the reason`, async t => {
    const { url, sources, log } = await node(t, { plugin: { store: new MemoryStore(options) } })
    const client = open(url)
    await until('the source has started', () => sources.length)
    sources[0]?.give(...texts)
    await client.end()
    t.match(client.events().at(-1), { event: 'error', data: /FST_SSE_LOG_FULL/ })
    t.match(log.find(({ msg }) => msg === 'stream failed')?.err, { code: 'FST_SSE_LOG_FULL', message: name })
    await until('the source is aborted', () => sources[0]?.aborted)
    t.strictSame((await fetchAll(url, after(client.events()[0]?.id))).events(), client.events().slice(1))
  })
}

t.test('a source of bytes that ends in the middle of a character sends the rest', async t => {
  const { url, sources } = await node(t)
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give(Buffer.from('a'), Buffer.from([0xe2, 0x82]), undefined)
  await client.end()
  t.strictSame(
    client.events().map(({ data }) => data),
    ['a', '\ufffd', '{}']
  )
})

t.test('a signal stops the stream for all followers, and an aborted one does not start the source', async t => {
  const controller = new AbortController()
  const { url, sources } = await node(t, { stream: { signal: controller.signal } })
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await first.has('data: a')
  const second = open(url, after(first.events()[0]?.id))
  await second.head()
  controller.abort()
  for (const client of [first, second]) {
    await client.end()
    t.match(client.events().at(-1), { event: 'error', data: /FST_SSE_STOPPED/ })
  }
  t.ok(sources[0]?.aborted)
  const late = await fetchAll(url)
  t.equal(late.status, 503)
  t.equal(sources.length, 1)
})

t.test('a failure that a slow client has not reached is logged when that client leaves', async t => {
  const store = new MemoryStore({ maxBytes: 2 ** 26 })
  const { url, sources, log } = await node(t, { plugin: { store } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await client.has('data: a')
  client.pause()
  // More than the buffers of the sockets, which the kernel lets grow to tens of megabytes.
  sources[0]?.give(...Array.from({ length: 60 }, () => 'x'.repeat(1_000_000)), new Error('midway'))
  await until('the source has failed', () => sources[0]?.over)
  client.leave()
  await until('it is logged', () => log.some(({ err }) => err?.message === 'midway'))
  t.equal(log.filter(({ err }) => err?.message === 'midway').length, 1)
})
