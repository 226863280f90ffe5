import t from 'tap'
import { type Api, appOf, chatCompletions, everyApi, messagesApi, responsesApi, stream, useChat } from './every-api.js'

const URL_WANTED = 'takes an absolute http, https or data URL'

/** How each API writes an image and a file by a URL, and where its errors say that the URL is. */
const byUrl: [Api, (url: unknown) => object, string][] = [
  [chatCompletions, url => ({ type: 'image_url', image_url: { url } }), 'messages[0].content[0].image_url.url'],
  [chatCompletions, url => ({ type: 'image_url', image_url: url }), 'messages[0].content[0].image_url.url'],
  [chatCompletions, url => ({ type: 'file', file: { file_data: url } }), 'messages[0].content[0].file.file_data'],
  [responsesApi, url => ({ type: 'input_image', image_url: url }), 'input[0].content[0].image_url'],
  [responsesApi, url => ({ type: 'input_file', file_url: url }), 'input[0].content[0].file_url'],
  [responsesApi, url => ({ type: 'input_file', file_data: url }), 'input[0].content[0].file_data'],
  [messagesApi, url => ({ type: 'image', source: { type: 'url', url } }), 'messages.0.content.0.source.url'],
  [messagesApi, url => ({ type: 'document', source: { type: 'url', url } }), 'messages.0.content.0.source.url'],
  [useChat, url => ({ type: 'file', mediaType: 'image/png', url }), 'messages[0].parts[0].url'],
  [useChat, url => ({ type: 'file', mediaType: 'application/pdf', url }), 'messages[0].parts[0].url'],
  [stream, url => ({ type: 'image', url }), 'body/messages/0/content/0/url'],
  [stream, url => ({ type: 'file', url }), 'body/messages/0/content/0/url']
]

t.test('kind: a URL that leads nowhere is refused by name, through every API', async t => {
  const { asked, refused } = await appOf(t)
  const wrong = ['', ' ', 'cat.png', '/cat.png', '//a.example/cat.png', 'http://', 'http://a b/', 'https://[', 'data']
  for (const url of [...wrong, 'ftp://a.example/cat.png', 'file:///etc/passwd', 'javascript:0', 'blob:x', 'aGVsbG8=']) {
    for (const [api, part, where] of byUrl) {
      t.equal(await refused(t, api, api.withPart(part(url))), `${where} ${URL_WANTED}`, JSON.stringify(url))
    }
  }
  t.same(asked, [])
})

t.test('a URL that leads somewhere reaches generate as it is', async t => {
  const { asked, post } = await appOf(t)
  const right = ['https://a.example/cat.png', 'HTTP://a.example', 'data:image/png;base64,AA==', 'DATA:text/plain,hi']
  for (const url of right) {
    for (const [api, part] of byUrl) {
      t.equal((await post(api, api.withPart(part(url)))).status, 200, `${api.name}: ${url}`)
      const [content] = (asked.pop()?.messages[0]?.content ?? []) as { url: string }[]
      t.equal(content?.url, url, api.name)
    }
  }
})

t.test('a file that is Base64 alone becomes a data URL', async t => {
  const { asked, post } = await appOf(t)
  const file_data = Buffer.from('%PDF-1.7 and more').toString('base64')
  const files: [string | undefined, string][] = [
    ['a.PDF', 'application/pdf'],
    ['a.csv', 'application/octet-stream'],
    [undefined, 'application/octet-stream']
  ]
  for (const [filename, type] of files) {
    const bodies: [Api, object][] = [
      [chatCompletions, { type: 'file', file: { file_data, filename } }],
      [responsesApi, { type: 'input_file', file_data, filename }]
    ]
    for (const [api, part] of bodies) {
      t.equal((await post(api, api.withPart(part))).status, 200)
      const [content] = (asked.pop()?.messages[0]?.content ?? []) as { url: string; name?: string }[]
      t.match(content, { url: `data:${type};base64,${file_data}` }, `${api.name}: ${filename}`)
      t.equal(content?.name, filename)
    }
  }
})

