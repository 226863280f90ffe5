import t from 'tap'
import { streamRoutes } from '../../../routes/index.js'
import { startChromium, visit } from '../../helpers/chromium.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { tcpProxy } from '../../helpers/tcp-proxy.js'
import { until } from '../../helpers/until.js'

/** A server whose source waits for the test, and how often it was started. */
async function waiting(t: Parameters<typeof serve>[0]) {
  const steps = new Steps()
  const runs: number[] = []
  const served = await serve(
    t,
    app => {
      const source = async function* () {
        runs.push(1)
        for (const word of ['a', 'b']) {
          await steps.next()
          yield word
        }
        return { finishReason: 'stop' as const }
      }
      app.get('/random', (_request, reply) => reply.sseFrom(source, { resumable: true }))
      app.get('/chosen', (_request, reply) => reply.sseFrom(source, { resumable: { id: 'chosen' } }))
      app.get('/openai', (_request, reply) => reply.sseFrom(source, { resumable: true, protocol: 'openai' }))
      app.get('/page', (_request, reply) => reply.type('text/html').send('<!doctype html><title>a</title>'))
      app.get('/plain', (_request, reply) => reply.sseFrom(source))
      app.register(streamRoutes, { generate: source })
    },
    { plugin: { commitAfter: 0, retry: 1 } }
  )
  return { ...served, steps, runs }
}

for (const path of ['/random', '/chosen', '/stream?prompt=hi']) {
  t.test(`${path}: a client that loses its connection before the first event gets the same stream`, async t => {
    const { url, steps, runs } = await waiting(t)
    const client = open(`${url}${path}`)
    await client.has('\n\n')
    const [, id = ''] = /^id: (.+:0)$/m.exec(client.text()) ?? []
    t.same(client.events(), [], 'it is no event')
    t.match(id, /^[\w-]+(:[\w-]+)?:0$/)
    client.leave()
    const again = open(`${url}${path}`, { headers: { 'last-event-id': id } })
    await again.head()
    steps.go()
    steps.go()
    await again.end()
    t.same(
      again.events().map(({ data }) => data),
      ['a', 'b', '{"finishReason":"stop"}']
    )
    t.equal(runs.length, 1)
    const late = await fetchAll(`${url}${path}`, { headers: { 'last-event-id': id } })
    t.equal(late.events().length, 3)
    t.equal(runs.length, 1)
  })
}

t.test('an EventSource that loses its connection before the first event starts no second source', async t => {
  const { port, steps, runs } = await waiting(t)
  const proxy = await tcpProxy(t, port)
  const { page } = await visit(t, await startChromium(t), `http://127.0.0.1:${proxy.port}/page`)
  let received = 0
  const devTools = await page.context().newCDPSession(page)
  devTools.on('Network.dataReceived', ({ dataLength }) => {
    received += dataLength
  })
  await devTools.send('Network.enable')
  await page.evaluate(`
    opened = 0
    events = []
    source = new EventSource('/random')
    source.onopen = () => opened++
    source.onmessage = ({ data }) => events.push(data)
    source.addEventListener('done', () => source.close())
  `)
  const state = () => page.evaluate<{ opened: number; events: string[] }>('({ opened, events })')
  await until('it is open and has the frame with the id', async () => (await state()).opened === 1 && received > 0)
  proxy.reset()
  await until('it is open again', async () => (await state()).opened === 2)
  steps.go()
  steps.go()
  await until('it has everything', async () => (await state()).events.length === 2)
  t.same((await state()).events, ['a', 'b'])
  t.equal(runs.length, 1)
})

t.test('plain streams, and clients that do not reconnect by themselves, get no such id', async t => {
  for (const path of ['/plain', '/openai']) {
    const { url } = await waiting(t)
    const client = open(`${url}${path}`)
    await client.has(':\n')
    t.notMatch(client.text(), 'id:')
    client.leave()
  }
})

t.test('0 is a position of a stream, and no end', async t => {
  const { url } = await waiting(t)
  for (const id of ['chosen:0:end', 'chosen:00', 'chosen:01']) {
    const { status } = await fetchAll(`${url}/chosen`, { headers: { 'last-event-id': id } })
    t.equal(status, 400, id)
  }
})
