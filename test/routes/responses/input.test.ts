import t, { type Test } from 'tap'
import type { Feature, Generate, GenerateRequest } from '../../../routes/index.js'
import { api } from './api.js'

/** A server that keeps what `generate` is asked. */
async function asking(t: Test, accepts?: readonly Feature[]) {
  const seen: GenerateRequest[] = []
  const generate: Generate = async function* (request) {
    seen.push(request)
    yield 'Hello'
    return { finishReason: 'stop' }
  }
  if (accepts !== undefined) generate.accepts = accepts
  const served = await api(t, generate, { maxTextLength: 50, maxMessages: 20 })
  /** Asks for a response, and gives what `generate` was asked. */
  async function ask(body: object): Promise<GenerateRequest> {
    const answer = await served.post(body)
    if (answer.status !== 200) throw new Error(answer.text())
    return seen.at(-1) as GenerateRequest
  }
  /** Asks for what is refused, and gives the error. */
  async function refused(body: object) {
    const answer = await served.post(body)
    t.equal(answer.status, 400, JSON.stringify(body))
    return JSON.parse(answer.text()).error
  }
  return { ...served, ask, refused, seen }
}

t.test('the input is text, or messages of every role, with a type or without', async t => {
  const { ask } = await asking(t)
  t.same((await ask({ input: 'hi' })).messages, [{ role: 'user', content: 'hi' }])
  const { messages, api: name } = await ask({
    instructions: 'be kind',
    input: [
      { role: 'developer', content: 'be brief' },
      {
        type: 'message',
        role: 'system',
        content: [
          { type: 'input_text', text: 'be ' },
          { text: 'exact', type: 'text' }
        ]
      },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'h' },
          { type: 'input_text', text: 'i' }
        ]
      },
      { role: 'assistant', content: 'hello' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'you' }], phase: 'final_answer' },
      { role: 'tool', call_id: '1', content: 'sunny' },
      { role: 'tool', tool_call_id: '2', content: null }
    ]
  })
  t.equal(name, 'responses')
  t.same(messages, [
    { role: 'system', content: 'be kind' },
    { role: 'system', content: 'be brief' },
    { role: 'system', content: 'be exact' },
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'hello' },
    { role: 'assistant', content: 'you', extra: { phase: 'final_answer' } },
    { role: 'tool', toolCallId: '1', content: 'sunny' },
    { role: 'tool', toolCallId: '2', content: '' }
  ])
})

t.test('the parts of messages are text, images, files, recordings and refusals', async t => {
  const { ask } = await asking(t)
  const { messages } = await ask({
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'see', cache: true },
          { type: 'input_image', image_url: 'https://a/b.png', detail: 'low' },
          { type: 'input_image', file_id: 'file-1', image_url: null },
          { type: 'input_file', file_data: 'data:,a', filename: 'a.txt' },
          { type: 'input_file', file_url: 'https://a/b.pdf' },
          { type: 'input_file', file_id: 'file-2' },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }
        ]
      },
      {
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'a', annotations: [], logprobs: [] },
          { type: 'input_text', text: 'b' },
          { type: 'text', text: 'c' },
          { type: 'refusal', refusal: 'no' }
        ]
      },
      { type: 'function_call_output', call_id: '1', output: [{ type: 'input_text', text: 'sunny' }] },
      { type: 'function_call_output', call_id: '2', output: [{ type: 'input_image', image_url: 'https://a/b.png' }] }
    ]
  })
  t.same(messages, [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'see', extra: { cache: true } },
        { type: 'image', url: 'https://a/b.png', detail: 'low' },
        { type: 'file', id: 'file-1' },
        { type: 'file', url: 'data:,a', name: 'a.txt' },
        { type: 'file', url: 'https://a/b.pdf' },
        { type: 'file', id: 'file-2' },
        { type: 'audio', data: 'AAAA', format: 'wav' }
      ]
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
        { type: 'text', text: 'c' },
        { type: 'refusal', text: 'no' }
      ]
    },
    { role: 'tool', toolCallId: '1', content: 'sunny' },
    { role: 'tool', toolCallId: '2', content: [{ type: 'image', url: 'https://a/b.png' }] }
  ])
})