t.test('kind: a file without its content or an id is refused by name', async t => {
  const { refused } = await appOf(t)
  const empty: [Api, object, RegExp][] = [
    [chatCompletions, { type: 'file', file: {} }, /^messages\[0\]\.content\[0\]\.file\.file_data is missing/],
    [
      chatCompletions,
      { type: 'file', file: { file_id: '' } },
      /^messages\[0\]\.content\[0\]\.file\.file_data is missing/
    ],
    [responsesApi, { type: 'input_file' }, /^input\[0\]\.content\[0\]\.file_url is missing/],
    [responsesApi, { type: 'input_file', filename: 'a.pdf', file_id: '' }, /^input\[0\]\.content\[0\]\.file_url is/],
    [responsesApi, { type: 'input_image', file_id: '' }, /^input\[0\]\.content\[0\]\.image_url is missing/],
    [messagesApi, { type: 'document', source: { type: 'file', file_id: '' } }, /^messages\.0.*\.file_id is missing/],
    [useChat, { type: 'file', mediaType: 'text/plain' }, /^messages\[0\]\.parts\[0\]\.url is missing/],
    [stream, { type: 'file' }, /^body\/messages\/0\/content\/0 takes a file with a url or an id$/],
    [stream, { type: 'file', id: '' }, /^body\/messages\/0\/content\/0 takes a file with a url or an id$/]
  ]
  for (const [api, part, message] of empty) t.match(await refused(t, api, api.withPart(part)), message)
})

t.test('kind: JSON that is nested too deep is refused, wherever it stands', async t => {
  const { asked, refused, post } = await appOf(t)
  const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  for (const api of everyApi) {
    const least = JSON.stringify(api.least)
    for (const levels of [201, 6000, 100_000]) {
      for (const value of [nested(levels), lists(levels)]) {
        for (const name of ['metadata', 'extra', 'tools', 'messages', 'input', 'x']) {
          const message = await refused(t, api, `{${least.slice(1, -1)},"${name}":${value}}`)
          t.equal(message, 'body takes JSON of up to 200 levels')
        }
        t.equal(await refused(t, api, value), 'body takes JSON of up to 200 levels')
      }
    }
    t.same(asked, [])
    const { status, text } = await post(api, `{${least.slice(1, -1)},"metadata":${nested(199)}}`)
    t.equal(status, 200, `as deep as is allowed: ${text}`)
    t.equal(JSON.stringify(asked.pop()?.metadata), nested(199))
  }
})

t.test('kind: numbers that JSON has and a number cannot be are refused by name', async t => {
  const { asked, refused, post } = await appOf(t)
  const names: [Api, string[]][] = [
    [chatCompletions, ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'seed', 'max_tokens', 'n']],
    [responsesApi, ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'max_output_tokens']],
    [messagesApi, ['temperature', 'top_p', 'max_tokens']],
    [stream, ['temperature', 'topP', 'presencePenalty', 'frequencyPenalty', 'seed', 'maxTokens']]
  ]
  for (const [api, fields] of names) {
    for (const name of fields) {
      for (const value of ['1e400', '-1e400', '"1"', '[]']) {
        const message = await refused(t, api, `{${JSON.stringify(api.least).slice(1, -1)},"${name}":${value}}`)
        t.match(message, new RegExp(`^(body/)?${name} takes a `), value)
      }
    }
  }
  t.same(asked, [])
  for (const api of [chatCompletions, useChat, stream]) {
    for (const seed of ['9223372036854775807', '-9223372036854775808', '1e300', '7.0', '-7', '0']) {
      const { status, text } = await post(api, `{${JSON.stringify(api.least).slice(1, -1)},"seed":${seed}}`)
      t.equal(status, 200, `${api.name} takes the seed ${seed}: ${text}`)
      t.equal(asked.pop()?.seed, Number(seed), 'the nearest number')
    }
  }
})

t.test('kind: a model without a name is refused by name, through every API that asks for one', async t => {
  const { refused } = await appOf(t)
  for (const api of [chatCompletions, responsesApi, messagesApi]) {
    for (const [model, what] of [
      ['', 'is missing, it takes the id of a model'],
      [null, 'is missing, it takes the id of a model'],
      [5, 'takes a string'],
      [['a'], 'takes a string']
    ]) {
      t.equal(await refused(t, api, { ...api.least, model }), `model ${what}`)
    }
  }
})

