import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { type Generate, type GenerateRequest, openAiRoutes, streamRoutes } from '../../../routes/index.js'
import { openAiSource } from '../../../sources/index.js'
import { fetchAll } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { serve } from '../../helpers/server.js'
import { api } from './api.js'

const extra_content = { google: { thought_signature: 'c2ln' } }

const sse = (choice: object) => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`

/** A provider that refuses to go on unless the signature of its calls comes back, as Gemini does, and a gateway. */
async function gateway(t: Test) {
  const provider = await openAiServer(t, ({ body, response }) => {
    const messages = body.messages as { role: string; tool_calls?: { extra_content?: unknown }[] }[]
    const calls = messages.flatMap(({ tool_calls = [] }) => tool_calls)
    if (calls.some(call => JSON.stringify(call.extra_content) !== JSON.stringify(extra_content))) {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end('{"error":{"message":"Function call is missing a thought_signature"}}')
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const call = (id: string, city: string) => ({
      index: 0,
      id,
      type: 'function',
      extra_content,
      function: { name: 'weather', arguments: JSON.stringify({ city }) }
    })
    const answer =
      messages.at(-1)?.role === 'tool'
        ? sse({ delta: { content: 'Sunny.' } })
        : sse({ delta: { tool_calls: [call('a', 'Bonn')] } }) + sse({ delta: { tool_calls: [call('b', 'Rome')] } })
    response.end(`${answer}${sse({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`)
  })
  const generate = openAiSource({ baseURL: provider.url, model: 'm' })
  const { url } = await serve(t, app => {
    app.register(openAiRoutes, { generate, models: ['m'] })
    app.register(streamRoutes, { generate })
  })
  return { provider, url }
}

const messages = [{ role: 'user' as const, content: 'What is the weather?' }]

t.test('what a provider wants back with a call of a tool makes the round through the SDK openai', async t => {
  const { provider, url } = await gateway(t)
  const { completions } = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key', maxRetries: 0 }).chat
  const asked = { model: 'm', messages }
  const whole = (await completions.create(asked)).choices[0]?.message
  // The helpers of the SDK that join the chunks, or run the tools, drop what they do not know.
  const tool_calls: OpenAI.Chat.ChatCompletionMessageToolCall[] = []
  for await (const { choices } of await completions.create({ ...asked, stream: true })) {
    for (const call of choices[0]?.delta.tool_calls ?? []) tool_calls.push(call as (typeof tool_calls)[number])
  }
  for (const answer of [whole, { role: 'assistant' as const, content: null, tool_calls }]) {
    const results = (answer?.tool_calls ?? []).map(({ id }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: 'sunny'
    }))
    const next = await completions.create({
      ...asked,
      messages: [...messages, ...(answer ? [answer] : []), ...results]
    })
    t.equal(next.choices[0]?.message.content, 'Sunny.')
    const sent = provider.calls.at(-1)?.body.messages as { tool_calls?: object[] }[]
    const call = { type: 'function', extra_content }
    t.strictSame(sent[1]?.tool_calls, [
      { ...call, id: 'a', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
      { ...call, id: 'b', function: { name: 'weather', arguments: '{"city":"Rome"}' } }
    ])
  }
})

t.test('what a provider wants back with a call of a tool makes the round through /stream', async t => {
  const { url } = await gateway(t)
  const ask = async (messages: object[]) => {
    const response = await fetchAll(`${url}/stream`, { body: { messages }, headers: { accept: 'application/json' } })
    return JSON.parse(response.text())
  }
  const { toolCalls } = await ask(messages)
  const extra = { extra_content }
  t.strictSame(toolCalls, [
    { id: 'a', name: 'weather', arguments: '{"city":"Bonn"}', extra },
    { id: 'b', name: 'weather', arguments: '{"city":"Rome"}', extra }
  ])
  const answer = {
    role: 'assistant',
    content: toolCalls.map((call: object) => ({ type: 'tool-call', ...call }))
  }
  const results = ['a', 'b'].map(toolCallId => ({ role: 'tool', toolCallId, content: 'sunny' }))
  t.match(await ask([...messages, answer, ...results]), { text: 'Sunny.' })
  const events = (await fetchAll(`${url}/stream`, { body: { messages } })).events()
  const data = events.filter(({ event }) => event === 'tool-call').map(({ data }) => JSON.parse(data))
  t.strictSame(data, toolCalls)
})

t.test('what a provider wants back may come with any piece of a call', async t => {
  const generate: Generate = async function* () {
    yield { type: 'tool-call', id: 'a', name: 'f', arguments: '{' }
    yield { type: 'tool-call', id: 'a', name: 'f', arguments: '}', extra: { one: 1 } }
    yield { type: 'tool-call', id: 'a', name: 'f', arguments: '', extra: { two: 2 } }
    return { finishReason: 'stop' }
  }
  const { post } = await api(t, generate)
  const whole = JSON.parse((await post({ model: 'a', messages })).text())
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
  t.strictSame(whole.choices[0].message.tool_calls, [{ one: 1, two: 2, ...call }])
  const chunks = (await post({ model: 'a', messages, stream: true })).events().map(({ data }) => data)
  const pieces = chunks.filter(data => data.includes('tool_calls"')).map(data => JSON.parse(data).choices[0].delta)
  t.match(pieces.slice(0, 3), [
    { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }] },
    { tool_calls: [{ index: 0, one: 1, function: { arguments: '}' } }] },
    { tool_calls: [{ index: 0, two: 2, function: { arguments: '' } }] }
  ])
})

t.test('generate gets what messages and their parts have beyond the contract', async t => {
  const asked: GenerateRequest[] = []
  const { post } = await api(t, async function* (request) {
    asked.push(request)
    yield 'ok'
    return { finishReason: 'stop' }
  })
  const cached = { cache_control: { type: 'ephemeral' } }
  const function_ = { name: 'f', arguments: '{}' }
  const parts = [
    { type: 'text', text: 'Be ' },
    { type: 'text', text: 'brief.', ...cached }
  ]
  const response = await post({
    model: 'a',
    messages: [
      { role: 'system', content: parts, name: 'rules' },
      { role: 'developer', content: [{ type: 'text', text: 'Now.' }], ...cached },
      { role: 'system', content: 'Then.', ...cached },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Yes.', ...cached }],
        tool_calls: [
          { index: 0, id: 'a', type: 'function', function: function_, extra_content },
          { id: 'b', type: 'function', function: function_ }
        ]
      }
    ]
  })
  t.equal(response.status, 200)
  const call = { type: 'tool-call', name: 'f', arguments: '{}' }
  t.strictSame(asked[0]?.messages, [
    { role: 'system', content: 'Be brief.', name: 'rules', extra: { content: parts } },
    { role: 'system', content: 'Now.', extra: cached },
    { role: 'system', content: 'Then.', extra: cached },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Yes.', extra: cached },
        { ...call, id: 'a', extra: { extra_content } },
        { ...call, id: 'b' }
      ]
    }
  ])
})
