import { Readable } from 'node:stream'
import { EventSource } from 'eventsource'
import Fastify from 'fastify'
import t from 'tap'
import { open } from '../../helpers/client.js'
import { startNginx } from '../../helpers/nginx.js'
import { tcpProxy } from '../../helpers/tcp-proxy.js'
import { settled, until } from '../../helpers/until.js'
import { startExample } from '../run-example.js'

t.test('13: EventSource comes back after a lost connection and gets the rest of the same answer', async t => {
  const example = await startExample(t, 'tutorial/13-resume.ts')
  const proxy = await tcpProxy(t, example.port)
  const source = new EventSource(`http://127.0.0.1:${proxy.port}/stream`)
  t.teardown(() => source.close())
  const received: string[] = []
  source.onmessage = ({ data }) => received.push(data)
  await example.tick(2)
  await until('two tokens', () => received.length === 2)
  proxy.reset()
  await example.tick(8)
  await until('EventSource gives up', () => source.readyState === EventSource.CLOSED)
  t.strictSame(
    received,
    Array.from({ length: 10 }, (_, i) => `${i + 1} `)
  )
  t.equal(example.output.split('the model is asked').length, 2)
})

t.test('13: a stream is followed by its id, and stopped', async t => {
  const example = await startExample(t, 'tutorial/13-resume.ts')
  const first = example.open('/stream')
  await example.tick()
  await first.has('1 ')
  const url = `/stream/${first.headers['x-stream-id']}`
  const second = example.open(url)
  await second.has('1 ')
  await until('the model thinks', () => example.isAsleep)
  const stop = example.open(url, { method: 'DELETE' })
  await stop.end()
  t.equal(stop.status, 204)
  await until('the model is told', () => example.aborted === 1)
  for (const client of [first, second]) await client.end()
  const unknown = example.open('/stream/unknown', { method: 'DELETE' })
  await unknown.end()
  t.equal(unknown.status, 404)
})

t.test('14: nginx gives up a server that is silent, and not one that has a heartbeat', async t => {
  const answers = ['tutorial/02-skeleton.ts', 'tutorial/14-silence.ts'].map(async file => {
    const example = await startExample(t, file)
    const url = await startNginx(
      t,
      port => `server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://127.0.0.1:${example.port}; proxy_read_timeout 5s; }
      }`
    )
    return { example, client: open(`${url}/stream`) }
  })
  const [skeleton, plugin] = await Promise.all(answers)
  await skeleton?.client.end()
  t.equal(skeleton?.client.status, 504)
  await until('more silence than nginx takes', () => plugin?.client.text().match(/^(:\n+){7}/))
  await plugin?.example.tick()
  await plugin?.client.end()
  t.match(plugin?.client, { status: 200, ended: 'clean' })
  t.match(plugin?.client.events()[0], { data: 'At last.' })
})

t.test('15: without the plugin, app.close() waits for an endless stream', async t => {
  const app = Fastify()
  app.get('/', (_request, reply) =>
    reply.send(
      Readable.from(
        (async function* () {
          yield 'begun'
          await new Promise(() => {})
        })()
      )
    )
  )
  const client = open(await app.listen({ port: 0, host: '127.0.0.1' }))
  await client.has('begun')
  let isClosed = false
  const closed = app.close().then(() => {
    isClosed = true
  })
  await settled('the server', () => isClosed)
  t.equal(isClosed, false)
  client.leave()
  await closed
})

t.test('15: a server that is told to end lets answers finish, and takes no new ones', async t => {
  const example = await startExample(t, 'tutorial/15-shutdown.ts')
  const client = example.open('/stream')
  await example.tick()
  await client.has('1 ')
  example.kill('SIGTERM')
  await until('the server takes no more streams', async () => {
    const late = example.open('/stream', { method: 'HEAD' }) // which never asks the model
    await late.end()
    return late.status === undefined
  })
  await example.tick(9)
  await client.end()
  t.match(client.events().at(-1), { event: 'done' })
  t.equal(await example.exit(), 0)
})

t.test('15: what takes longer than drainTimeout is cut off, and told when to come back', async t => {
  const example = await startExample(t, 'tutorial/15-shutdown.ts')
  const client = example.open('/stream')
  await example.tick()
  await client.has('1 ')
  example.kill('SIGINT')
  t.equal(await example.exit(), 0)
  await client.end()
  t.equal(client.ended, 'broken')
  t.match(client.text(), /^data: 1 \n\nretry: \d+\n+$/)
})

t.test('16: one route streams, or answers with JSON', async t => {
  const example = await startExample(t, 'tutorial/16-stream-or-not.ts')
  const options = { body: { prompt: 'hi' } }
  const stream = example.open('/stream', options)
  await example.tick()
  await stream.has('data: You \n')
  await example.tick(2)
  await stream.end()
  t.match(stream.events().at(-1), { event: 'done', data: '{"finishReason":"stop"}' })
  const json = example.open('/stream', { ...options, headers: { accept: 'application/json' } })
  await example.tick(2)
  await settled('the response', () => json.status)
  t.equal(json.status, undefined)
  await example.tick()
  await json.end()
  t.strictSame(JSON.parse(json.text()), { text: 'You said: hi', finishReason: 'stop' })
})
