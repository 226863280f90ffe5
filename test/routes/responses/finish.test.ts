import t from 'tap'
import type { Generate } from '../../../routes/index.js'
import { until } from '../../helpers/until.js'
import { api } from './api.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const hello: Generate = async function* () {
  yield { type: 'reasoning', text: 'Hm.' }
  yield 'Hel'
  yield 'lo'
  return { finishReason: 'stop', usage }
}

for (const [name, body] of Object.entries({
  'with events': { stream: true },
  'in one piece': {},
  'that is not stored': { stream: true, store: false },
  'in the background': { background: true },
  'in the background, with events': { background: true, stream: true }
})) {
  t.test(`onFinish is told once of a response ${name}`, async t => {
    const told: { outcome: string; text: string; asked: string | undefined }[] = []
    const { post, client } = await api(t, hello, {
      onFinish: ({ outcome, text, asked }) => void told.push({ outcome, text, asked: asked.model })
    })
    const answer = await post({ input: 'hi', ...body })
    const [id] = /resp_[0-9a-f]+/.exec(answer.text()) ?? ['']
    await until('it is told', () => told.length)
    if (!('store' in body)) {
      await until('the end', async () => (await client.responses.retrieve(id)).status === 'completed')
      await client.responses.delete(id)
    }
    t.same(told, [{ outcome: 'complete', text: 'Hello', asked: 'a' }])
  })
}

t.test('stored responses take no place of streams', async t => {
  const { client } = await api(t, hello, {}, { plugin: { maxStreams: 1 } })
  const stream = client.responses.stream({ model: 'a', input: 'hi' })
  t.equal((await stream.finalResponse()).output_text, 'Hello')
  const begun = await client.responses.create({ model: 'a', input: 'hi', background: true })
  await until('the end', async () => (await client.responses.retrieve(begun.id)).status === 'completed')
  await client.responses.delete(begun.id)
})

t.test('a response in the background takes one, and is refused where there is none', async t => {
  const { post } = await api(
    t,
    async function* (_asked, { signal }) {
      yield 'Hel'
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      return { finishReason: 'stop' }
    },
    {},
    { plugin: { maxStreams: 1, drainTimeout: 100 } }
  )
  t.equal((await post({ input: 'hi', background: true })).status, 200)
  const refused = await post({ input: 'hi', background: true })
  t.equal(refused.status, 503)
  t.match(JSON.parse(refused.text()), { error: { code: 'FST_SSE_SERVER_BUSY', type: 'server_error' } })
})
