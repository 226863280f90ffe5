import t, { type Test } from 'tap'
import { type AnswerFinish, type Generate, openAiRoutes, streamRoutes } from '../../routes/index.js'
import { fetchAll, open } from '../helpers/client.js'
import { serve } from '../helpers/server.js'
import { Steps } from '../helpers/steps.js'
import { until } from '../helpers/until.js'

const FINISH = { finishReason: 'stop' as const, usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } }
const MESSAGES = [{ role: 'user', content: 'hi' }]

async function finishing(t: Test, steps?: Steps) {
  const finishes: AnswerFinish[] = []
  let waiting = 0
  const onFinish = (finish: AnswerFinish) => void finishes.push(finish)
  const generate: Generate = async function* (_input, { signal }) {
    yield 'Hel'
    waiting++
    signal.addEventListener('abort', () => steps?.go())
    await steps?.next()
    yield 'lo'
    return FINISH
  }
  const served = await serve(t, async app => {
    await app.register(streamRoutes, { generate, onFinish })
    await app.register(openAiRoutes, { generate, onFinish, models: ['m'] })
  })
  return { ...served, finishes, isWaiting: () => waiting > 0 }
}

const asks: Record<string, [string, object?, Record<string, string>?]> = {
  'GET /stream': ['/stream?prompt=hi'],
  'POST /stream': ['/stream', { messages: MESSAGES }],
  'GET /stream as JSON': ['/stream?prompt=hi', undefined, { accept: 'application/json' }],
  '/v1/chat/completions': ['/v1/chat/completions', { model: 'm', messages: MESSAGES, stream: true }],
  '/v1/chat/completions as JSON': ['/v1/chat/completions', { model: 'm', messages: MESSAGES }]
}

for (const [name, [path, body, headers = {}]] of Object.entries(asks)) {
  t.test(`onFinish is told of an answer of ${name}`, async t => {
    const { url, finishes } = await finishing(t)
    const client = await fetchAll(url + path, { body, headers })
    t.equal(client.status, 200)
    await until('onFinish is called', () => finishes.length)
    t.match(finishes, [
      { outcome: 'complete', partial: false, text: 'Hello', asked: { messages: MESSAGES }, result: FINISH }
    ])
    t.same(finishes[0]?.usage, FINISH.usage)
    t.equal(finishes.length, 1)
  })

  t.test(`onFinish is told of a client of ${name} that leaves`, async t => {
    const steps = new Steps()
    const { url, finishes, app, isWaiting } = await finishing(t, steps)
    const client = open(url + path, { body, headers })
    if (name.endsWith('JSON')) await until('it is answered', isWaiting)
    else await client.has('Hel')
    const id = client.headers['x-stream-id'] as string | undefined
    if (id !== undefined) {
      t.equal((await fetchAll(`${url}/stream/${id}`, { method: 'DELETE' })).status, 204)
      await client.end()
    }
    client.leave()
    await until('onFinish is called', () => finishes.length)
    await app.close()
    const outcome = id === undefined ? 'aborted' : 'stopped'
    t.match(finishes, [{ outcome, partial: true, text: 'Hel', streamId: id, asked: { messages: MESSAGES } }])
    t.equal(finishes.length, 1)
  })
}

t.test('without an onFinish of the route, that of the plugin is called', async t => {
  const urls: string[] = []
  const generate: Generate = async function* () {
    yield 'a'
    return { finishReason: 'stop' }
  }
  const { url } = await serve(
    t,
    async app => {
      await app.register(streamRoutes, { generate })
      await app.register(openAiRoutes, { generate, models: ['m'] })
    },
    { plugin: { onFinish: ({ request }) => void urls.push(request.url) } }
  )
  for (const [path, body, headers = {}] of Object.values(asks)) await fetchAll(url + path, { body, headers })
  await until('all have finished', () => urls.length === 5)
})

t.test('an onFinish that is no function is refused', async t => {
  const generate: Generate = async function* () {
    yield 'a'
    return FINISH
  }
  const onFinish = 'no' as never
  for (const register of [
    (app: Parameters<typeof streamRoutes>[0]) => streamRoutes(app, { generate, onFinish }),
    (app: Parameters<typeof streamRoutes>[0]) => openAiRoutes(app, { generate, onFinish, models: ['m'] })
  ]) {
    await t.rejects(
      serve(t, app => register(app)),
      { code: 'FST_SSE_OPTION_INVALID', message: 'option "onFinish" takes a function' }
    )
  }
})
