import t, { type Test } from 'tap'
import { type OpenStreamOptions, openStream, type StreamEvent } from '../../client/index.js'
import { type Generate, streamRoutes, type Tokens } from '../../routes/index.js'
import { afterBytes, afterEvent, afterHead, type Cut, cutter } from '../helpers/cutter.js'
import { Random, seed } from '../helpers/random.js'
import { serve } from '../helpers/server.js'
import { Steps } from '../helpers/steps.js'
import { asReceived, tokensOf } from '../helpers/tokens.js'

const COUNT = 150
const TOKENS = tokensOf(COUNT)
const TEXT = asReceived(TOKENS)

t.comment(`SEED=${seed}`)
const random = new Random(seed)

/** Whether the source waits until the client has a token before it gives the next one. */
const PACES = { 'of a fast source': false, 'of a source that waits for its reader': true }
const ASKS: Record<string, OpenStreamOptions<typeof Tokens>> = { GET: {}, POST: { body: { prompt: 'hi' } } }

/** A server behind a network that loses its connections. */
async function lossy(t: Test, isPaced: boolean, nextCut: (connection: number) => Cut) {
  const steps = new Steps()
  let runs = 0
  const generate: Generate = async function* () {
    runs++
    for (const token of TOKENS) {
      if (isPaced) await steps.next()
      yield token
    }
    return { finishReason: 'stop' }
  }
  const { port, url } = await serve(t, app => app.register(streamRoutes, { generate }))
  let connections = 0
  const network = await cutter(t, port, () => nextCut(connections++))
  return { url, steps, network, runs: () => runs, lossyUrl: `http://127.0.0.1:${network.port}` }
}

/** Reads a stream to its end and compares it with what was sent. */
async function isWhole(
  t: Test,
  path: string,
  options: OpenStreamOptions<typeof Tokens>,
  served: Awaited<ReturnType<typeof lossy>>
) {
  const events: StreamEvent<typeof Tokens>[] = []
  const stream = openStream<typeof Tokens>(`${served.lossyUrl}${path}`, { retryDelay: 0, maxRetries: 100, ...options })
  served.steps.go()
  for await (const event of stream) {
    events.push(event)
    served.steps.go()
  }
  t.strictSame(
    events.map(({ event, data, id }) => [event, data, id]),
    [
      ...TEXT.map((text, i) => ['message', text, `${stream.id}:${i + 1}`]),
      ['done', { finishReason: 'stop' }, `${stream.id}:${COUNT + 1}:end`]
    ]
  )
  t.equal(stream.complete, true)
  t.equal(stream.lastEventId, `${stream.id}:${COUNT + 1}:end`)
  t.equal(served.runs(), 1, 'the source ran once')
  return stream
}

for (const [pace, isPaced] of Object.entries(PACES)) {
  for (const [method, options] of Object.entries(ASKS)) {
    const path = method === 'GET' ? '/stream?prompt=hi' : '/stream'

    t.test(`${method}: the connection is cut after every event ${pace}`, async t => {
      const served = await lossy(t, isPaced, afterEvent)
      const stream = await isWhole(t, path, options, served)
      t.equal(stream.reconnects, COUNT)
    })

    t.test(`${method}: the connection is cut anywhere ${pace}`, async t => {
      // Without the first head, the client could not know whether the answer has begun.
      const served = await lossy(t, isPaced, connection =>
        connection === 0 ? afterHead(random.below(200)) : afterBytes(random.below(1200))
      )
      await isWhole(t, path, options, served)
      t.ok(served.network.cuts > 5, `${served.network.cuts} cuts`)
    })
  }
}

t.test('the connection is cut right after the head, before the first event', async t => {
  for (const [method, options] of Object.entries(ASKS)) {
    t.test(method, async t => {
      const served = await lossy(t, false, connection => afterHead(connection < 5 ? 0 : Number.POSITIVE_INFINITY))
      const stream = await isWhole(t, method === 'GET' ? '/stream?prompt=hi' : '/stream', options, served)
      t.ok(stream.reconnects >= 1)
    })
  }
})

t.test('a reloaded page reads the answer from its start, over cut connections', async t => {
  const served = await lossy(t, false, () => afterBytes(400 + random.below(800)))
  const first = openStream(`${served.url}/stream`, { body: { prompt: 'hi' } })
  for await (const { data } of first) {
    t.equal(data, TEXT[0])
    break
  }
  await isWhole(t, '/stream', { resume: first.id }, served)
})
