import t from 'tap'
import { SizeLimit } from '../../../../plugin/response/whole/size-limit.js'
import { sendWhole } from '../../../../plugin/toolkit.js'
import { fetchAll } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'

const TOO_LARGE = { code: 'FST_SSE_RESPONSE_TOO_LARGE', statusCode: 500 }

t.test('allows exactly as many bytes as the limit, and refuses one more', async t => {
  for (const char of ['a', 'é', '中', '😀']) {
    const size = Buffer.byteLength(char)
    const fill = (limit: number) => {
      const answer = new SizeLimit(limit)
      for (let i = 0; i < 1000; i++) answer.add(char)
    }
    t.doesNotThrow(() => fill(size * 1000))
    t.throws(() => fill(size * 1000 - 1), TOO_LARGE)
  }
})

t.test('counts all texts of a part', async t => {
  const call = { type: 'tool-call', id: '1', name: 'search', arguments: '{"query":"é"}' } as const
  const bytes = Object.values(call).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  t.doesNotThrow(() => new SizeLimit(bytes).add(call))
  t.throws(() => new SizeLimit(bytes - 1).add(call), TOO_LARGE)
  const extra = { signature: 'é' }
  const more = bytes + Buffer.byteLength(JSON.stringify(extra))
  t.doesNotThrow(() => new SizeLimit(more).add({ ...call, extra }))
  t.throws(() => new SizeLimit(more - 1).add({ ...call, extra }), TOO_LARGE)
})

t.test('an answer that is larger than maxResponseBytes fails, and its source is ended', async t => {
  const reasons: unknown[] = []
  let given = 0
  const { url } = await serve(
    t,
    app =>
      app.get<{ Querystring: { tokens: number } }>('/', ({ query }, reply) =>
        sendWhole(
          reply,
          async function* ({ signal }) {
            signal.addEventListener('abort', () => reasons.push(signal.reason))
            for (given = 0; given < query.tokens; given++) yield 'token'
            return { finishReason: 'stop' }
          },
          ({ text }) => ({ text })
        )
      ),
    { plugin: { maxResponseBytes: 500 } }
  )
  const whole = await fetchAll(`${url}/?tokens=100`)
  t.equal(whole.status, 200)
  t.equal(JSON.parse(whole.text()).text.length, 500)
  const refused = await fetchAll(`${url}/?tokens=1000000`)
  t.equal(refused.status, 500)
  t.match(JSON.parse(refused.text()), { code: 'FST_SSE_RESPONSE_TOO_LARGE', message: /maxResponseBytes \(500\)/ })
  t.match(reasons, [{ reason: 'limit' }])
  t.ok(given < 10_000)
})
