import { Agent, request as rawRequest } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

t.test('leaves nothing running after 1000 clients have come and gone', async t => {
  const counts = { started: 0, running: 0, aborted: 0, closed: 0 }
  const outcomes: Record<string, number> = {}
  const { app, url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* ({ signal }) {
          counts.started++
          counts.running++
          signal.addEventListener('abort', () => counts.aborted++)
          try {
            yield 'one'
            await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
          } finally {
            counts.running--
          }
        },
        {
          onClose: ({ outcome }) => {
            counts.closed++
            outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
          }
        }
      )
    )
  })
  const timersBefore = process.getActiveResourcesInfo().filter(type => type === 'Timeout').length
  for (let round = 0; round < 10; round++) {
    const clients = Array.from({ length: 100 }, () => open(url))
    // Some leave right after the request, some after the head, and some after the first token.
    await Promise.all(
      clients.map(async (client, i) => {
        if (i % 3 === 1) await client.head()
        if (i % 3 === 2) await client.has('one')
        client.leave()
      })
    )
  }
  const requests = () => log.filter(({ msg }) => msg === 'incoming request').length
  await until('all that was started is released', () => counts.running === 0 && counts.closed === requests())
  t.ok(counts.started >= 660, `${counts.started} sources were started`)
  t.equal(counts.aborted, counts.started)
  t.same(outcomes, { aborted: counts.closed })
  await until(
    'all connections are closed',
    () => new Promise(done => app.server.getConnections((_e, n) => done(n === 0)))
  )
  await until(
    'no timer is left',
    () => process.getActiveResourcesInfo().filter(type => type === 'Timeout').length <= timersBefore + 1
  )
})

t.test('ends every stream of a connection that closes, also pipelined ones that wait', async t => {
  const signals: AbortSignal[] = []
  const outcomes: string[] = []
  const { port } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* ({ signal }) {
          signals.push(signal)
          yield 'token'
          await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
        },
        { commitAfter: 60_000, onClose: ({ outcome }) => void outcomes.push(outcome) }
      )
    )
  })
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  // Three pipelined requests (RFC 9112, section 9.3.2).
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3))
  await until('the first source runs', () => signals.length)
  socket.destroy()
  await until('all three streams are over', () => outcomes.length === 3)
  t.strictSame(outcomes, ['aborted', 'aborted', 'aborted'])
  t.strictSame(
    signals.map(({ aborted }) => aborted),
    [true],
    'the sources of the other two never started'
  )
})

t.test('aborts the source when the client half-closes the connection', async t => {
  let signal: AbortSignal | undefined
  const { port } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* (context) {
        signal = context.signal
        for (;;) {
          yield 'token'
          await new Promise(resolve => setTimeout(resolve, 5))
        }
      })
    )
  })
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false })
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  socket.on('data', () => socket.end())
  await until('the source is aborted', () => signal?.aborted)
  t.pass()
})

t.test('answers the next request on a keep-alive connection', async t => {
  const listeners: number[] = []
  const { url } = await serve(t, app => {
    app.addHook('onRequest', async ({ raw }) => {
      listeners.push(raw.socket.listenerCount('close'))
    })
    app.get('/', (_request, reply) => reply.sseFrom(['x']))
  })
  t.equal((await fetchAll(url)).ended, 'clean')
  const texts: string[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const sockets = new Set()
  for (let i = 0; i < 20; i++) {
    await new Promise<void>((resolve, reject) => {
      const request = rawRequest(url, { agent }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => {
          texts.push(text)
          resolve()
        })
      })
      request.on('socket', socket => sockets.add(socket))
      request.on('error', reject)
      request.end()
    })
  }
  t.equal(sockets.size, 1)
  t.equal(new Set(texts).size, 1)
  t.equal(new Set(listeners.slice(1)).size, 1, 'no stream leaves a listener on the connection')
})
