import type OpenAI from 'openai'
import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionMessageParam } from 'openai/resources'
import t from 'tap'
import type { Generate, GenerateRequest } from '../../../routes/index.js'
import { Random, seed } from '../../helpers/random.js'
import { api } from './api.js'

type Body = Omit<ChatCompletionCreateParamsNonStreaming, 'model' | 'messages' | 'stream'>

const messages = [{ role: 'user' as const, content: 'hi' }]

const called = { name: 'a' }
const tool = {
  type: 'function',
  function: { ...called, description: 'b', parameters: { type: 'object' }, strict: true }
}
const schema = { type: 'object' }

/** What `generate` gets of what only OpenAI's API has. */
function extra(name: string, ...values: unknown[]): [unknown, object][] {
  return values.map(value => [value, { extra: { [name]: value } }])
}

/**
 * Every parameter of OpenAI's API beside the model and the messages: what `generate` gets of a value, and the values
 * that are refused.
 */
const parameters: { [Name in keyof Required<Body>]: { taken: [unknown, object][]; refused: unknown[] } } = {
  audio: { taken: extra('audio', { voice: 'alloy', format: 'mp3' }), refused: [] },
  frequency_penalty: { taken: [[1, { frequencyPenalty: 1 }]], refused: ['1'] },
  function_call: {
    taken: [
      ['none', { toolChoice: 'none' }],
      [called, { toolChoice: { tool: 'a' } }]
    ],
    refused: ['sometimes', {}, 5]
  },
  functions: {
    taken: [
      [[], {}],
      [[called], { tools: [called] }]
    ],
    refused: [{}, ['a'], [{}]]
  },
  logit_bias: { taken: extra('logit_bias', {}, { 5: 1 }), refused: [] },
  logprobs: { taken: extra('logprobs', true, false), refused: [] },
  max_completion_tokens: { taken: [[5, { maxTokens: 5 }]], refused: [0, 'many', 1.5] },
  max_tokens: { taken: [[5, { maxTokens: 5 }]], refused: [0, 'many'] },
  metadata: { taken: [[{ a: 'b' }, { metadata: { a: 'b' } }]], refused: ['a', []] },
  modalities: { taken: extra('modalities', ['text'], ['text', 'audio']), refused: [] },
  moderation: { taken: extra('moderation', { model: 'omni' }), refused: [] },
  n: { taken: [[1, {}]], refused: [2, 0, 'a'] },
  parallel_tool_calls: { taken: [[false, { parallelToolCalls: false }]], refused: ['yes'] },
  prediction: { taken: extra('prediction', { type: 'content', content: 'a' }), refused: [] },
  presence_penalty: { taken: [[-1, { presencePenalty: -1 }]], refused: [[]] },
  prompt_cache_key: { taken: extra('prompt_cache_key', 'a'), refused: [] },
  prompt_cache_options: { taken: extra('prompt_cache_options', { ttl: '30m' }), refused: [] },
  prompt_cache_retention: { taken: extra('prompt_cache_retention', '24h'), refused: [] },
  reasoning_effort: { taken: [['low', { reasoningEffort: 'low' }]], refused: [5] },
  response_format: {
    taken: [
      [{ type: 'text' }, {}],
      [{}, {}],
      [{ type: 'json_object' }, { responseFormat: { type: 'json' } }],
      [
        { type: 'json_schema', json_schema: { name: 'a', description: 'b', schema, strict: true } },
        { responseFormat: { type: 'json', name: 'a', description: 'b', schema, strict: true } }
      ]
    ],
    refused: ['text', { type: 'xml' }, { type: 'json_schema' }, { type: 'json_schema', json_schema: { schema: 5 } }]
  },
  safety_identifier: { taken: extra('safety_identifier', 'a'), refused: [] },
  seed: { taken: [[0, { seed: 0 }]], refused: ['a', 1.5] },
  service_tier: { taken: extra('service_tier', 'flex'), refused: [] },
  stop: {
    taken: [
      ['a', { stop: ['a'] }],
      [['a', 'b'], { stop: ['a', 'b'] }],
      [[], {}]
    ],
    refused: [5, [5]]
  },
  store: { taken: extra('store', true), refused: [] },
  stream_options: { taken: [], refused: [{}, { include_usage: true }, 5] },
  temperature: { taken: [[0, { temperature: 0 }]], refused: ['hot'] },
  tool_choice: {
    taken: [
      ['required', { toolChoice: 'required' }],
      [{ type: 'function', function: called }, { toolChoice: { tool: 'a' } }]
    ],
    refused: ['sometimes', {}, { type: 'function', function: {} }]
  },
  tools: {
    taken: [
      [[], {}],
      [[tool], { tools: [tool.function] }],
      [[{ function: called }], { tools: [called] }],
      [[{ ...tool, cache_control: {} }], { tools: [{ ...tool.function, extra: { cache_control: {} } }] }]
    ],
    refused: [{}, ['a'], [{ type: 'function' }], [{ type: 'custom', custom: called }], [{ ...tool, function: {} }]]
  },
  top_logprobs: { taken: extra('top_logprobs', 5), refused: [] },
  top_p: { taken: [[0.5, { topP: 0.5 }]], refused: ['a'] },
  user: { taken: [['a', { user: 'a' }]], refused: [5] },
  verbosity: { taken: extra('verbosity', 'low'), refused: [] },
  web_search_options: { taken: extra('web_search_options', {}), refused: [] }
}

