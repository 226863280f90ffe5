import type { Readable, Writable } from 'node:stream'
import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { settled, until } from '../../helpers/until.js'

const timers = () => process.getActiveResourcesInfo().filter(type => type === 'Timeout').length

for (const http2 of [false, true]) {
  t.test(
    `sends comment lines while a stream is silent, and only between events, over HTTP/${http2 ? 2 : 1.1}`,
    async t => {
      const steps = new Steps()
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) =>
            reply.sseFrom(async function* () {
              for (const token of ['one', 'two\nlines']) {
                yield token
                await steps.next()
              }
            })
          )
        },
        { http2, plugin: { heartbeat: 20 } }
      )
      const client = open(url, { http2 })
      await until('three heartbeats', () => client.text().split(':\n').length >= 4)
      steps.go()
      await client.has('lines')
      const length = client.text().length
      await until('another heartbeat', () => client.text().slice(length).includes(':\n'))
      steps.go()
      await client.end()
      t.match(client.text(), /^data: one\n\n(:\n){3,}data: two\ndata: lines\n\n(:\n)+event: done\n/)
      t.same(
        client.events().map(({ data }) => data),
        ['one', 'two\nlines', '{}']
      )
    }
  )
}

t.test('sends none on a stream that is never silent, and none if they are turned off', async t => {
  const { url } = await serve(t, app => {
    app.get('/busy', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          for (let i = 0; i < 60; i++) {
            yield 'x'
            await new Promise(resolve => setTimeout(resolve, 5))
          }
        },
        { heartbeat: 1000 }
      )
    )
    app.get('/off', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          yield 'x'
          await new Promise(resolve => setTimeout(resolve, 100))
        },
        { heartbeat: false }
      )
    )
  })
  t.notMatch((await fetchAll(`${url}/busy`)).text(), /^:/m)
  t.notMatch((await fetchAll(`${url}/off`)).text(), /^:/m)
})

for (const http2 of [false, true]) {
  t.test(`sends none into a full buffer, over HTTP/${http2 ? 2 : 1.1}`, async t => {
    let given = 0
    let held = () => 0
    const { url } = await serve(
      t,
      app => {
        app.addHook('onSend', async (_request, reply, payload) => {
          held = () => (payload as Readable).readableLength + reply.raw.writableLength
          return payload
        })
        app.get('/', (_request, reply) =>
          reply.sseFrom(async function* () {
            for (; given < 500; given++) yield 'x'.repeat(64 * 1024)
          })
        )
      },
      { http2, plugin: { heartbeat: 5 } }
    )
    const client = open(url, { http2 })
    await client.head()
    client.pause()
    await settled('the source is held back', () => given)
    const before = held()
    await settled('many intervals have passed', () => 0)
    t.ok(before > 0)
    t.equal(held(), before)
    client.resume()
    await client.end()
    t.equal(client.events().length, 501)
  })
}

t.test('keeps as many timers for 300 streams as for one', async t => {
  const { url } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          ({ signal }) => new Promise<never>((_resolve, reject) => signal.addEventListener('abort', reject))
        )
      )
    },
    { plugin: { commitAfter: 10, heartbeat: 60_000 } }
  )
  const first = open(url)
  await first.head()
  const one = timers()
  const others = Array.from({ length: 299 }, () => open(url))
  await Promise.all(others.map(client => client.head()))
  t.equal(timers(), one)
  for (const client of [first, ...others]) client.leave()
})

t.test('sends none over HTTP/2 while the buffer of the stream is full and that of the plugin is not', async t => {
  let held = () => 0
  let go = () => {}
  const paused = new Promise<void>(resolve => {
    go = resolve
  })
  const { url } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) => {
        const { stream } = reply.raw as unknown as { stream: Writable }
        held = () => stream.writableLength
        return reply.sseFrom(async function* ({ signal }) {
          yield 'first'
          await paused
          yield 'x'.repeat(200_000)
          await new Promise(resolve => signal.addEventListener('abort', resolve))
        })
      })
    },
    { http2: true, plugin: { heartbeat: 5, highWaterMark: 256 * 1024 } }
  )
  const client = open(url, { http2: true })
  await client.head()
  client.pause()
  go()
  await until('the event waits', () => held() > 0)
  await settled('the event waits', held)
  const before = held()
  await settled('many intervals have passed', () => 0)
  t.ok(before > 0)
  t.equal(held(), before)
  client.leave()
})
