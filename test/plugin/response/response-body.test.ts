import { once } from 'node:events'
import { connect } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import t from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'

async function* ab() {
  yield 'a'
  yield 'b'
}

/** Whether the events of a response are complete. */
function isWhole(text: string): boolean {
  return /data: a\n\n[\s\S]*data: b\n\n[\s\S]*event: done\n/.test(text)
}

t.test('a body that a hook has begun to read is still sent whole', async t => {
  const { url } = await serve(t, app => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      ;(payload as Readable).read(0)
      return payload
    })
    app.get('/', (_request, reply) => reply.sseFrom(() => ab()))
  })
  const { text } = await fetchAll(url)
  t.ok(isWhole(text()))
})

t.test('a pipelined body that a hook has begun to read is sent whole when it is its turn', async t => {
  const steps = new Steps()
  let hooks = 0
  const { port } = await serve(t, app => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      hooks++
      ;(payload as Readable).read(0)
      return payload
    })
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        await steps.next()
        yield* ab()
      })
    )
  })
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', data => {
    text += data
  })
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2))
  await until('both have arrived', () => hooks === 2)
  steps.go()
  steps.go()
  await until('both are whole', () => text.split('event: done').length === 3)
})

t.test('a body is piped to the response without its end where the caller says so', async t => {
  const { url } = await serve(t, app => {
    app.addHook('onSend', async (_request, reply, payload) => {
      const body = payload as Readable
      reply.hijack()
      reply.raw.writeHead(200)
      body.pipe(reply.raw, { end: false })
      await once(body, 'end')
      reply.raw.end('after it')
      return payload
    })
    app.get('/', (_request, reply) => reply.sseFrom(() => ab()))
  })
  const { text } = await fetchAll(url)
  t.ok(isWhole(text()))
  t.match(text(), /after it$/)
})

t.test('a body that is piped twice reaches both', async t => {
  const copy = new PassThrough()
  let copied = ''
  copy.on('data', data => {
    copied += data
  })
  const { url } = await serve(t, app => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      ;(payload as Readable).pipe(copy)
      return payload
    })
    app.get('/', (_request, reply) => reply.sseFrom(() => ab()))
  })
  const { text } = await fetchAll(url)
  t.ok(isWhole(text()))
  t.equal(copied, text())
})