t.test('the items of one answer are one message', async t => {
  const { ask } = await asking(t)
  const { messages, extra } = await ask({
    input: [
      { role: 'user', content: 'hi' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'sealed' },
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'So.' }], encrypted_content: null },
      { type: 'reasoning', summary: [], status: null },
      { type: 'reasoning', summary: [], encrypted_content: 'only sealed' },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'I look.' }]
      },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { type: 'function_call', id: 'fc_1', call_id: '1', name: 'f', arguments: '{}', status: 'completed' },
      { type: 'function_call', call_id: '2', name: 'g', arguments: { a: 1 } },
      { type: 'function_call', call_id: '3', name: 'h' },
      { type: 'custom_tool_call', call_id: '4', name: 'patch', input: 'a' },
      { type: 'custom_tool_call', call_id: '5', name: 'patch' },
      { type: 'function_call_output', call_id: '1', output: 'one' },
      { type: 'custom_tool_call_output', call_id: '4', output: 'four' },
      { role: 'assistant', content: '' },
      { type: 'compaction', encrypted_content: 'x' }
    ]
  })
  t.same(messages, [
    { role: 'user', content: 'hi' },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm.', encrypted: 'sealed' },
        { type: 'reasoning', text: 'So.' },
        { type: 'reasoning', text: '', encrypted: 'only sealed' },
        { type: 'text', text: 'I look.' },
        { type: 'tool-call', id: '1', name: 'f', arguments: '{}' },
        { type: 'tool-call', id: '2', name: 'g', arguments: '{"a":1}' },
        { type: 'tool-call', id: '3', name: 'h', arguments: '' },
        { type: 'tool-call', id: '4', name: 'patch', arguments: '{"input":"a"}' },
        { type: 'tool-call', id: '5', name: 'patch', arguments: '{"input":""}' }
      ]
    },
    { role: 'tool', toolCallId: '1', content: 'one' },
    { role: 'tool', toolCallId: '4', content: 'four' },
    { role: 'assistant', content: '' }
  ])
  t.match(extra?.input, [{ type: 'web_search_call' }, { type: 'compaction' }])
})

t.test('an answer comes back to generate as it was, with what its provider knows it by', async t => {
  for (const seal of [
    {},
    { encrypted: 'e' },
    { signature: 's/+=' },
    { signature: 's', encrypted: 'e.f' },
    { signature: '' }
  ]) {
    const asked: GenerateRequest[] = []
    const parts = [
      { type: 'reasoning' as const, text: 'Hm.', ...seal },
      { type: 'text' as const, text: 'So' },
      { type: 'tool-call' as const, id: '1', name: 'f', arguments: '{}' },
      { type: 'text' as const, text: 'and' },
      { type: 'refusal' as const, text: 'no' }
    ]
    const { client } = await api(t, async function* (request) {
      asked.push(request)
      yield* parts
      return { finishReason: 'stop' }
    })
    const { output } = await client.responses.create({ model: 'a', input: 'hi' })
    await client.responses.create({ model: 'a', input: [{ role: 'user', content: 'hi' }, ...(output as never[])] })
    t.same(asked[1]?.messages[1], { role: 'assistant', content: parts })
  }
})

t.test('all parameters reach generate, and come back to the client', async t => {
  const { ask, post } = await asking(t)
  const parameters = { type: 'object', properties: {} }
  const body = {
    input: 'hi',
    tools: [
      { type: 'function', name: 'f', description: 'd', parameters, strict: true },
      { type: 'function', name: 'g', parameters: null, strict: null, defer_loading: true },
      { type: 'function', function: { name: 'h' } },
      { type: 'web_search', filters: {} },
      { type: 'custom', name: 'patch', format: {} },
      { type: 'mcp', server_label: 'x' }
    ],
    tool_choice: { type: 'function', name: 'f' },
    parallel_tool_calls: false,
    text: {
      format: { type: 'json_schema', name: 'n', schema: parameters, strict: true, description: 'd' },
      verbosity: 'low'
    },
    temperature: 0.5,
    top_p: 0.6,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    max_output_tokens: 10,
    reasoning: { effort: 'low', summary: 'auto' },
    user: 'me',
    metadata: { a: 'b' },
    include: ['reasoning.encrypted_content'],
    truncation: 'auto',
    something: 1,
    nothing: null,
    store: false,
    stream: false
  }
  const { messages: _, api: __, ...asked } = await ask(body)
  t.same(asked, {
    model: 'a',
    tools: [
      { name: 'f', description: 'd', parameters, strict: true },
      { name: 'g', extra: { defer_loading: true } },
      { name: 'h' }
    ],
    toolChoice: { tool: 'f' },
    parallelToolCalls: false,
    responseFormat: { type: 'json', name: 'n', schema: parameters, strict: true, description: 'd' },
    temperature: 0.5,
    topP: 0.6,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    maxTokens: 10,
    reasoningEffort: 'low',
    user: 'me',
    metadata: { a: 'b' },
    extra: {
      include: ['reasoning.encrypted_content'],
      truncation: 'auto',
      something: 1,
      tools: [
        { type: 'web_search', filters: {} },
        { type: 'custom', name: 'patch', format: {} },
        { type: 'mcp', server_label: 'x' }
      ],
      text: { verbosity: 'low' },
      reasoning: { summary: 'auto' }
    }
  })
  const response = JSON.parse((await post(body)).text())
  const { tools, tool_choice, text, temperature, top_p, max_output_tokens, reasoning, user, metadata, truncation } =
    body
  t.match(response, {
    tools,
    tool_choice,
    text,
    temperature,
    top_p,
    max_output_tokens,
    reasoning,
    user,
    metadata,
    truncation
  })
  t.match(response, { store: false, background: false, parallel_tool_calls: false, instructions: null })
})

