import { connect as connect2 } from 'node:http2'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { limitedServer, streamKinds } from '../../../helpers/limited-server.js'
import { until } from '../../../helpers/until.js'

/** Sends pipelined requests on one connection (RFC 9112, section 9.3.2). */
function pipeline(t: Test, port: number, path: string, count: number) {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('error', () => {})
  socket.on('data', data => {
    text += data
  })
  t.teardown(() => socket.destroy())
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(count))
  return { socket, text: () => text, count: (part: string) => text.split(part).length - 1 }
}

for (const kind of streamKinds) {
  for (const id of kind === 'resumable' ? [undefined, 'own'] : [undefined]) {
    const what = id === undefined ? kind : `${kind} stream with an id of its own`
    t.test(`2000 pipelined requests start one source at a time: ${what}`, async t => {
      let ids = 0
      const server = await limitedServer(t, {
        plugin: { maxStreamsPerConnection: 3 },
        resumable: () => (id === undefined ? {} : { id: `${id}-${++ids}` })
      })
      const client = pipeline(t, server.port, `/${kind}`, 2000)
      await until('the first source runs', () => server.running === 1)
      // The requests have arrived when other clients have been answered several times.
      for (let i = 0; i < 10; i++) await fetch(`${server.url}/none`)
      t.equal(server.started, 1)
      let most = 0
      await until('all requests are answered', () => {
        most = Math.max(most, server.running)
        server.endAll()
        return client.count('HTTP/1.1 200') + client.count('HTTP/1.1 429') === 2000
      })
      t.equal(most, 1)
      t.equal(server.started, client.count('HTTP/1.1 200'))
      const refused = client.count('HTTP/1.1 429')
      t.ok(refused > 0)
      t.equal(client.count('FST_SSE_CONNECTION_BUSY'), refused)
      t.equal(client.count('retry-after: '), refused)
    })

    t.test(`what waits in a pipeline never starts when its connection closes: ${what}`, async t => {
      let ids = 0
      const server = await limitedServer(t, {
        resumable: () =>
          id === undefined ? { onDisconnect: 'abort' } : { id: `${id}-${++ids}`, onDisconnect: 'abort' }
      })
      const client = pipeline(t, server.port, `/${kind}`, 50)
      await until('the first source runs', () => server.running === 1)
      client.socket.destroy()
      await until('it is aborted', () => server.running === 0)
      await server.app.close()
      t.equal(server.started, 1)
    })
  }

  t.test(`5000 requests of one HTTP/2 connection start no more sources than the limit: ${kind}`, async t => {
    const server = await limitedServer(t, { plugin: { maxStreamsPerConnection: 20 }, http2: true })
    const session = connect2(server.url)
    t.teardown(() => session.destroy())
    const statuses: unknown[] = []
    let retries = 0
    const ask = () => {
      const stream = session.request({ ':path': `/${kind}` })
      stream.on('error', () => {})
      stream.on('response', ({ ':status': status, 'retry-after': retryAfter }) => {
        statuses.push(status)
        if (/^[1-5]$/.test(String(retryAfter))) retries++
      })
      stream.resume()
    }
    for (let i = 0; i < 5000; i++) ask()
    await until('the others are refused', () => statuses.filter(status => status === 429).length === 4980)
    await until('the sources run', () => server.running === 20)
    t.equal(server.started, 20)
    t.equal(retries, 4980)
    server.endAll()
    await until('they are answered', () => statuses.filter(status => status === 200).length === 20)
    await until('their sources have ended', () => server.running === 0)
    const before = server.started
    await until('there is room again', async () => {
      ask()
      return server.started > before
    })
    await until('all have ended', () => {
      server.endAll()
      return server.running === 0
    })
  })
}

t.test('connections do not share their limit', async t => {
  const server = await limitedServer(t, { plugin: { maxStreamsPerConnection: 1 }, http2: true })
  for (let i = 0; i < 3; i++) {
    const session = connect2(server.url)
    t.teardown(() => session.destroy())
    session
      .request({ ':path': '/plain' })
      .resume()
      .on('error', () => {})
  }
  await until('all three run', () => server.running === 3)
  server.endAll()
  await until('all three have ended', () => server.running === 0)
  t.equal(server.started, 3)
})

t.test('false allows any number', async t => {
  const server = await limitedServer(t, { plugin: { maxStreamsPerConnection: false }, http2: true })
  const session = connect2(server.url)
  t.teardown(() => session.destroy())
  for (let i = 0; i < 200; i++) {
    session
      .request({ ':path': '/plain' })
      .resume()
      .on('error', () => {})
  }
  await until('all run', () => server.running === 200)
  server.endAll()
  await until('all have ended', () => server.running === 0)
  t.equal(server.started, 200)
})
