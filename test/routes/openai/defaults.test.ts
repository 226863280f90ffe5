import type OpenAI from 'openai'
import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionMessageParam } from 'openai/resources'
import t from 'tap'
import type { Generate, GenerateRequest } from '../../../routes/index.js'
import { Random, seed } from '../../helpers/random.js'
import { api } from './api.js'

type Body = Omit<ChatCompletionCreateParamsNonStreaming, 'model' | 'messages' | 'stream'>

const messages = [{ role: 'user' as const, content: 'hi' }]

/** Every parameter of OpenAI's API beside the model and the messages, with what asks for nothing. */
const parameters: { [Name in keyof Required<Body>]: { taken: unknown[]; refused: unknown[] } } = {
  audio: { taken: [null], refused: [{ voice: 'alloy', format: 'mp3' }] },
  frequency_penalty: { taken: [null, 0], refused: [1] },
  function_call: { taken: ['none', 'auto'], refused: [{ name: 'a' }] },
  functions: { taken: [[]], refused: [[{ name: 'a' }]] },
  logit_bias: { taken: [null, {}], refused: [{ 5: 1 }] },
  logprobs: { taken: [null, false], refused: [true] },
  max_completion_tokens: { taken: [null], refused: [5, 0] },
  max_tokens: { taken: [null], refused: [5, 0] },
  metadata: { taken: [null, {}, { a: 'b' }], refused: [{ a: 5 }] },
  modalities: { taken: [null, ['text']], refused: [['text', 'audio'], ['audio'], []] },
  moderation: { taken: [null], refused: [{}] },
  n: { taken: [null, 1], refused: [2, 0] },
  parallel_tool_calls: { taken: [true, false], refused: ['yes'] },
  prediction: { taken: [null], refused: [{ type: 'content', content: 'a' }] },
  presence_penalty: { taken: [null, 0], refused: [-1] },
  prompt_cache_key: { taken: [null, 'a'], refused: [5] },
  prompt_cache_options: { taken: [{}, { ttl: '30m' }], refused: ['a'] },
  prompt_cache_retention: { taken: [null, 'in_memory', '24h'], refused: [5] },
  reasoning_effort: { taken: [null], refused: ['low'] },
  response_format: { taken: [{ type: 'text' }], refused: [{ type: 'json_object' }, 'text'] },
  safety_identifier: { taken: [null, 'a'], refused: [5] },
  seed: { taken: [null], refused: [5, 0] },
  service_tier: { taken: [null, 'auto', 'default'], refused: ['flex'] },
  stop: { taken: [null, []], refused: ['a', ['a']] },
  store: { taken: [null, false], refused: [true] },
  stream_options: { taken: [null], refused: [{}, { include_usage: true }] },
  temperature: { taken: [null, 1], refused: [0, 2] },
  tool_choice: { taken: ['none', 'auto'], refused: ['required', { type: 'function', function: { name: 'a' } }] },
  tools: { taken: [[]], refused: [[{ type: 'function', function: { name: 'a' } }]] },
  top_logprobs: { taken: [null, 0], refused: [5] },
  top_p: { taken: [null, 1], refused: [0.5] },
  user: { taken: ['a'], refused: [5] },
  verbosity: { taken: [null, 'medium'], refused: ['low'] },
  web_search_options: { taken: [], refused: [{}] }
}

const hello: Generate = async function* () {
  yield 'Hello'
  return { finishReason: 'stop' }
}

t.test('kind: a default of OpenAI is taken, and anything else is refused by name', async t => {
  const { post } = await api(t, hello)
  for (const [name, { taken, refused }] of Object.entries(parameters)) {
    // Clients send null also for what the SDK has no null for.
    for (const value of [...taken, null]) {
      const response = await post({ model: 'a', messages, [name]: value })
      t.equal(response.status, 200, `${name}: ${JSON.stringify(value)} ${response.text()}`)
    }
    for (const value of refused) {
      const response = await post({ model: 'a', messages, [name]: value })
      t.equal(response.status, 400, `${name}: ${JSON.stringify(value)}`)
      t.match(JSON.parse(response.text()), { error: { param: name, message: name, type: 'invalid_request_error' } })
    }
  }
})

t.test(`kind: defaults of OpenAI, put together at random, are taken (seed ${seed})`, async t => {
  const { client } = await api(t, hello)
  const random = new Random(seed)
  for (let i = 0; i < 100; i++) {
    const picked = Object.entries(parameters).filter(([, { taken }]) => taken.length > 0 && random.chance(0.4))
    const body = Object.fromEntries(picked.map(([name, { taken }]) => [name, random.pick(taken)])) as Body
    const { choices } = await client.chat.completions.create({ model: 'a', messages, ...body })
    t.equal(choices[0]?.message.content, 'Hello')
  }
})

/** An app whose model repeats what it is told, and the conversations that it was told. */
async function told(t: Parameters<typeof api>[0]) {
  const seen: GenerateRequest['messages'][] = []
  const served = await api(t, async function* ({ messages }) {
    seen.push(messages)
    yield 'Hello'
    return { finishReason: 'stop' }
  })
  return { ...served, seen }
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
    [{ content: null, refusal: 'I will not' }, 'I will not'],
    [{ content: [{ type: 'refusal', refusal: 'I will not' }] }, 'I will not'],
    [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', prompt_cache_breakpoint: {} }
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

t.test('kind: a message that asks for what is not supported is refused by name', async t => {
  const { post } = await api(t, hello)
  for (const [message, param] of [
    [{ role: 'assistant', content: null, tool_calls: [{ id: 'a' }] }, 'messages[0].tool_calls'],
    [{ role: 'assistant', content: null, function_call: { name: 'a' } }, 'messages[0].function_call'],
    [{ role: 'assistant', content: null, audio: { id: 'a' } }, 'messages[0].audio'],
    [{ role: 'user', content: null }, 'messages[0].content'],
    [{ role: 'user' }, 'messages[0].content'],
    [{ role: 'system', content: null, refusal: null }, 'messages[0].content'],
    [{ role: 'user', content: [{ type: 'refusal', refusal: 'a' }] }, 'messages[0].content[0]'],
    [{ role: 'user', content: 'a', refusal: 5 }, 'messages[0].refusal']
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
