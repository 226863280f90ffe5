import t from 'tap'
import { type Generate, textGenerate } from '../../../routes/index.js'
import { api } from './api.js'

const hello: Generate = async function* () {
  yield 'Hello'
  return { finishReason: 'stop' }
}
const user = { id: '1', role: 'user', content: 'hi' }
const text = { type: 'text', text: 'look' }
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const called = { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }
const source = (type: string, value: string, mimeType?: string) => ({ type, value, mimeType })

/** What `generate` gets of a list of messages. */
const messages: Record<string, [unknown[], unknown[]]> = {
  'instructions, with what AG-UI says of them': [
    [
      { id: '1', role: 'system', content: 'a', name: 'n' },
      { id: '2', role: 'developer', content: 'b', metadata: { k: 1 } },
      user
    ],
    [
      { role: 'system', content: 'a', name: 'n' },
      { role: 'system', content: 'b', extra: { metadata: { k: 1 } } },
      { role: 'user', content: 'hi' }
    ]
  ],
  'progress for people': [
    [{ id: '1', role: 'activity', activityType: 'PLAN', content: { steps: [] } }, user],
    [{ role: 'user', content: 'hi' }]
  ],
  'texts that follow each other': [
    [user, { id: '2', role: 'assistant', content: 'a' }, { id: '3', role: 'assistant', content: 'b', name: 'n' }, user],
    [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b', name: 'n' },
      { role: 'user', content: 'hi' }
    ]
  ],
  'reasoning that nothing follows, and empty reasoning': [
    [
      user,
      { id: '2', role: 'reasoning', content: 'hm', encryptedValue: 'sealed' },
      { id: '3', role: 'reasoning', content: '' }
    ],
    [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [{ type: 'reasoning', text: 'hm', encrypted: 'sealed' }] }
    ]
  ],
  'calls without text, with what AG-UI says of them, and without arguments': [
    [
      user,
      { id: '2', role: 'assistant', toolCalls: [{ ...call, encryptedValue: 'e' }] },
      { id: '3', role: 'tool', toolCallId: 'c', content: 'r', metadata: { k: 1 } },
      { id: '4', role: 'assistant', toolCalls: [{ ...call, function: { name: 'f' } }] },
      { id: '5', role: 'tool', toolCallId: 'c', content: [text] }
    ],
    [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [called], extra: { toolCalls: [{ ...call, encryptedValue: 'e' }] } },
      { role: 'tool', toolCallId: 'c', content: 'r', extra: { metadata: { k: 1 } } },
      { role: 'assistant', content: [{ ...called, arguments: '' }] },
      { role: 'tool', toolCallId: 'c', content: 'look' }
    ]
  ],
  'tools that failed': [
    [
      user,
      { id: '2', role: 'assistant', content: '', toolCalls: [call] },
      { id: '3', role: 'tool', toolCallId: 'c', content: 'half', error: 'lost' },
      { id: '4', role: 'tool', toolCallId: 'c', content: '', error: 'lost' }
    ],
    [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [called] },
      { role: 'tool', toolCallId: 'c', content: 'half', isError: true, extra: { error: 'lost' } },
      { role: 'tool', toolCallId: 'c', content: 'lost', isError: true, extra: { error: 'lost' } }
    ]
  ]
}

for (const [name, [sent, expected]] of Object.entries(messages)) {
  t.test(`reads ${name}`, async t => {
    const { post, asked } = await api(t, hello)
    const { status, text } = await post({ messages: sent })
    t.equal(status, 200, status === 200 ? name : text())
    t.strictSame(asked[0]?.messages, expected)
  })
}