t.test('kind: a message that is too long is named by the field that is too long', async t => {
  const { refused } = await appOf(t, undefined, { maxTextLength: 100 })
  const long = 'x'.repeat(101)
  const call = (args: string) => ({ id: 'c', function: { name: 'f', arguments: args } })
  const fields: [string, object][] = [
    ['content', { role: 'user', content: long }],
    ['content', { role: 'user', content: [{ type: 'text', text: long }] }],
    ['content', { role: 'tool', tool_call_id: 'c', content: long }],
    ['content', { role: 'assistant', content: long, tool_calls: [call('{}')] }],
    ['tool_calls', { role: 'assistant', content: 'hi', tool_calls: [call(long)] }],
    ['tool_calls', { role: 'assistant', content: null, tool_calls: [call('x'.repeat(60)), call('x'.repeat(60))] }],
    ['tool_calls', { role: 'assistant', content: 'x'.repeat(50), tool_calls: [call('x'.repeat(60))] }],
    ['function_call', { role: 'assistant', content: null, function_call: { name: 'f', arguments: long } }],
    ['reasoning_content', { role: 'assistant', content: 'hi', reasoning_content: long }],
    ['reasoning', { role: 'assistant', content: 'hi', reasoning: long }],
    ['refusal', { role: 'assistant', content: null, refusal: long }],
    ['content', { role: 'assistant', content: [{ type: 'refusal', refusal: long }] }]
  ]
  for (const [field, message] of fields) {
    const text = await refused(t, chatCompletions, { model: 'a', messages: [message] })
    t.equal(text, `messages[0].${field} takes up to 100 characters, all parts together`)
  }
})

t.test('kind: a choice among the tools is one that the model is told of, or is refused by name', async t => {
  const { asked, post, refused } = await appOf(t)
  const flat = (name: string): object => ({ type: 'function', name })
  const nested = (name: string): object => ({ type: 'function', function: { name } })
  const ask = async (api: Api, tool_choice: unknown) => {
    const tools = ['f', 'g'].map(api === chatCompletions ? nested : flat)
    const { status, text } = await post(api, { ...api.least, tools, tool_choice })
    t.equal(status, 200, `${api.name}: ${text}`)
    const { tools: told, toolChoice, extra } = asked.pop() ?? {}
    t.same(extra?.tool_choice, tool_choice, 'and generate can read all of it')
    return { names: told?.map(({ name }) => name), toolChoice }
  }
  for (const api of [chatCompletions, responsesApi]) {
    for (const form of [flat, nested]) {
      const of = (mode: string | undefined, ...names: string[]) => ({ mode, tools: names.map(form) })
      const wrapped = (allowed: object) => ({ type: 'allowed_tools', allowed_tools: allowed })
      t.same(await ask(api, wrapped(of('auto', 'g'))), { names: ['g'], toolChoice: 'auto' })
      t.same(await ask(api, wrapped(of('required', 'g', 'f'))), { names: ['f', 'g'], toolChoice: 'required' })
      t.same(await ask(api, { type: 'allowed_tools', ...of('required', 'f') }), {
        names: ['f'],
        toolChoice: 'required'
      })
      t.same(await ask(api, wrapped(of('auto', 'unknown'))), { names: undefined, toolChoice: 'auto' })
      t.same(await ask(api, wrapped(of('auto'))), { names: undefined, toolChoice: 'auto' })
    }
    for (const [choice, where] of [
      [{ type: 'allowed_tools', allowed_tools: 5 }, 'tool_choice.allowed_tools takes an object'],
      [{ type: 'allowed_tools', allowed_tools: {} }, 'tool_choice.allowed_tools.tools is missing'],
      [{ type: 'allowed_tools', allowed_tools: { tools: {} } }, 'tool_choice.allowed_tools.tools takes a list'],
      [
        { type: 'allowed_tools', allowed_tools: { tools: [5] } },
        'tool_choice.allowed_tools.tools\\[0\\] takes an object'
      ],
      [{ type: 'allowed_tools', mode: 'some', tools: [] }, 'tool_choice.mode takes "auto" or "required"'],
      ['any', 'tool_choice takes "auto", "none", "required"'],
      [5, 'tool_choice takes "auto", "none", "required"']
    ]) {
      t.match(await refused(t, api, { ...api.least, tool_choice: choice }), new RegExp(`^${where}`))
    }
  }
  for (const [choice, where] of [
    [{ type: 'custom', custom: { name: 'f' } }, 'tool_choice.type takes "function" or "allowed_tools"'],
    [{ type: 'auto' }, 'tool_choice.type takes "function" or "allowed_tools"'],
    [{ type: 'function', name: 'f' }, 'tool_choice.function is missing'],
    [{ type: 'function', function: { name: '' } }, 'tool_choice.function.name is missing']
  ]) {
    t.match(
      await refused(t, chatCompletions, { ...chatCompletions.least, tool_choice: choice }),
      new RegExp(`^${where}`)
    )
  }
  const { status } = await post(chatCompletions, { ...chatCompletions.least, tool_choice: { function: { name: 'f' } } })
  t.equal(status, 200, 'a function needs no type')
  t.same(asked.pop()?.toolChoice, { tool: 'f' })
  t.match(
    await refused(t, chatCompletions, { ...chatCompletions.least, function_call: 'any' }),
    /^function_call takes "auto", "none", or an object with a name$/
  )
})

