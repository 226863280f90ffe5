import t, { type Test } from 'tap'
import type { ResumeOptions } from '../../../../plugin/index.js'
import { fetchAll, open } from '../../../helpers/client.js'
import { build } from '../../../helpers/server.js'
import { after, node } from '../../../helpers/stepped.js'
import { twoNodes } from '../../../helpers/two-nodes.js'
import { until } from '../../../helpers/until.js'

const token = (content: string) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }

/** Streams in the framing of OpenAI's API. */
const two = (t: Test) => twoNodes(t, { lease: 300, stream: { protocol: 'openai' }, first: token('a') })

t.test('an answer goes on at another node in the same protocol', async t => {
  const { following, client, source, id } = await two(t)
  source.give(token('b'), finish, undefined)
  await client.end()
  const again = await fetchAll(following.url, after(`${id}:1`))
  t.strictSame(again.events(), client.events().slice(1))
  t.equal(again.events().at(-1)?.data, '[DONE]')
})

t.test('a lost producer is an error in the protocol of the stream', async t => {
  const { one, following, source, id } = await two(t)
  const page = () => one.shared.read(id, 1)
  source.give(token('b'))
  await until('the event is in the store', async () => (await page())?.events.length)
  one.goDown()
  await until('the lease has run out', async () => (await page())?.leaseLeft === 0)
  const { text, events } = await fetchAll(following.url, after(`${id}:1`))
  t.match(events()[0]?.data, /"b"/)
  t.match(JSON.parse(events()[1]?.data ?? ''), { error: { code: 'FST_SSE_PRODUCER_LOST', type: 'server_error' } })
  t.notMatch(text(), '[DONE]')
  one.comeBack()
  source.give(finish, undefined)
})

t.test('a stream is gone for a client of another protocol', async t => {
  const { other, client, source, id } = await two(t)
  const own = { start: () => ({ item: () => undefined, end: () => undefined, error: () => ({ data: '' }) }) }
  const { app, log } = build(t, { plugin: { store: other } })
  for (const [path, options] of Object.entries({
    '/events': {},
    '/owned': { owner: () => undefined, anonymous: true },
    '/anthropic': { protocol: 'anthropic' },
    '/own': { protocol: own },
    '/openai': { protocol: 'openai' }
  } as Record<string, ResumeOptions>)) {
    app.get(path, (_request, reply) => reply.sseResume(id, options))
  }
  source.give(finish, undefined)
  await client.end()
  for (const path of ['/events', '/anthropic', '/own']) {
    const { statusCode, body } = await app.inject(path)
    t.equal(statusCode, 410)
    t.notMatch(body, 'choices')
  }
  t.equal((await app.inject('/owned')).statusCode, 404)
  t.match(
    log.filter(({ level }) => level === 40),
    ['events', 'anthropic', 'custom', 'events'].map(asked => ({ streamId: id, protocol: 'openai', asked }))
  )
  t.match((await app.inject('/openai')).body, /choices.+\[DONE\]/s)
})

t.test("a stream of the plugin's own events is gone for clients of a protocol", async t => {
  const { app, log } = build(t)
  app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { id: 'own' } }))
  app.get('/openai', (_request, reply) => reply.sseResume('own', { protocol: 'openai' }))
  t.match((await app.inject('/')).body, 'event: done')
  t.equal((await app.inject('/openai')).statusCode, 410)
  t.match(
    log.filter(({ level }) => level === 40),
    [{ streamId: 'own', protocol: 'events', asked: 'openai' }]
  )
})

t.test('clients that do not reconnect by themselves get an error when they cannot go on', async t => {
  const { other, following, client, source, id } = await two(t)
  other.goDown()
  const again = await fetchAll(following.url, after(`${id}:1`))
  t.equal(again.status, 503)
  t.match(JSON.parse(again.text()), { code: 'FST_SSE_STORE_UNAVAILABLE' })
  other.comeBack()
  source.give(finish, undefined)
  await client.end()
})

t.test('an error is sent even if it is larger than maxEventBytes', async t => {
  const { url, sources } = await node(t, { stream: { protocol: 'openai', maxEventBytes: 100 } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give(token('a'), Object.assign(new Error('x'.repeat(200)), { statusCode: 400 }))
  await client.end()
  t.match(JSON.parse(client.events().at(-1)?.data ?? ''), {
    error: { type: 'invalid_request_error', message: /^x{200}$/ }
  })
})