t.test('parameters that are not given, or null, are not there', async t => {
  const { ask, post } = await asking(t)
  const nothing = {
    tools: [],
    tool_choice: null,
    text: null,
    reasoning: null,
    instructions: '',
    previous_response_id: null,
    conversation: null,
    stream: null,
    store: null,
    background: null,
    max_output_tokens: null
  }
  for (const body of [
    {},
    nothing,
    { text: { format: null }, reasoning: {} },
    { text: { format: { type: 'text' } } },
    { text: { format: {} } }
  ]) {
    t.same(await ask({ input: 'hi', ...body }), {
      api: 'responses',
      model: 'a',
      messages: [{ role: 'user', content: 'hi' }]
    })
  }
  t.match(JSON.parse((await post({ input: 'hi', ...nothing })).text()), {
    tools: [],
    tool_choice: 'auto',
    text: { format: { type: 'text' } },
    temperature: 1,
    store: true
  })
})

t.test('the choice of tools is any of the kinds of the API', async t => {
  const { ask } = await asking(t)
  const tools = [{ type: 'function', name: 'f' }, { type: 'function', name: 'g' }, { type: 'web_search' }]
  for (const mode of ['auto', 'none', 'required']) {
    t.equal((await ask({ input: 'hi', tools, tool_choice: mode })).toolChoice, mode)
  }
  const chosen = await ask({ input: 'hi', tools, tool_choice: { type: 'function', function: { name: 'g' } } })
  t.same(chosen.toolChoice, { tool: 'g' })
  const foreign = await ask({ input: 'hi', tools, tool_choice: { type: 'web_search' } })
  t.equal(foreign.toolChoice, undefined)
  t.match(foreign.extra, { tool_choice: { type: 'web_search' } })
  for (const mode of ['required', undefined]) {
    const allowed = { type: 'allowed_tools', mode, tools: [{ type: 'function', name: 'g' }, { type: 'web_search' }] }
    const limited = await ask({ input: 'hi', tools, tool_choice: allowed })
    t.equal(limited.toolChoice, mode ?? 'auto')
    t.same(limited.tools, [{ name: 'g' }])
    t.match(limited.extra, { tool_choice: { type: 'allowed_tools' } })
  }
  t.equal((await ask({ input: 'hi', tool_choice: { type: 'allowed_tools', tools: [{}] } })).tools, undefined)
})

t.test('an answer may be JSON of any form', async t => {
  const { ask } = await asking(t)
  t.same((await ask({ input: 'hi', text: { format: { type: 'json_object' } } })).responseFormat, { type: 'json' })
})

