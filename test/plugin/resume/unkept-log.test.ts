import { connect } from 'node:net'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { MemoryStore, type MemoryStoreOptions } from '../../../plugin/index.js'
import { LiveLog } from '../../../plugin/resume/log/live-log.js'
import { UnkeptLog } from '../../../plugin/resume/producer/unkept-log.js'
import { open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { settled, until } from '../../helpers/until.js'

const KB = 1024
const MANY = 40 * KB

/** Serves resumable streams of numbered events of 1 KB, `?events=n`, over a store with little room. */
async function fullServer(t: Test, options: MemoryStoreOptions) {
  const store = new MemoryStore({ ownerShare: 1, ...options })
  const given: number[] = []
  const { app, url, port, log } = await serve(
    t,
    app => {
      app.get<{ Querystring: { events: string } }>('/', ({ query }, reply) => {
        const stream = given.push(0) - 1
        return reply.sseFrom(async function* () {
          for (let i = 1; i <= Number(query.events); i++) {
            given[stream] = i
            yield `${i} `.padEnd(KB, 'x')
            if (i % 10 === 0) yield { comment: 'aside' }
            await new Promise(setImmediate)
          }
        })
      })
      app.get<{ Params: { id: string } }>(
        '/streams/:id',
        (request: FastifyRequest<{ Params: { id: string } }>, reply) => reply.sseResume(request.params.id)
      )
    },
    { plugin: { store, resumable: { onDisconnect: 'continue' }, drainTimeout: 0 } }
  )
  const warnings = () => log.filter(({ level, err }) => level === 40 && err?.code === 'FST_SSE_STORE_FULL')
  return { app, store, url, port, given, warnings }
}

/** The numbers of the events, which must be all there are. */
function isWhole(t: Test, client: ReturnType<typeof open>, events: number): void {
  const numbers = client.events().map(({ data }) => Number.parseInt(data, 10))
  t.strictSame(
    numbers.slice(0, -1),
    Array.from({ length: events }, (_, i) => i + 1)
  )
  t.equal(client.events().at(-1)?.event, 'done')
}

for (const [what, options] of [
  ['from its start', { maxStreams: 1 }],
  ['while it grows', { maxTotalBytes: 200 * KB }]
] as const) {
  t.test(`a stream that the store has no room for ${what} is sent whole`, async t => {
    const { store, url, warnings } = await fullServer(t, options)
    if (what === 'from its start') await store.create('other', 'me', undefined)
    const client = open(`${url}/?events=1000`)
    await client.end()
    isWhole(t, client, 1000)
    t.equal(warnings().length, 1)
    const id = String(client.headers['x-stream-id'])
    t.equal(await store.read(id, 0), undefined)
    t.ok(store.totalBytes <= 200 * KB)
  })

  t.test(`the source of a stream that the store has no room for ${what} waits for a slow client`, async t => {
    const { store, port, given } = await fullServer(t, options)
    if (what === 'from its start') await store.create('other', 'me', undefined)
    const socket = connect(port, '127.0.0.1').pause()
    t.teardown(() => socket.destroy())
    socket.write(`GET /?events=${MANY} HTTP/1.1\r\nhost: x\r\n\r\n`)
    await until('the source runs', () => Number(given[0]) > 200)
    await settled('how much the source has given', () => given[0])
    const before = Number(given[0])
    t.ok(before < MANY)
    socket.resume()
    await until('it goes on', () => Number(given[0]) > before + 1000)
    socket.destroy()
    await until('it does not wait for a client that has left', () => given[0] === MANY)
  })
}

t.test('a client that comes back to a stream that no store keeps is told that its position is gone', async t => {
  const { app, store, url, given } = await fullServer(t, { maxStreams: 1 })
  await store.create('other', 'me', undefined)
  const client = open(`${url}/?events=${MANY}`)
  await until('some was forgotten', () => Number(given[0]) > 500)
  const id = String(client.headers['x-stream-id'])
  const again = open(`${url}/streams/${id}`, { headers: { 'last-event-id': `${id}:1` } })
  await again.end()
  t.equal(again.status, 410)
  t.match(JSON.parse(again.text()), { code: 'FST_SSE_POSITION_GONE' })
  await t.rejects(app.sseStreams.read(id), { code: 'FST_SSE_POSITION_GONE' })
  client.leave()
})

t.test('there is room again only when clients have read enough', async t => {
  const meta = { key: 'a', owner: undefined, protocol: 'events', generation: '' }
  const log = new LiveLog('a', meta, 1, () => {})
  const reader = { position: 0 }
  log.join(reader)
  const unkept = new UnkeptLog(log)
  t.equal(unkept.room(), undefined)
  for (let i = 0; i < 200; i++) log.append('x'.repeat(KB), true)
  let hasRoom = false
  const room = Promise.resolve(unkept.room()).then(() => {
    hasRoom = true
  })
  for (const position of [1, 100]) {
    reader.position = position
    log.hasRead()
    await new Promise(setImmediate)
    t.notOk(hasRoom)
  }
  reader.position = 150
  log.hasRead()
  await room
  t.equal(log.first, 151)
})