t.test('what a text part has beyond its text reaches generate, from every role', async t => {
  const { asked, post } = await appOf(t)
  const cache_control = { type: 'ephemeral' }
  const cached = { type: 'text', text: 'hi', cache_control }
  const part = [{ type: 'text', text: 'hi', extra: { cache_control } }]
  const messages = [
    { role: 'system', content: [cached] },
    { role: 'user', content: [cached] },
    { role: 'assistant', content: [cached] },
    { role: 'tool', tool_call_id: 'c', content: [cached] }
  ]
  const system = { role: 'system', content: 'hi', extra: { content: [cached] } }
  const others = [
    { role: 'user', content: part },
    { role: 'assistant', content: part },
    { role: 'tool', toolCallId: 'c', content: part }
  ]
  await post(chatCompletions, { model: 'a', messages })
  t.same(asked.pop()?.messages, [system, ...others])
  await post(responsesApi, {
    model: 'a',
    input: messages.map(message => ('tool_call_id' in message ? { ...message, call_id: 'c' } : message))
  })
  t.match(asked.pop()?.messages, [system, ...others])
  await post(stream, { messages: others })
  t.same(asked.pop()?.messages, others)
  await post(chatCompletions, { model: 'a', messages: [{ role: 'system', content: [{ type: 'text', text: 'hi' }] }] })
  t.same(asked.pop()?.messages, [{ role: 'system', content: 'hi' }], 'text alone has no extra')
})

t.test('the result of a tool belongs to a call, or is refused by name', async t => {
  const { asked, post, refused } = await appOf(t)
  const chat = (message: object) => ({ model: 'a', messages: [{ content: 'r', ...message }] })
  const item = (message: object) => ({ model: 'a', input: [{ role: 'tool', content: 'r', ...message }] })
  for (const [api, body, where] of [
    [chatCompletions, chat({ role: 'tool', tool_call_id: '' }), 'messages[0].tool_call_id'],
    [chatCompletions, chat({ role: 'function', name: '' }), 'messages[0].name'],
    [responsesApi, item({ call_id: '' }), 'input[0].call_id'],
    [responsesApi, item({ call_id: '', tool_call_id: '' }), 'input[0].call_id']
  ] as const) {
    t.match(await refused(t, api, body), new RegExp(`^${where.replace(/[[\]]/g, '\\$&')} is missing`))
  }
  for (const [api, body] of [
    [chatCompletions, chat({ role: 'tool', tool_call_id: '', name: 'c' })],
    [responsesApi, item({ call_id: '', tool_call_id: 'c' })]
  ] as const) {
    t.equal((await post(api, body)).status, 200)
    t.match(asked.pop()?.messages, [{ role: 'tool', toolCallId: 'c' }])
  }
})
