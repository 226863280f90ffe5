import t from 'tap'
import type { Generate } from '../../../routes/index.js'
import { open } from '../../helpers/client.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'
import { api, eventsOf } from './api.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }

const hello: Generate = async function* () {
  yield 'Hel'
  yield 'lo'
  return { finishReason: 'stop', usage }
}

/** Everything that an answer can have: two calls whose pieces come in turns, too. */
const everything: Generate = async function* () {
  yield { type: 'reasoning', text: 'Let me ' }
  yield { type: 'reasoning', text: 'see.', encrypted: 'sealed' }
  yield { type: 'reasoning', text: 'Again.', signature: 'signed' }
  yield ''
  yield 'I look. '
  yield { type: 'text', text: 'Soon.' }
  yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":' }
  yield { type: 'tool-call', id: 'call-2', name: 'time', arguments: '' }
  yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '"Bonn"}' }
  yield { type: 'tool-call', id: 'call-2', name: 'time', arguments: '{}' }
  yield { type: 'refusal', text: 'No more.' }
  return {
    finishReason: 'tool_calls',
    usage: { ...usage, cachedPromptTokens: 1, reasoningTokens: 2 }
  }
}

t.test('a text comes as the events that clients need', async t => {
  const { post } = await api(t, hello)
  const events = eventsOf(t, await post({ input: 'hi', stream: true }))
  t.same(
    events.map(({ type }) => type),
    [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed'
    ]
  )
  const [created, inProgress, added, partAdded, first, second, textDone, partDone, itemDone, completed] = events
  const { id, created_at } = created?.response ?? {}
  t.match(id, /^resp_[0-9a-f]{32}$/)
  t.ok(Math.abs(created_at - Date.now() / 1000) < 1000)
  for (const event of [created, inProgress]) {
    t.match(event?.response, { id, created_at, object: 'response', model: 'a', status: 'in_progress', output: [] })
  }
  const item_id = added?.item.id
  t.match(item_id, /^msg_/)
  t.ok(item_id.length <= 64)
  t.same(added?.item, { id: item_id, type: 'message', status: 'in_progress', role: 'assistant', content: [] })
  const at = { item_id, output_index: 0, content_index: 0 }
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
  t.match(partAdded, { ...at, part })
  t.match(first, { ...at, delta: 'Hel' })
  t.match(second, { ...at, delta: 'lo' })
  t.match(textDone, { ...at, text: 'Hello' })
  t.match(partDone, { ...at, part: { ...part, text: 'Hello' } })
  const item = { ...added?.item, status: 'completed', content: [{ ...part, text: 'Hello' }] }
  t.match(itemDone, { output_index: 0, item })
  t.match(completed?.response, {
    id,
    created_at,
    model: 'a',
    status: 'completed',
    error: null,
    incomplete_details: null,
    output: [item],
    usage: {
      input_tokens: 1,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 2,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 3
    }
  })
  t.ok(completed?.response.completed_at >= created_at)
})

t.test('reasoning, text, calls of tools and a refusal are items of their own', async t => {
  const { post } = await api(t, everything)
  const events = eventsOf(t, await post({ input: 'hi', stream: true }))
  const output = events.at(-1)?.response.output
  t.match(output, [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me see.' }], encrypted_content: 'sealed' },
    { type: 'reasoning', summary: [{ text: 'Again.' }], encrypted_content: /^signature:/ },
    { type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'I look. Soon.' }] },
    { type: 'function_call', call_id: 'call-1', name: 'weather', arguments: '{"city":"Bonn"}', status: 'completed' },
    { type: 'function_call', call_id: 'call-2', name: 'time', arguments: '{}', status: 'completed' },
    { type: 'message', content: [{ type: 'refusal', refusal: 'No more.' }] }
  ])
  t.match(events.at(-1)?.response.usage, {
    input_tokens_details: { cached_tokens: 1 },
    output_tokens_details: { reasoning_tokens: 2 }
  })
  for (const [index, item] of output.entries()) {
    const own = events.filter(({ output_index }) => output_index === index)
    t.equal(own.at(0)?.type, 'response.output_item.added')
    t.equal(own.at(-1)?.type, 'response.output_item.done')
    t.same(own.at(-1)?.item, item)
    t.ok(own.every(({ item_id, item: { id } = { id: item_id } }) => id === item.id))
  }
  const typesOf = (index: number) =>
    events.filter(({ output_index }) => output_index === index).map(({ type }) => type.replace('response.', ''))
  t.same(typesOf(0), [
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done'
  ])
  t.same(typesOf(3), [
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done'
  ])
  t.same(typesOf(5), [
    'output_item.added',
    'content_part.added',
    'refusal.delta',
    'refusal.done',
    'content_part.done',
    'output_item.done'
  ])
})

t.test('the whole response has the same output as the events', async t => {
  const { post } = await api(t, everything)
  const streamed = eventsOf(t, await post({ input: 'hi', stream: true })).at(-1)?.response
  const whole = JSON.parse((await post({ input: 'hi' })).text())
  const withoutIds = (output: { id: string }[]) => output.map(({ id: _, ...item }) => item)
  t.same(withoutIds(whole.output), withoutIds(streamed.output))
  t.match(whole, { object: 'response', status: 'completed', usage: streamed.usage, background: false, store: true })
  t.not(whole.id, streamed.id)
})

