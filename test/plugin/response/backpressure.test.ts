import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { settled, until } from '../../helpers/until.js'

const MB = 1024 * 1024

t.test('pauses a source of 128 MB for a stalled client, and resumes it when the client reads again', async t => {
  const chunk = 'x'.repeat(64 * 1024)
  const total = (128 * MB) / chunk.length
  let given = 0
  let released = false
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        try {
          for (; given < total; given++) yield chunk
        } finally {
          released = true
        }
      })
    )
  })
  const client = open(url)
  await client.has('xxx')
  client.pause()
  await settled('the source is held back', () => given)
  t.ok(given < total / 4, `${given} of ${total} chunks left the source`)
  t.notOk(released)
  client.resume()
  await client.end()
  t.equal(client.ended, 'clean')
  t.equal(given, total)
  t.ok(released)
  t.equal(client.events().length, total + 1)
})

t.test('holds at most highWaterMark bytes and one event for a client', async t => {
  for (const highWaterMark of [1, 1000, 16 * 1024]) {
    let held = 0
    let given = 0
    const event = '😀'.repeat(100)
    const { url } = await serve(t, app => {
      app.addHook('onSend', async (_request, _reply, payload) => {
        // The client reads nothing yet, so everything that is pulled is held.
        const stream = payload as NodeJS.ReadableStream & { readableLength: number }
        stream.read(0)
        await settled('the source is held back', () => given)
        held = stream.readableLength
        return payload
      })
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          (async function* () {
            for (; given < 1000; given++) yield event
          })(),
          { highWaterMark }
        )
      )
    })
    const client = open(url)
    await client.end()
    const size = Buffer.byteLength(`data: ${event}\n\n`)
    t.ok(held >= highWaterMark, `${held} of ${highWaterMark}`)
    t.ok(held < highWaterMark + size, `${held} bytes are less than ${highWaterMark} and an event of ${size}`)
    t.equal(client.events().length, 1001)
  }
})

t.test('runs the source in the context of the request, also after a pause', async t => {
  const storage = new AsyncLocalStorage<string>()
  const seen = new Set<string | undefined>()
  const { url } = await serve(t, app => {
    app.addHook('onRequest', (request, _reply, done) => storage.run(request.url, done))
    app.get('/*', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          for (let i = 0; i < 100; i++) {
            seen.add(storage.getStore())
            yield 'x'.repeat(64 * 1024)
          }
        },
        {
          map: item => {
            seen.add(storage.getStore())
            return item
          },
          onClose: () => seen.add(`closed ${storage.getStore()}`)
        }
      )
    )
  })
  const client = open(`${url}/one`)
  await client.head()
  client.pause()
  await settled('the source is held back', () => seen.size)
  client.resume()
  await client.end()
  await until('onClose was called', () => seen.size > 1)
  t.same([...seen], ['/one', 'closed /one'])
})

t.test('runs the source in the context of the request, also after a hook has left it', async t => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const { url } = await serve(t, app => {
    app.addHook('onRequest', (request, _reply, done) => storage.run(request.url, done))
    app.addHook('onSend', (_request, _reply, payload, done) => {
      storage.exit(() => setImmediate(done, null, payload))
    })
    app.get('/*', (_request, reply) =>
      reply.sseFrom(async function* () {
        seen.push(storage.getStore())
        yield 'x'
      })
    )
  })
  await open(`${url}/one`).end()
  t.same(seen, ['/one'])
})

t.test('a slow client delays only its own stream', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        for (let i = 0; i < 1000; i++) yield 'x'.repeat(16 * 1024)
      })
    )
  })
  const slow = open(url)
  await slow.head()
  slow.pause()
  const quick = open(url)
  await quick.end()
  t.equal(quick.ended, 'clean')
  t.equal(slow.ended, undefined)
  slow.leave()
})
