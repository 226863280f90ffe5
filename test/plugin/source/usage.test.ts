import t from 'tap'
import type { StreamFinish } from '../../../plugin/index.js'
import { laterUsage, usageIn } from '../../../plugin/source/usage.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const usage = { tokens: 3 }

const places: Record<string, object> = {
  "OpenAI's chat completions": { choices: [], usage },
  "OpenAI's Responses": { type: 'response.completed', response: { usage } },
  "Anthropic's message_start": { type: 'message_start', message: { usage } },
  "Anthropic's message_delta": { type: 'message_delta', usage },
  'finish of the AI SDK': { type: 'finish', totalUsage: usage, usage: { tokens: 1 } },
  'finish-step of the AI SDK': { type: 'finish-step', usage },
  'metadata of the AI SDK': { type: 'finish', messageMetadata: { totalUsage: usage } },
  'other metadata of the AI SDK': { type: 'message-metadata', messageMetadata: { usage } },
  Gemini: { usageMetadata: usage },
  LangChain: { usage_metadata: usage }
}

for (const [name, item] of Object.entries(places)) {
  t.test(`the usage of ${name}`, async t => {
    t.same(usageIn(item), usage)
  })
}

t.test('the usage of Ollama', async t => {
  t.same(usageIn({ done: true, prompt_eval_count: 3, eval_count: 2 }), { prompt_eval_count: 3, eval_count: 2 })
  t.equal(usageIn({ done: false }), undefined)
})

t.test('what has none', async t => {
  for (const item of ['usage', 1, null, undefined, [], {}, { usage: null }, { usage: 3 }, { usage: [1] }]) {
    t.equal(usageIn(item), undefined)
  }
})

t.test('a later usage adds to an earlier one', async t => {
  const first = laterUsage(undefined, { input_tokens: 3, output_tokens: 1, cache: null })
  t.same(laterUsage(first, { output_tokens: 5, input_tokens: null }), { input_tokens: 3, output_tokens: 5 })
  t.equal(laterUsage(first, 'no'), first)
})

t.test('usageOf says where else it is', async t => {
  const finishes: StreamFinish[] = []
  const source = async function* () {
    yield { cost: 1, usage: { tokens: 1 } }
    yield { none: true }
    yield { none: true, usage: { tokens: 2 } }
  }
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(source, {
        usageOf: item => (item.cost ? { cost: item.cost } : undefined),
        onFinish: finish => void finishes.push(finish)
      })
    )
    app.get('/fails', (_request, reply) =>
      reply.sseFrom(source, {
        usageOf: () => {
          throw new Error('no usage')
        },
        onFinish: finish => void finishes.push(finish)
      })
    )
  })
  await fetchAll(url)
  await until('onFinish is called', () => finishes.length === 1)
  t.same(finishes[0]?.usage, { cost: 1, tokens: 2 })
  await fetchAll(`${url}/fails`)
  await until('onFinish is called', () => finishes.length === 2)
  t.match(finishes[1], { outcome: 'complete', usage: undefined })
  t.equal(log.filter(({ err }) => err?.message === 'no usage').length, 1, 'the log has it once')
})