t.test('text and a refusal in a row are one message', async t => {
  const { post } = await api(t, async function* () {
    yield 'Well. '
    yield { type: 'refusal', text: 'No.' }
    yield { type: 'reasoning', text: '' }
    yield { type: 'refusal', text: ' Never.' }
    return { finishReason: 'stop' }
  })
  const completed = eventsOf(t, await post({ input: 'hi', stream: true })).at(-1)
  t.equal(completed?.response.usage, null)
  t.match(completed?.response.output, [
    {
      content: [
        { type: 'output_text', text: 'Well. ' },
        { type: 'refusal', refusal: 'No. Never.' }
      ]
    }
  ])
})

t.test('reasoning that only the provider can read has no summary', async t => {
  const { post } = await api(t, async function* () {
    yield { type: 'reasoning', text: '', encrypted: 'sealed' }
    return { finishReason: 'stop' }
  })
  const events = eventsOf(t, await post({ input: 'hi', stream: true }))
  t.match(events.at(-1)?.response.output, [{ type: 'reasoning', summary: [], encrypted_content: 'sealed' }])
  t.notOk(events.some(({ type }) => type.includes('summary')))
})

for (const [finishReason, reason] of [
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter']
] as const) {
  t.test(`an answer that ends with ${finishReason} is incomplete`, async t => {
    const { post } = await api(t, async function* () {
      yield 'Hel'
      yield { type: 'tool-call', id: '1', name: 'f', arguments: '{' }
      return { finishReason, usage }
    })
    const last = eventsOf(t, await post({ input: 'hi', stream: true })).at(-1)
    const response = {
      status: 'incomplete',
      incomplete_details: { reason },
      completed_at: null,
      output: [{ type: 'message', status: 'completed' }, { status: 'incomplete' }],
      usage: { total_tokens: 3 }
    }
    t.match(last, { type: 'response.incomplete', response })
    t.match(JSON.parse((await post({ input: 'hi' })).text()), response)
  })
}

t.test('an answer without parts has no output', async t => {
  const { post } = await api(t, async function* () {
    yield* []
    return { finishReason: 'unknown' }
  })
  const events = eventsOf(t, await post({ input: 'hi', stream: true }))
  t.same(
    events.map(({ type }) => type),
    ['response.created', 'response.in_progress', 'response.completed']
  )
  t.same(events.at(-1)?.response.output, [])
})

t.test('an answer that fails midway ends with error and response.failed', async t => {
  for (const [status, code] of [
    [429, 'rate_limit_exceeded'],
    [400, 'invalid_prompt'],
    [503, 'server_error']
  ] as const) {
    const { post } = await api(t, async function* () {
      yield 'Hel'
      throw Object.assign(new Error('broken off'), { status, code: 'GONE' })
    })
    const events = eventsOf(t, await post({ input: 'hi', stream: true }))
    const [error, failed] = events.slice(-2)
    const message = status < 500 ? 'broken off' : 'Service Unavailable'
    t.match(error, { type: 'error', code: 'GONE', message, param: null, error: { message, code: 'GONE' } })
    t.match(failed, {
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code, message },
        output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }]
      }
    })
  }
})

t.test('an answer that fails late, but before its first part, has begun too', async t => {
  const steps = new Steps()
  const { baseURL } = await api(
    t,
    // biome-ignore lint/correctness/useYield: it fails first
    async function* () {
      await steps.next()
      throw new Error('broken')
    },
    {},
    { plugin: { commitAfter: 0 } }
  )
  const client = open(`${baseURL}/responses`, { body: { model: 'a', input: 'hi', stream: true } })
  await client.head()
  steps.go()
  await client.end()
  t.same(
    eventsOf(t, client).map(({ type }) => type),
    ['response.created', 'response.in_progress', 'error', 'response.failed']
  )
})

t.test('an answer that fails before it begins is an error response', async t => {
  for (const stream of [true, false]) {
    const { post } = await api(t, () => {
      throw Object.assign(new Error('not so fast'), { status: 429, code: 'slow_down' })
    })
    const refused = await post({ input: 'hi', stream })
    t.equal(refused.status, 429)
    t.same(JSON.parse(refused.text()), {
      error: { message: 'not so fast', type: 'rate_limit_error', param: null, code: 'slow_down' }
    })
  }
})

t.test('an answer that is wrong fails', async t => {
  const { post, log } = await api(t, async function* () {
    yield 'Hel'
    return { finishReason: 'tired' }
  } as never)
  for (const store of [true, false]) {
    const events = eventsOf(t, await post({ input: 'hi', stream: true, store }))
    t.equal(events.at(-1)?.type, 'response.failed')
  }
  t.equal(log.filter(({ err }) => err?.message.includes('result/finishReason')).length, 2)
})

t.test('a client that leaves stops the answer', async t => {
  for (const store of [true, false]) {
    let reason: unknown
    const { baseURL } = await api(t, async function* (_asked, { signal }) {
      yield 'Hel'
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      reason = signal.reason?.reason
      return { finishReason: 'stop' }
    })
    const client = open(`${baseURL}/responses`, { body: { model: 'a', input: 'hi', stream: true, store } })
    await client.has('Hel')
    client.leave()
    await until('the answer is stopped', () => reason === 'left')
    t.equal(reason, 'left')
  }
})

t.test('a call that the answer does not end is stopped in every way that its source has', async t => {
  let isCancelled = false
  const { baseURL } = await api(t, () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => ({ done: true as const, value: { finishReason: 'stop' as const } })
    }),
    controller: {
      abort() {
        isCancelled = true
      }
    }
  }))
  const client = open(`${baseURL}/responses`, { body: { model: 'a', input: 'hi', stream: true } })
  await client.head()
  client.leave()
  await until('the provider is cancelled', () => isCancelled)
  t.ok(isCancelled)
})
