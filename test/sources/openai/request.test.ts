import t from 'tap'
import type { GenerateRequest } from '../../../routes/index.js'
import { toChatRequest } from '../../../sources/openai/chat-request.js'
import { toSettings } from '../../../sources/openai/options.js'
import { DONE, replier, STOP } from './harness.js'

const messages: GenerateRequest['messages'] = [
  { role: 'system', content: 'Be brief.' },
  {
    role: 'user',
    name: 'me',
    content: [
      { type: 'text', text: 'What is it?', extra: { cache_control: { type: 'ephemeral' } } },
      { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low' },
      { type: 'audio', data: 'AA==', format: 'mp3' },
      { type: 'file', url: 'data:application/pdf;base64,AA==', name: 'a.pdf' },
      { type: 'file', id: 'file-1' }
    ]
  },
  {
    role: 'assistant',
    content: [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Let me ' },
      { type: 'text', text: 'see.' },
      { type: 'tool-call', id: '1', name: 'look', arguments: '{"at":' },
      { type: 'tool-call', id: '2', name: 'hear', arguments: '{}' }
    ]
  },
  { role: 'tool', toolCallId: '1', content: 'a cat', extra: { name: 'look' } },
  { role: 'tool', toolCallId: '2', content: [{ type: 'text', text: 'meow' }] },
  { role: 'assistant', content: [{ type: 'refusal', text: 'No.' }] },
  { role: 'assistant', content: 'Yes.', extra: { prefix: true } }
]

const options: Partial<GenerateRequest> = {
  model: 'asked',
  tools: [
    { name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true, extra: { cache_control: {} } }
  ],
  toolChoice: { tool: 'look' },
  parallelToolCalls: false,
  responseFormat: { type: 'json', schema: { type: 'object' }, strict: true },
  temperature: 0,
  topP: 0.9,
  maxTokens: 100,
  stop: ['END'],
  seed: 7,
  presencePenalty: 0.1,
  frequencyPenalty: 0.2,
  reasoningEffort: 'low',
  user: 'u1',
  metadata: { a: 'b' },
  extra: { verbosity: 'low' }
}

t.test('the provider gets all that a request says', async t => {
  const reply = await replier(t)
  await reply(STOP + DONE, {}, { messages, ...options })
  t.same(reply.calls.at(-1)?.body, {
    model: 'small',
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        name: 'me',
        content: [
          { type: 'text', text: 'What is it?', cache_control: { type: 'ephemeral' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
          { type: 'file', file: { file_id: 'file-1' } }
        ]
      },
      {
        role: 'assistant',
        content: 'Let me see.',
        reasoning_content: 'hm',
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'look', arguments: '{"at":' } },
          { id: '2', type: 'function', function: { name: 'hear', arguments: '{}' } }
        ]
      },
      { role: 'tool', tool_call_id: '1', name: 'look', content: 'a cat' },
      { role: 'tool', tool_call_id: '2', content: [{ type: 'text', text: 'meow' }] },
      { role: 'assistant', content: null, refusal: 'No.' },
      { role: 'assistant', content: 'Yes.', prefix: true }
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true },
        cache_control: {}
      }
    ],
    tool_choice: { type: 'function', function: { name: 'look' } },
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } },
    temperature: 0,
    top_p: 0.9,
    max_tokens: 100,
    stop: ['END'],
    seed: 7,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    reasoning_effort: 'low',
    user: 'u1',
    metadata: { a: 'b' },
    verbosity: 'low'
  })
})

t.test('what a part has beyond its text reaches a provider of the same API', async t => {
  const reply = await replier(t)
  const cached = (text: string) => ({ type: 'text', text, cache_control: { type: 'ephemeral' } })
  const content = [{ type: 'text', text: 'Be ' }, cached('brief.')]
  const messages: GenerateRequest['messages'] = [
    { role: 'system', content: 'Be brief.', extra: { content } },
    { role: 'assistant', content: [{ type: 'text', text: 'Yes.', extra: { cache_control: { type: 'ephemeral' } } }] }
  ]
  const ask = async (request: GenerateRequest) => {
    await reply(STOP + DONE, {}, request)
    return reply.calls.at(-1)?.body.messages
  }
  t.same(await ask({ api: 'chat-completions', messages }), [
    { role: 'system', content },
    { role: 'assistant', content: [cached('Yes.')] }
  ])
  const plain = [
    { role: 'system', content: 'Be brief.' },
    { role: 'assistant', content: 'Yes.' }
  ]
  t.same(await ask({ api: 'responses', messages }), plain, 'another API has other names')
  const changed = { role: 'system' as const, content: 'Be kind.', extra: { content } }
  t.same(await ask({ api: 'chat-completions', messages: [changed] }), [{ role: 'system', content: 'Be kind.' }])
})