const hello: Generate = async function* () {
  yield 'Hello'
  return { finishReason: 'stop' }
}

t.test('kind: generate gets every parameter of OpenAI, and a wrong one is refused by name', async t => {
  const { post, asked } = await told(t)
  for (const [name, { taken, refused }] of Object.entries(parameters)) {
    for (const [value, expected] of [...taken, [null, {}] as const]) {
      const response = await post({ model: 'a', messages, [name]: value })
      t.equal(response.status, 200, `${name}: ${JSON.stringify(value)} ${response.text()}`)
      t.same(asked.at(-1), { api: 'chat-completions', model: 'a', messages, ...expected }, `${name}: ${value}`)
    }
    for (const value of refused) {
      const response = await post({ model: 'a', messages, [name]: value })
      t.equal(response.status, 400, `${name}: ${JSON.stringify(value)}`)
      const param = new RegExp(`^${name}`)
      t.match(JSON.parse(response.text()), { error: { param, message: name, type: 'invalid_request_error' } })
    }
  }
})

t.test(`kind: parameters of OpenAI, put together at random, are taken (seed ${seed})`, async t => {
  const { client } = await api(t, hello)
  const random = new Random(seed)
  for (let i = 0; i < 100; i++) {
    const picked = Object.entries(parameters).filter(([, { taken }]) => taken.length > 0 && random.chance(0.4))
    const body = Object.fromEntries(picked.map(([name, { taken }]) => [name, random.pick(taken)[0]])) as Body
    const { choices } = await client.chat.completions.create({ model: 'a', messages, ...body })
    t.equal(choices[0]?.message.content, 'Hello')
  }
})

t.test('kind: what no API has yet is taken and passed on', async t => {
  const { post, asked } = await told(t)
  const news = { new_parameter: { a: [1] }, chat_template_kwargs: { enable_thinking: false } }
  const message = { role: 'user', content: 'hi', weight: 1 }
  t.equal((await post({ model: 'a', messages: [message], ...news, other: null })).status, 200)
  t.match(asked.at(-1), { extra: news, messages: [{ content: 'hi', extra: { weight: 1 } }] })
  t.notOk('other' in (asked.at(-1)?.extra ?? {}))
})

t.test('kind: the newer word wins over the older one', async t => {
  const { post, asked } = await told(t)
  await post({
    model: 'a',
    messages,
    max_tokens: 5,
    max_completion_tokens: 6,
    tool_choice: 'none',
    function_call: 'auto'
  })
  t.match(asked.at(-1), { maxTokens: 6, toolChoice: 'none' })
})

