import t from 'tap'
import { build } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const broken = {
  start: () => ({
    item: (data: unknown) => ({ data }),
    end: () => ({ event: 'end' }),
    error: () => {
      throw new Error('the protocol is broken')
    }
  })
}

const midway = async function* () {
  yield 'a'
  throw new Error('midway')
}

t.test('inject() rejects where a client would see a response that is broken off', async t => {
  const outcomes: string[] = []
  const { app } = build(t)
  await app.after()
  const onClose = ({ outcome }: { outcome: string }) => outcomes.push(outcome)
  app.get('/', (_request, reply) => reply.sseFrom(midway, { protocol: broken, onClose }))
  await t.rejects(app.inject('/'), { code: 'LIGHT_ECONNRESET' })
  const { stream } = await app.inject({ url: '/', payloadAsStream: true })
  const chunks: unknown[] = []
  await t.rejects(
    (async () => {
      for await (const chunk of stream()) chunks.push(String(chunk))
    })(),
    { code: 'LIGHT_ECONNRESET' }
  )
  t.same(chunks, ['data: a\n\n'])
  await until('onClose was called', () => outcomes.length === 2)
  t.same(outcomes, ['error', 'error'])
})

t.test('an app closes although streams of inject() run', async t => {
  const { app } = build(t, { plugin: { drainTimeout: 10 } })
  await app.after()
  const reasons: unknown[] = []
  app.get('/:begun', (request, reply) =>
    reply.sseFrom(async function* ({ signal }) {
      if ((request.params as { begun: string }).begun === 'yes') yield 'a'
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      reasons.push(signal.reason?.reason)
    })
  )
  const responses = ['/yes', '/no'].map(path => app.inject(path).catch((error: Error & { code: string }) => error.code))
  await until('the streams run', () => app.sseStreams && reasons.length === 0)
  await new Promise(resolve => setImmediate(resolve))
  await app.close()
  t.same(await Promise.all(responses), ['LIGHT_ECONNRESET', 'LIGHT_ECONNRESET'])
  t.same(reasons, ['closing', 'closing'])
})
