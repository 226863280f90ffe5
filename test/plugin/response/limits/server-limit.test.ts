import t from 'tap'
import { StreamLimits } from '../../../../plugin/response/limits/stream-limits.js'
import { fetchAll, open } from '../../../helpers/client.js'
import { limitedServer, streamKinds } from '../../../helpers/limited-server.js'
import { until } from '../../../helpers/until.js'

const BUSY = { statusCode: 503, code: 'FST_SSE_SERVER_BUSY', message: /maxStreams \(2\)/ }

for (const http2 of [false, true]) {
  for (const kind of streamKinds) {
    t.test(`maxStreams refuses one ${kind} stream too many over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
      const server = await limitedServer(t, { plugin: { maxStreams: 2 }, http2 })
      const clients = [open(`${server.url}/plain`, { http2 }), open(`${server.url}/${kind}`, { http2 })]
      await until('two sources run', () => server.running === 2)
      for (const other of streamKinds) {
        const refused = await fetchAll(`${server.url}/${other}`, { http2 })
        t.equal(refused.status, 503)
        t.match(JSON.parse(refused.text()), BUSY)
        t.match(refused.headers['retry-after'], /^[1-5]$/)
        t.notOk(refused.headers['x-stream-id'])
      }
      t.equal(server.started, 2, 'their sources did not start')
      server.endAll()
      for (const client of clients) await client.end()
      const next = open(`${server.url}/${kind}`, { http2 })
      await until('the next source runs', () => server.started === 3)
      server.endAll()
      await next.end()
      t.equal(next.status, 200)
    })
  }
}

for (const kind of streamKinds) {
  t.test(`a ${kind} stream gives its place back when its client leaves`, async t => {
    const server = await limitedServer(t, {
      plugin: { maxStreams: 1 },
      resumable: { onDisconnect: 'abort' }
    })
    for (let i = 1; i <= 3; i++) {
      const client = open(`${server.url}/${kind}`)
      await until('its source runs', () => server.running === 1 && server.started === i)
      client.leave()
      await until('its source has ended', () => server.running === 0)
    }
    t.equal(server.started, 3)
  })
}

t.test('a client that follows a stream takes no place', async t => {
  const server = await limitedServer(t, { plugin: { maxStreams: 1 }, resumable: { id: 'shared' } })
  const first = open(`${server.url}/resumable`)
  await first.has('token')
  const followers = [open(`${server.url}/resumable`), open(`${server.url}/resumable`)]
  for (const follower of followers) await follower.has('token')
  t.equal(server.started, 1)
  server.endAll()
  for (const client of [first, ...followers]) {
    await client.end()
    t.equal(client.ended, 'clean')
  }
})

t.test('a refused stream leaves its id free', async t => {
  const server = await limitedServer(t, { plugin: { maxStreams: 1 }, resumable: { id: 'mine' } })
  const other = open(`${server.url}/plain`)
  await other.has('token')
  const refused = await fetchAll(`${server.url}/resumable`)
  t.equal(refused.status, 503)
  t.match(JSON.parse(refused.text()), { code: 'FST_SSE_SERVER_BUSY' })
  server.endAll()
  await other.end()
  const again = open(`${server.url}/resumable`)
  await again.has('token')
  t.equal(again.status, 200)
  server.endAll()
  await again.end()
})

t.test('a HEAD request takes no place', async t => {
  const server = await limitedServer(t, { plugin: { maxStreams: 1 } })
  const client = open(`${server.url}/plain`)
  await client.has('token')
  for (const kind of streamKinds) t.equal((await fetchAll(`${server.url}/${kind}`, { method: 'HEAD' })).status, 200)
})

t.test('false allows any number', async t => {
  const server = await limitedServer(t, { plugin: { maxStreams: false } })
  const clients = Array.from({ length: 20 }, () => open(`${server.url}/plain`))
  await until('all run', () => server.running === 20)
  server.endAll()
  for (const client of clients) await client.end()
  t.pass()
})

t.test('a place can be given back once', async t => {
  const limits = new StreamLimits(2, undefined)
  const slot = await limits.take(undefined)
  await limits.take(undefined)
  t.equal(limits.running, 2)
  slot.release()
  slot.release()
  t.equal(limits.running, 1)
})