/** An app whose model repeats what it is told, and the conversations that it was told. */
async function told(t: Parameters<typeof api>[0]) {
  const seen: GenerateRequest['messages'][] = []
  const asked: GenerateRequest[] = []
  const served = await api(t, async function* (request) {
    seen.push(request.messages)
    asked.push(request)
    yield 'Hello'
    return { finishReason: 'stop' }
  })
  return { ...served, seen, asked }
}

t.test("kind: the server's own message is taken back, from the SDK", async t => {
  const { client, seen } = await told(t)
  const conversation: ChatCompletionMessageParam[] = [{ role: 'user', content: 'hi' }]
  for (let i = 0; i < 3; i++) {
    const { choices } = await client.chat.completions.create({ model: 'a', messages: conversation })
    conversation.push(choices[0]?.message as OpenAI.ChatCompletionMessage, { role: 'user', content: `${i}` })
  }
  t.same(
    seen.at(-1)?.map(({ role, content }) => `${role}: ${content}`),
    ['user: hi', 'assistant: Hello', 'user: 0', 'assistant: Hello', 'user: 1']
  )
})

t.test("kind: the server's own message is taken back, in every form of OpenAI", async t => {
  const { post, seen } = await told(t)
  for (const [message, content] of [
    [{ content: 'a', refusal: null }, 'a'],
    [{ content: 'a', refusal: null, annotations: [], audio: null, function_call: null, tool_calls: null }, 'a'],
    [{ content: 'a', annotations: [{ type: 'url_citation' }], tool_calls: [] }, 'a'],
    [{ content: null, refusal: 'I will not' }, [{ type: 'refusal', text: 'I will not' }]],
    [{ content: [{ type: 'refusal', refusal: 'I will not' }] }, [{ type: 'refusal', text: 'I will not' }]],
    [
      { content: 'a', reasoning_content: 'hm' },
      [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'a' }
      ]
    ],
    [
      { content: 'a', reasoning: 'hm' },
      [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'a' }
      ]
    ],
    [
      { content: null, tool_calls: [{ id: '1', type: 'function', function: { name: 'b', arguments: '{}' } }] },
      [{ type: 'tool-call', id: '1', name: 'b', arguments: '{}' }]
    ],
    [
      { content: 'a', tool_calls: [{ id: '1', type: 'function', function: { name: 'b', arguments: { c: 1 } } }] },
      [
        { type: 'text', text: 'a' },
        { type: 'tool-call', id: '1', name: 'b', arguments: '{"c":1}' }
      ]
    ],
    [
      { tool_calls: [{ id: '', function: { name: 'b', arguments: null } }] },
      [{ type: 'tool-call', id: 'b', name: 'b', arguments: '' }]
    ],
    [{ function_call: { name: 'b', arguments: '' } }, [{ type: 'tool-call', id: 'b', name: 'b', arguments: '' }]],
    [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' }
        ]
      },
      'ab'
    ],
    [{ content: null, refusal: null }, ''],
    [{ content: '', name: null }, ''],
    [{}, '']
  ] as const) {
    const response = await post({ model: 'a', messages: [{ role: 'assistant', ...message }, ...messages] })
    t.equal(response.status, 200, `${JSON.stringify(message)} ${response.text()}`)
    t.same(seen.at(-1)?.[0], { role: 'assistant', content })
  }
})

t.test('kind: every part of a message reaches generate', async t => {
  const { post, seen } = await told(t)
  for (const [message, expected] of [
    [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,', detail: 'low' } }] },
      { role: 'user', content: [{ type: 'image', url: 'data:,', detail: 'low' }] }
    ],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: 'data:,' }] },
      { role: 'user', content: [{ type: 'image', url: 'data:,' }] }
    ],
    [
      { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } }] },
      { role: 'user', content: [{ type: 'audio', data: 'AA==', format: 'mp3' }] }
    ],
    [
      { role: 'user', content: [{ type: 'file', file: { file_data: 'data:,', filename: 'a.pdf' } }] },
      { role: 'user', content: [{ type: 'file', url: 'data:,', name: 'a.pdf' }] }
    ],
    [
      { role: 'user', content: [{ type: 'text', text: 'a', cache_control: {} }] },
      { role: 'user', content: [{ type: 'text', text: 'a', extra: { cache_control: {} } }] }
    ],
    [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' }
        ]
      },
      { role: 'system', content: 'ab' }
    ],
    [
      { role: 'tool', tool_call_id: '1', content: [{ type: 'text', text: 'a' }] },
      { role: 'tool', toolCallId: '1', content: 'a' }
    ],
    [
      { role: 'tool', tool_call_id: '1', content: null },
      { role: 'tool', toolCallId: '1', content: '' }
    ],
    [
      { role: 'function', name: 'b', content: 'a' },
      { role: 'tool', toolCallId: 'b', content: 'a' }
    ],
    [
      { role: 'assistant', audio: { id: 'a' } },
      { role: 'assistant', content: '', extra: { audio: { id: 'a' } } }
    ]
  ] as const) {
    const response = await post({ model: 'a', messages: [message] })
    t.equal(response.status, 200, response.text())
    t.same(seen.at(-1), [expected])
  }
})