t.test('names of another API are not passed on', async t => {
  const reply = await replier(t)
  await reply(STOP + DONE, {}, { messages, ...options, api: 'messages' })
  const { body } = reply.calls.at(-1) ?? {}
  t.notMatch(JSON.stringify(body), /verbosity|cache_control|prefix/)
  t.match(body, { temperature: 0, tools: [{ function: { name: 'look' } }] })
})

t.test('forms of the answer and choices of tools', async t => {
  const reply = await replier(t)
  const cases: [asked: Partial<GenerateRequest>, expected: object][] = [
    [{ responseFormat: { type: 'text' } }, { response_format: { type: 'text' } }],
    [{ responseFormat: { type: 'json' } }, { response_format: { type: 'json_object' } }],
    [
      { responseFormat: { type: 'json', schema: {}, name: 'a', description: 'b' } },
      { response_format: { type: 'json_schema', json_schema: { name: 'a', description: 'b', schema: {} } } }
    ],
    [{ tools: [{ name: 'look' }], toolChoice: 'required' }, { tool_choice: 'required' }]
  ]
  for (const [asked, expected] of cases) {
    await reply(STOP + DONE, {}, asked)
    t.match(reply.calls.at(-1)?.body, expected)
  }
})

t.test('what is said about tools is not sent without tools', async t => {
  const reply = await replier(t)
  for (const tools of [undefined, []]) {
    for (const toolChoice of ['auto', 'none', 'required', { tool: 'look' }] as const) {
      await reply(STOP + DONE, {}, { ...(tools && { tools }), toolChoice, parallelToolCalls: false })
      const names = Object.keys(reply.calls.at(-1)?.body ?? {})
      t.same(names, ['model', 'messages', 'stream', 'stream_options'])
    }
  }
})

t.test('what text parts have beyond their text is kept', async t => {
  const reply = await replier(t)
  const cached = { cache_control: { type: 'ephemeral' } }
  const messages: GenerateRequest['messages'] = [
    { role: 'system', content: 'Be brief.', extra: { content: [{ type: 'text', text: 'Be brief.', ...cached }] } },
    { role: 'user', content: [{ type: 'text', text: 'Hi', extra: cached }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Let me ' },
        { type: 'text', text: 'see.', extra: cached },
        { type: 'tool-call', id: '1', name: 'look', arguments: '{}' }
      ]
    },
    { role: 'tool', toolCallId: '1', content: [{ type: 'text', text: 'a cat', extra: cached }] },
    { role: 'system', content: 'Now.', extra: { content: 'no list' } }
  ]
  const text = (text: string, rest: object = cached) => ({ type: 'text', text, ...rest })
  const call = { id: '1', type: 'function', function: { name: 'look', arguments: '{}' } }
  await reply(STOP + DONE, {}, { messages })
  t.same(reply.calls.at(-1)?.body.messages, [
    { role: 'system', content: [text('Be brief.')] },
    { role: 'user', content: [text('Hi')] },
    { role: 'assistant', content: [text('Let me ', {}), text('see.')], tool_calls: [call] },
    { role: 'tool', tool_call_id: '1', content: [text('a cat')] },
    { role: 'system', content: 'Now.' }
  ])
  await reply(STOP + DONE, {}, { messages, api: 'messages' })
  t.match(reply.calls.at(-1)?.body.messages, [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', content: 'Let me see.' }
  ])
  t.notMatch(JSON.stringify(reply.calls.at(-1)?.body), 'cache_control')
})

t.test('the model can follow from what the client asks for', async t => {
  const reply = await replier(t)
  await reply(STOP + DONE, { model: (asked = 'none') => `${asked}-latest` }, { model: 'big' })
  t.equal(reply.calls.at(-1)?.body.model, 'big-latest')
  await reply(STOP + DONE, { model: (asked = 'none') => asked })
  t.equal(reply.calls.at(-1)?.body.model, 'none')
})

t.test("the limit of tokens has the name that OpenAI's own models require, and elsewhere the older one", t => {
  for (const [baseURL, name] of [
    [undefined, 'max_completion_tokens'],
    ['https://eu.api.openai.com/v1', 'max_completion_tokens'],
    ['https://mine.openai.azure.com/openai/v1', 'max_completion_tokens'],
    ['https://openai.example.com/v1', 'max_tokens'],
    ['https://notopenai.com/v1', 'max_tokens'],
    ['http://localhost:11434/v1', 'max_tokens']
  ] as const) {
    const body = toChatRequest({ messages, maxTokens: 5 }, toSettings({ baseURL, model: 'a' }))
    const names = Object.keys(body).filter(key => key.startsWith('max_'))
    t.same([names, body[name]], [[name], 5], baseURL ?? 'by default')
  }
  t.end()
})
