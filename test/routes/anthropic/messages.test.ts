import t from 'tap'
import { told } from './api.js'

const png = { type: 'base64', media_type: 'image/png', data: 'AA==' }
const pdf = { type: 'base64', media_type: 'application/pdf', data: 'AA==' }
const text = (text: string) => ({ type: 'text', text })
const hi = { role: 'user', content: 'hi' }

/** What a user says in blocks, and the content that `generate` gets. */
const blocks: [object[], unknown][] = [
  [[text('h'), text('i')], 'hi'],
  [[], ''],
  [[{ ...text('a'), cache_control: {} }], [{ ...text('a'), extra: { cache_control: {} } }]],
  [
    [text('a'), { type: 'image', source: png }],
    [text('a'), { type: 'image', url: 'data:image/png;base64,AA==' }]
  ],
  [
    [{ type: 'image', source: { type: 'url', url: 'https://a.b/c.png' }, cache_control: {} }],
    [{ type: 'image', url: 'https://a.b/c.png', extra: { cache_control: {} } }]
  ],
  [[{ type: 'image', source: { type: 'file', file_id: 'f' } }], [{ type: 'file', id: 'f' }]],
  [
    [{ type: 'document', source: pdf, title: 'A' }],
    [{ type: 'file', url: 'data:application/pdf;base64,AA==', name: 'A' }]
  ],
  [
    [{ type: 'document', source: { type: 'url', url: 'https://a.b/c.pdf' }, citations: { enabled: true } }],
    [{ type: 'file', url: 'https://a.b/c.pdf', extra: { citations: { enabled: true } } }]
  ],
  [[{ type: 'document', source: { type: 'file', file_id: 'f' } }], [{ type: 'file', id: 'f' }]],
  [[{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a' } }], 'a'],
  [
    [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a' }, title: 'A' }],
    [{ ...text('a'), extra: { title: 'A' } }]
  ],
  [[{ type: 'document', source: { type: 'content', content: 'a' } }], 'a'],
  [
    [
      {
        type: 'document',
        title: 'A',
        source: { type: 'content', content: [text('a'), { type: 'image', source: png }] }
      }
    ],
    [
      { ...text('a'), extra: { title: 'A' } },
      { type: 'image', url: 'data:image/png;base64,AA==' }
    ]
  ],
  [[{ type: 'document', source: { type: 'content' } }], ''],
  [
    [{ type: 'search_result', source: 'https://a.b', title: 'A', content: [text('a'), text('b')] }],
    [{ ...text('a'), extra: { source: 'https://a.b', title: 'A' } }, text('b')]
  ],
  [[{ type: 'search_result', content: [text('a'), { type: 'new' }] }], 'a']
]

t.test('kind: every block of a user reaches generate, and so does one in the result of a tool', async t => {
  const { post, asked } = await told(t)
  for (const [content, expected] of blocks) {
    const response = await post({ model: 'a', messages: [{ role: 'user', content }] })
    t.equal(response.status, 200, response.text())
    t.strictSame(asked.at(-1)?.messages, [{ role: 'user', content: expected }])
    const result = { type: 'tool_result', tool_use_id: '1', content }
    const answered = await post({ model: 'a', messages: [{ role: 'user', content: [result] }] })
    t.equal(answered.status, 200, answered.text())
    t.strictSame(asked.at(-1)?.messages, [{ role: 'tool', toolCallId: '1', content: expected }])
  }
})

t.test('the results of tools are messages of their own, in the order of the client', async t => {
  const { post, asked } = await told(t)
  const result = (id: string, rest: object) => ({ type: 'tool_result', tool_use_id: id, ...rest })
  const content = [
    result('1', { content: 'a', is_error: true }),
    result('2', { is_error: false, cache_control: { type: 'ephemeral' } }),
    text('And'),
    text(' now?'),
    result('3', { content: null })
  ]
  t.equal((await post({ model: 'a', messages: [{ role: 'user', content, weight: 1 }] })).status, 200)
  t.strictSame(asked.at(-1)?.messages, [
    { role: 'tool', toolCallId: '1', content: 'a', isError: true },
    { role: 'tool', toolCallId: '2', content: '', isError: false, extra: { cache_control: { type: 'ephemeral' } } },
    { role: 'user', content: 'And now?' },
    { role: 'tool', toolCallId: '3', content: '', extra: { weight: 1 } }
  ])
})

t.test('an answer is taken back as it is', async t => {
  const { client, post, asked } = await told(t)
  const answer = await client.messages.create({
    model: 'a',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'hi' }]
  })
  t.equal((await post({ model: 'a', messages: [hi, answer, hi] })).status, 200)
  t.strictSame(asked.at(-1)?.messages, [hi, { role: 'assistant', content: 'Hello' }, hi])
})

t.test('kind: every block of an answer is taken back', async t => {
  const { post, asked } = await told(t)
  const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }
  for (const [content, expected, extra] of [
    ['a', 'a'],
    [[], ''],
    [[text('a'), { ...text('b'), citations: null }], 'ab'],
    [[text(''), text('b')], 'b'],
    [[{ ...text('a'), cache_control: {} }], [{ ...text('a'), extra: { cache_control: {} } }]],
    [
      [{ type: 'thinking', thinking: 'hm', signature: 'sig' }, text('a')],
      [{ type: 'reasoning', text: 'hm', signature: 'sig' }, text('a')]
    ],
    [[{ type: 'thinking', thinking: 'hm', signature: '' }], [{ type: 'reasoning', text: 'hm' }]],
    [[{ type: 'redacted_thinking', data: 'x' }], [{ type: 'reasoning', text: '', encrypted: 'x' }]],
    [
      [text('a'), { type: 'tool_use', id: '1', name: 'b', input: { c: 1 }, caller: { type: 'direct' } }],
      [text('a'), { type: 'tool-call', id: '1', name: 'b', arguments: '{"c":1}' }]
    ],
    [[{ type: 'tool_use', id: '1', name: 'b' }], [{ type: 'tool-call', id: '1', name: 'b', arguments: '{}' }]],
    [
      [{ type: 'tool_use', id: '1', name: 'b', input: '{}' }],
      [{ type: 'tool-call', id: '1', name: 'b', arguments: '{}' }]
    ],
    [[search, text('a')], 'a', { content: [search] }]
  ] as const) {
    const response = await post({ model: 'a', messages: [{ role: 'assistant', content }] })
    t.equal(response.status, 200, response.text())
    t.strictSame(asked.at(-1)?.messages, [{ role: 'assistant', content: expected, ...(extra && { extra }) }])
  }
})

t.test('blocks of a new type are passed on as they are', async t => {
  const { post, asked } = await told(t)
  const news = { type: 'container_upload', file_id: 'f' }
  const content = [text('a'), news, { type: 'tool_result', tool_use_id: '1', content: [text('b'), news] }]
  t.equal((await post({ model: 'a', messages: [{ role: 'user', content }] })).status, 200)
  t.strictSame(asked.at(-1)?.messages, [
    { role: 'user', content: 'a' },
    { role: 'tool', toolCallId: '1', content: 'b', extra: { content: [news] } }
  ])
  t.equal((await post({ model: 'a', messages: [{ role: 'user', content: [news] }] })).status, 200)
  t.strictSame(asked.at(-1)?.messages, [{ role: 'user', content: '', extra: { content: [news] } }])
})

t.test('a message may have the role system, in blocks too', async t => {
  const { post, asked } = await told(t)
  const cached = [{ ...text('b'), cache_control: {} }]
  const messages = [hi, { role: 'system', content: 'a' }, { role: 'system', content: cached, weight: 1 }]
  t.equal((await post({ model: 'a', messages })).status, 200)
  t.strictSame(asked.at(-1)?.messages, [
    hi,
    { role: 'system', content: 'a' },
    { role: 'system', content: 'b', extra: { weight: 1, content: cached } }
  ])
})

t.test('kind: a message of a wrong form is refused by name', async t => {
  const { post } = await told(t)
  const user = (...content: unknown[]) => ({ role: 'user', content })
  const assistant = (...content: unknown[]) => ({ role: 'assistant', content })
  const result = (content: unknown) => user({ type: 'tool_result', tool_use_id: '1', content })
  const image = (source: unknown) => user({ type: 'image', source })
  const file = (source: unknown) => user({ type: 'document', source })
  for (const [message, name] of [
    [5, 'messages.0 takes'],
    [{ role: 'bot', content: 'a' }, 'messages.0.role takes'],
    [{ role: 'user' }, 'messages.0.content is missing'],
    [{ role: 'user', content: 5 }, 'messages.0.content takes'],
    [{ role: 'user', content: null }, 'messages.0.content is missing'],
    [{ role: 'assistant', content: {} }, 'messages.0.content takes'],
    [{ role: 'system', content: [{ type: 'image' }] }, 'messages.0.content.0.type takes'],
    [user('a'), 'messages.0.content.0 takes'],
    [user({}), 'messages.0.content.0.type is missing'],
    [user({ type: ['text'] }), 'messages.0.content.0.type takes'],
    [user({ type: 'text' }), 'messages.0.content.0.text is missing'],
    [user(text('a'), { type: 'image' }), 'messages.0.content.1.source is missing'],
    [image({}), 'messages.0.content.0.source.type takes'],
    [image({ type: 'base64', data: 'a' }), 'messages.0.content.0.source.media_type is missing'],
    [image({ type: 'url', url: 5 }), 'messages.0.content.0.source.url takes'],
    [image({ type: 'file' }), 'messages.0.content.0.source.file_id is missing'],
    [file({ type: 'tape' }), 'messages.0.content.0.source.type takes'],
    [file({ type: 'text' }), 'messages.0.content.0.source.data is missing'],
    [file({ type: 'content', content: 5 }), 'messages.0.content.0.source.content takes'],
    [file({ type: 'content', content: [5] }), 'messages.0.content.0.source.content.0 takes'],
    [user({ type: 'tool_result', content: 'a' }), 'messages.0.content.0.tool_use_id is missing'],
    [user({ type: 'tool_result', tool_use_id: '1', is_error: 'no' }), 'messages.0.content.0.is_error takes'],
    [result(5), 'messages.0.content.0.content takes'],
    [result([{ type: 'image' }]), 'messages.0.content.0.content.0.source is missing'],
    [assistant({}), 'messages.0.content.0.type is missing'],
    [assistant({ type: 'text', text: 5 }), 'messages.0.content.0.text takes'],
    [assistant({ type: 'thinking' }), 'messages.0.content.0.thinking is missing'],
    [assistant({ type: 'redacted_thinking' }), 'messages.0.content.0.data is missing'],
    [assistant({ type: 'tool_use', name: 'a' }), 'messages.0.content.0.id is missing'],
    [assistant({ type: 'tool_use', id: '1', name: '' }), 'messages.0.content.0.name is missing']
  ] as const) {
    const response = await post({ model: 'a', messages: [message] })
    t.equal(response.status, 400, JSON.stringify(message))
    t.match(JSON.parse(response.text()), { type: 'error', error: { type: 'invalid_request_error', message: name } })
  }
})