t.test('kind: a message of a wrong form is refused by name', async t => {
  const { post } = await api(t, hello)
  for (const [message, param] of [
    [{ role: 'assistant', content: null, tool_calls: [{ id: 'a' }] }, 'messages[0].tool_calls[0].function'],
    [{ role: 'assistant', content: null, tool_calls: {} }, 'messages[0].tool_calls'],
    [{ role: 'assistant', content: null, tool_calls: [{ function: { name: 'a' } }] }, 'messages[0].tool_calls[0].id'],
    [
      { role: 'assistant', tool_calls: [{ id: 'a', function: { name: '' } }] },
      'messages[0].tool_calls[0].function.name'
    ],
    [{ role: 'assistant', content: null, function_call: {} }, 'messages[0].function_call.name'],
    [{ role: 'user', content: null }, 'messages[0].content'],
    [{ role: 'user' }, 'messages[0].content'],
    [{ role: 'system', content: null, refusal: null }, 'messages[0].content'],
    [{ role: 'system', content: [{ type: 'image_url' }] }, 'messages[0].content[0].text'],
    [{ role: 'user', content: [{ type: 'refusal', refusal: 'a' }] }, 'messages[0].content[0].type'],
    [{ role: 'user', content: [{ type: 'image_url' }] }, 'messages[0].content[0].image_url'],
    [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }, 'messages[0].content[0].image_url.url'],
    [{ role: 'user', content: [{ type: 'input_audio' }] }, 'messages[0].content[0].input_audio'],
    [{ role: 'user', content: [{ type: 'file', file: 5 }] }, 'messages[0].content[0].file'],
    [{ role: 'assistant', content: 'a', refusal: 5 }, 'messages[0].refusal'],
    [{ role: 'tool', content: 'a' }, 'messages[0].tool_call_id'],
    [{ role: 'bot', content: 'a' }, 'messages[0].role'],
    [5, 'messages[0]']
  ] as const) {
    const response = await post({ model: 'a', messages: [message] })
    t.equal(response.status, 400, JSON.stringify(message))
    t.match(JSON.parse(response.text()), { error: { param } })
  }
})

t.test('kind: content of a wrong form is 400, generated', async t => {
  const { post } = await api(t, hello)
  const random = new Random(seed)
  const junk = (depth = 0): unknown =>
    random.pick<() => unknown>([
      () => null,
      () => 'hi',
      () => 5,
      () => true,
      () => ({ type: 'text' }),
      () => ({ type: 'text', text: null }),
      () => ({ type: ['text'], text: 'a' }),
      () => ({ text: 'a' }),
      () => (depth > 2 ? [] : [junk(depth + 1)])
    ])()
  const fixed = [['hi'], [null], [[]], [5], [{}], [undefined], {}, 5, true, [{ type: 'text', text: 'a' }, null]]
  for (const content of [...fixed, ...Array.from({ length: 200 }, () => [junk()])]) {
    for (const role of ['user', 'assistant']) {
      const response = await post({ model: 'a', messages: [{ role, content }] })
      t.equal(response.status, 400, `${role} ${JSON.stringify(content)} ${response.text()}`)
      t.match(JSON.parse(response.text()), { error: { param: /^messages\[0\]\.content/ } })
    }
  }
})