/** What `generate` gets of a part, in AG-UI 1.0 and before. */
const parts: [object, object][] = [
  [
    { ...text, id: 'p', metadata: { k: 1 } },
    { ...text, extra: { metadata: { k: 1 } } }
  ],
  [
    { type: 'image', source: source('data', 'QQ==', 'image/png') },
    { type: 'image', url: 'data:image/png;base64,QQ==' }
  ],
  [
    { type: 'image', source: source('url', 'https://a.example/a.png') },
    { type: 'image', url: 'https://a.example/a.png' }
  ],
  [
    { type: 'image', source: source('file', 'file-1') },
    { type: 'file', id: 'file-1' }
  ],
  [
    { type: 'audio', source: source('data', 'QQ==', 'audio/mpeg') },
    { type: 'audio', data: 'QQ==', format: 'mp3' }
  ],
  [
    { type: 'audio', source: source('url', 'https://a.example/a.wav') },
    { type: 'file', url: 'https://a.example/a.wav' }
  ],
  [
    { type: 'video', source: source('data', 'QQ==', 'video/mp4') },
    { type: 'file', url: 'data:video/mp4;base64,QQ==' }
  ],
  [
    { type: 'document', source: source('data', 'QQ==', 'application/pdf'), metadata: { filename: 'a.pdf' } },
    {
      type: 'file',
      url: 'data:application/pdf;base64,QQ==',
      name: 'a.pdf',
      extra: { metadata: { filename: 'a.pdf' } }
    }
  ],
  [
    { type: 'binary', mimeType: 'image/png', data: 'QQ==' },
    { type: 'image', url: 'data:image/png;base64,QQ==' }
  ],
  [
    { type: 'binary', mimeType: 'application/pdf', url: 'https://a.example/a.pdf', filename: 'a.pdf' },
    { type: 'file', url: 'https://a.example/a.pdf', name: 'a.pdf' }
  ],
  [
    { type: 'binary', mimeType: 'audio/wav', data: 'QQ==' },
    { type: 'audio', data: 'QQ==', format: 'wav' }
  ],
  [
    { type: 'binary', mimeType: 'image/png', id: 'file-1' },
    { type: 'file', id: 'file-1' }
  ]
]

t.test('reads parts with images, recordings, videos and documents', async t => {
  const { post, asked } = await api(t, hello)
  for (const [part, expected] of parts) {
    const { status, text: body } = await post({ messages: [{ ...user, content: [{ type: 'text', text: 'a' }, part] }] })
    t.equal(status, 200, status === 200 ? JSON.stringify(part) : body())
    t.strictSame(asked.at(-1)?.messages[0]?.content, [{ type: 'text', text: 'a' }, expected])
  }
})

t.test(
  'what the application forwards is an option where the contract has it, and is left as it is elsewhere',
  async t => {
    const { post, asked } = await api(t, hello)
    const forwarded: [unknown, object][] = [
      [undefined, {}],
      ['as it likes', { extra: { forwardedProps: 'as it likes' } }],
      [[1], { extra: { forwardedProps: [1] } }],
      [{}, {}],
      [
        { toolChoice: 'none', seed: 1 },
        { toolChoice: 'none', seed: 1 }
      ],
      [{ toolChoice: 'function', tools: [] }, { extra: { forwardedProps: { toolChoice: 'function', tools: [] } } }]
    ]
    for (const [forwardedProps, expected] of forwarded) {
      await post({ messages: [user], forwardedProps, protocolVersion: '1.0', tools: [], context: [] })
      const { api: _, messages, extra, ...options } = asked.at(-1) ?? { messages: [] }
      const { threadId, runId, ...rest } = extra ?? {}
      t.strictSame({ threadId, runId }, { threadId: 't', runId: 'r' })
      t.strictSame({ ...options, ...(Object.keys(rest).length > 0 && { extra: rest }) }, expected)
      t.equal(messages.length, 1)
    }
  }
)

t.test('context stands after the instructions, also where there is nothing else', async t => {
  const { post, asked } = await api(t, hello)
  const context = [
    { description: 'a', value: '1' },
    { description: 'b', value: '2' }
  ]
  const told = { role: 'system', content: 'Context:\na: 1\nb: 2', extra: { context } }
  await post({ messages: [{ id: '1', role: 'system', content: 's' }], context, resume: [{ interruptId: 'i' }] })
  t.strictSame(asked[0]?.messages, [{ role: 'system', content: 's' }, told])
  t.strictSame(asked[0]?.extra, { threadId: 't', runId: 'r', resume: [{ interruptId: 'i' }] })
})