t.test('wrong input is refused with the name of the field', async t => {
  const { refused } = await asking(t)
  const long = 'a'.repeat(51)
  const user = (content: unknown) => [{ role: 'user', content }]
  const cases: [object, string][] = [
    [{ model: null, input: 'hi' }, 'model'],
    [{}, 'input'],
    [{ input: 1 }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: Array(21).fill({ role: 'user', content: 'hi' }) }, 'input'],
    [{ input: long }, 'input'],
    [{ input: user(long) }, 'input[0]'],
    [
      {
        input: [
          { role: 'user', content: 'hi' },
          { type: 'function_call_output', call_id: '1', output: long }
        ]
      },
      'input[1]'
    ],
    [{ input: [{ type: 'function_call', call_id: '1', name: 'f', arguments: long }] }, 'input[0]'],
    [{ input: ['hi'] }, 'input[0]'],
    [{ input: [{}] }, 'input[0].type'],
    [{ input: [{ type: 1 }] }, 'input[0].type'],
    [{ input: [{ role: 'critic', content: 'a' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'system' }] }, 'input[0].content'],
    [{ input: [{ role: 'system', content: [{ type: 'input_image' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'assistant', content: 1 }] }, 'input[0].content'],
    [{ input: [{ role: 'assistant', content: [{ type: 'audio' }] }] }, 'input[0].content[0].type'],
    [{ input: [{ role: 'assistant', content: [{ type: 'refusal' }] }] }, 'input[0].content[0].refusal'],
    [{ input: [{ role: 'tool', content: 'a' }] }, 'input[0].call_id'],
    [{ input: user(1) }, 'input[0].content'],
    [{ input: user(['a']) }, 'input[0].content[0]'],
    [{ input: user([{ type: 'image_url' }]) }, 'input[0].content[0].type'],
    [{ input: user([{ type: 'input_text' }]) }, 'input[0].content[0].text'],
    [{ input: user([{ type: 'input_image' }]) }, 'input[0].content[0].image_url'],
    [{ input: user([{ type: 'input_audio' }]) }, 'input[0].content[0].input_audio'],
    [{ input: user([{ type: 'input_audio', input_audio: {} }]) }, 'input[0].content[0].input_audio.data'],
    [{ input: [{ type: 'item_reference' }] }, 'input[0].id'],
    [{ input: [{ type: 'reasoning', summary: [{}] }] }, 'input[0].summary[0].text'],
    [{ input: [{ type: 'function_call', name: 'f' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call', call_id: '1', name: '' }] }, 'input[0].name'],
    [{ input: [{ type: 'function_call_output', output: 'a' }] }, 'input[0].call_id'],
    [{ input: 'hi', instructions: 1 }, 'instructions'],
    [{ input: 'hi', conversation: 'conv_1' }, 'conversation'],
    [{ input: 'hi', background: true, store: false }, 'background'],
    [{ input: 'hi', stream: 'yes' }, 'stream'],
    [{ input: 'hi', tools: {} }, 'tools'],
    [{ input: 'hi', tools: [1] }, 'tools[0]'],
    [{ input: 'hi', tools: [{}] }, 'tools[0].type'],
    [{ input: 'hi', tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ input: 'hi', tools: [{ type: 'function', name: 'f', parameters: 1 }] }, 'tools[0].parameters'],
    [{ input: 'hi', tool_choice: 'f' }, 'tool_choice'],
    [{ input: 'hi', tool_choice: {} }, 'tool_choice.type'],
    [{ input: 'hi', tool_choice: { type: 'function' } }, 'tool_choice.name'],
    [{ input: 'hi', tool_choice: { type: 'allowed_tools' } }, 'tool_choice.tools'],
    [{ input: 'hi', tool_choice: { type: 'allowed_tools', mode: 'some', tools: [] } }, 'tool_choice.mode'],
    [{ input: 'hi', text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ input: 'hi', max_output_tokens: 0 }, 'max_output_tokens'],
    [{ input: 'hi', temperature: 'hot' }, 'temperature']
  ]
  for (const [body, param] of cases) {
    const error = await refused(body)
    t.equal(error.param, param, JSON.stringify(body))
    t.ok(error.message.startsWith(param))
    t.match(error, { type: 'invalid_request_error', code: 'FST_SSE_INPUT_INVALID' })
  }
})

t.test('what generate does not accept is refused with the name of the field', async t => {
  const { refused, ask } = await asking(t, ['text'])
  const image = { type: 'input_image', image_url: 'https://a/b.png' }
  const cases: [object, string][] = [
    [{ input: 'hi', tools: [{ type: 'function', name: 'f' }] }, 'tools'],
    [{ input: 'hi', text: { format: { type: 'json_object' } } }, 'text.format'],
    [
      {
        instructions: 'be brief',
        input: [
          { role: 'user', content: 'hi' },
          { role: 'user', content: [image] }
        ]
      },
      'input[1]'
    ],
    [{ input: [{ type: 'function_call', call_id: '1', name: 'f', arguments: '' }] }, 'input[0]'],
    [{ input: [{ type: 'function_call_output', call_id: '1', output: '' }] }, 'input[0]']
  ]
  for (const [body, param] of cases) t.equal((await refused(body)).param, param)
  t.ok(await ask({ input: 'hi', tools: [{ type: 'web_search' }] }))
})

t.test('a body that is no JSON object, and a model that is not there, are refused in the form of the API', async t => {
  const { baseURL, post } = await asking(t)
  const headers = { 'content-type': 'application/json' }
  for (const body of ['[]', '{', 'null']) {
    const answer = await fetch(`${baseURL}/responses`, { method: 'POST', headers, body })
    t.equal(answer.status, 400)
    t.match(await answer.json(), { error: { type: 'invalid_request_error' } })
  }
  const answer = await post({ model: 'c', input: 'hi' })
  t.equal(answer.status, 404)
  t.match(JSON.parse(answer.text()), { error: { type: 'not_found_error', code: 'model_not_found', param: null } })
})