/** Bodies that are refused, and how the answer names what is wrong. */
const refused: [object, RegExp][] = [
  [{ threadId: '' }, /^threadId is missing, it takes a string that is not empty/],
  [{ runId: 5 }, /^runId takes a string/],
  [{}, /^messages takes a list of 1 to 1000 messages/],
  [{ messages: [{ id: '1', role: 'activity', content: {} }] }, /^messages takes a message for the model/],
  [{ messages: ['hi'] }, /^messages\[0\] takes an object with role and content/],
  [{ messages: [{ ...user, role: 'bot' }] }, /^messages\[0\]\.role takes "developer", /],
  [{ messages: [{ ...user, role: 'system', content: [text] }] }, /^messages\[0\]\.content takes a string/],
  [{ messages: [{ ...user, content: undefined }] }, /^messages\[0\]\.content is missing/],
  [{ messages: [{ ...user, content: [{ type: 'hologram' }] }] }, /^messages\[0\]\.content\[0\]\.type takes "text", /],
  [{ messages: [{ ...user, content: [{ type: 'image' }] }] }, /^messages\[0\]\.content\[0\]\.source is missing/],
  [{ messages: [{ ...user, content: [{ type: 'image', source: source('disk', 'a') }] }] }, /source\.type takes "data"/],
  [{ messages: [{ ...user, content: [{ type: 'image', source: source('url', '') }] }] }, /source\.value is missing/],
  [
    { messages: [{ ...user, content: [{ type: 'image', source: source('data', 'a') }] }] },
    /source\.mimeType is missing/
  ],
  [
    { messages: [{ ...user, content: [{ type: 'image', source: source('url', '/a.png') }] }] },
    /source\.value takes an absolute/
  ],
  [{ messages: [{ ...user, content: [{ type: 'binary', mimeType: 'a/b' }] }] }, /content\[0\]\.id is missing/],
  [{ messages: [{ ...user, content: 'a'.repeat(100_001) }] }, /^messages\[0\] takes up to 100000 characters/],
  [{ messages: [{ ...user, role: 'tool' }] }, /^messages\[0\]\.toolCallId is missing/],
  [{ messages: [{ ...user, role: 'reasoning', content: 5 }] }, /^messages\[0\]\.content takes a string/],
  [{ messages: [{ ...user, role: 'assistant', toolCalls: [{ id: 'a' }] }] }, /toolCalls\[0\]\.function is missing/],
  [{ messages: [{ ...user, role: 'assistant', toolCalls: [{ ...call, id: '' }] }] }, /toolCalls\[0\]\.id is missing/],
  [
    { messages: [{ ...user, role: 'assistant', toolCalls: [{ ...call, function: { name: '' } }] }] },
    /function\.name is missing/
  ],
  [{ messages: [user], tools: [{ description: 'a' }] }, /^tools\[0\]\.name is missing/],
  [{ messages: [user], context: [{ value: 'a' }] }, /^context\[0\]\.description is missing/],
  [{ messages: [user], context: [{ description: 'a' }] }, /^context\[0\]\.value is missing/]
]

t.test('a body that is wrong is refused with the name of the field', async t => {
  const { post, asked } = await api(t, hello)
  for (const [body, message] of refused) {
    const { status, text } = await post(body)
    t.equal(status, 400, JSON.stringify(body).slice(0, 100))
    t.match(JSON.parse(text()), { code: 'FST_SSE_INPUT_INVALID', message })
  }
  t.equal(asked.length, 0)
})

t.test('what the model does not accept is refused by name', async t => {
  const { post } = await api(
    t,
    textGenerate(async function* () {
      yield 'Hello'
      return { finishReason: 'stop' }
    })
  )
  const image = { type: 'image', source: source('url', 'https://a.example/a.png') }
  const cases: [object, string][] = [
    [{ messages: [user], tools: [{ name: 'f', description: '' }] }, 'tools is not supported by this model'],
    [{ messages: [user, { ...user, content: [image] }] }, 'messages[1] is not supported by this model']
  ]
  for (const [body, message] of cases) {
    const { status, text } = await post(body)
    t.equal(status, 400)
    t.match(JSON.parse(text()), { message })
  }
})
