import t from 'tap'
import { Random, seed } from '../../../helpers/random.js'
import { choiceOf, chunkOf, DONE, dataOf, endOf, replier, STOP } from '../harness.js'

const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }

/** Contents, and the text that they hold. */
const contents: [content: unknown, text: string][] = [
  ['a', 'a'],
  ['', ''],
  [null, ''],
  [undefined, ''],
  [[], ''],
  [{}, ''],
  // Cloudflare sends tokens as the JSON that they look like.
  [42, '42'],
  [0, '0'],
  [0.005, '0.005'],
  [true, 'true'],
  [false, 'false'],
  // Mistral.
  [[thinking], ''],
  [[{ type: 'text', text: 'a' }], 'a'],
  [[thinking, { type: 'text', text: 'a' }, thinking, { type: 'text', text: 'b' }], 'ab'],
  [
    [
      { type: 'reference', reference_ids: [1] },
      { type: 'text', text: 'a' }
    ],
    'a'
  ],
  // Others.
  [['a', 'b'], 'ab'],
  [[null, 'a', 1], 'a1'],
  [[{ text: 'a' }], 'a'],
  [{ type: 'text', text: 'a' }, 'a'],
  [{ type: 'output_text', text: 'a', annotations: [] }, 'a'],
  [[{ type: 'text', text: { value: 'a' } }], 'a'],
  [[{ type: 'refusal', refusal: 'no' }], 'no'],
  [
    [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'a' }
    ],
    'a'
  ],
  [[{ type: 'image_url', image_url: { url: 'data:' } }], ''],
  [[['a'], [['b']]], 'ab'],
  [{ parts: [{ text: 'a' }, { text: 'b' }] }, 'ab'],
  [[{ thinking: 'hm' }, { text: 'a' }], 'a']
]

t.test('content in another form: parts, numbers, and what the model thinks', async t => {
  const reply = await replier(t)
  for (const [content, expected] of contents) {
    const { text, finish, error } = await reply(chunkOf('<') + chunkOf(content) + chunkOf('>') + STOP + DONE)
    t.same([text, finish, error], [`<${expected}>`, { finishReason: 'stop' }, undefined], JSON.stringify(content))
  }
})

t.test('content in another form: reasoning is no text, refusals are', async t => {
  const reply = await replier(t)
  const deltas: [delta: unknown, text: string][] = [
    [{ reasoning_content: 'hm', content: null }, ''],
    [{ reasoning: 'hm', content: '' }, ''],
    [{ reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }], content: 'a' }, 'a'],
    [{ thinking: 'hm' }, ''],
    [{ refusal: 'no' }, 'no'],
    [{ content: '', refusal: 'no' }, 'no'],
    [{ content: 'a', refusal: null }, 'a'],
    [{ content: 'a', refusal: 'no' }, 'ano'],
    ['a', 'a'],
    [['a', { type: 'text', text: 'b' }], 'ab']
  ]
  for (const [delta, expected] of deltas) {
    const { text, finish } = await reply(chunkOf('<') + choiceOf({ delta }) + chunkOf('>') + STOP)
    t.same([text, finish?.finishReason], [`<${expected}>`, 'stop'], JSON.stringify(delta))
  }
})

t.test('content in another form: one that cannot be read is an error, since text may be lost', async t => {
  const reply = await replier(t)
  const deep = '['.repeat(5000) + ']'.repeat(5000)
  for (const content of [{ a: 'text' }, [{ a: 'text' }], [['a', { b: ['text'] }]], { text: { a: 'text' } }]) {
    const { text, error } = await reply(chunkOf('a') + chunkOf(content) + chunkOf('b') + STOP)
    t.equal(text.slice(0, 1), 'a')
    t.equal(error?.message, 'the model provider sent content of an unknown type')
    t.match(error?.words, JSON.stringify(content))
  }
  const { error } = await reply(`data: {"choices":[{"delta":{"content":${deep}}}]}\n\n${STOP}`)
  t.equal(error?.status, 502, 'however deep it is')
})

t.test('content in another form: a whole message, and the text of legacy completions', async t => {
  const reply = await replier(t)
  const message = { role: 'assistant', content: 'Hello, world' }
  const bodies: Record<string, string> = {
    'one message': choiceOf({ message, finish_reason: 'stop' }),
    'one message with an empty delta': choiceOf({ delta: {}, message, finish_reason: 'stop' }),
    'one message with a delta of null': choiceOf({ delta: null, message }) + STOP,
    'one message of parts': choiceOf({ message: { content: [{ type: 'text', text: 'Hello, world' }] } }) + STOP,
    'one message that is a text': choiceOf({ message: 'Hello, world', finish_reason: 'stop' }),
    'one message with a delta that has only the role': choiceOf({
      delta: { role: 'assistant' },
      message,
      finish_reason: 'stop'
    }),
    'one message with a delta without text': choiceOf({
      delta: { role: 'assistant', content: '', refusal: null, tool_calls: [] },
      message,
      finish_reason: 'stop'
    }),
    'one message with a delta of null content': choiceOf({ delta: { content: null }, message }) + STOP,
    'deltas, and the rest in the message beside an empty one':
      choiceOf({ delta: { content: 'Hello' }, message: { content: 'Hello' } }) +
      choiceOf({ delta: { role: 'assistant', content: '' }, message, finish_reason: 'stop' }),
    'messages that grow':
      choiceOf({ message: { content: 'Hello' } }) +
      choiceOf({ message: { content: 'Hello, wor' } }) +
      choiceOf({ message }) +
      STOP,
    'deltas, and the message so far beside each':
      choiceOf({ delta: { content: 'Hello' }, message: { content: 'Hello' } }) +
      choiceOf({ delta: { content: ', world' }, message }) +
      choiceOf({ delta: { content: '' }, message, finish_reason: 'stop' }),
    'deltas, and the message at the end':
      chunkOf('Hello') + chunkOf(', world') + choiceOf({ message, finish_reason: 'stop' }),
    'deltas, and a message at the end that was trimmed':
      chunkOf('Hello') +
      chunkOf(', world') +
      choiceOf({ message: { content: ' Hello, world\n' }, finish_reason: 'stop' }),
    'deltas, and the rest in the message at the end': chunkOf('Hello') + choiceOf({ message, finish_reason: 'stop' }),
    'a message at the end that has the thoughts too':
      chunkOf('Hello, world') +
      choiceOf({ message: { content: '<think>A greeting,\nthen.</think>\n\nHello, world' }, finish_reason: 'stop' }),
    'an empty message at the end':
      chunkOf('Hello, world') + choiceOf({ message: { content: null }, finish_reason: 'stop' }),
    'the text of legacy completions':
      choiceOf({ text: 'Hello' }) +
      choiceOf({ text: ', ', index: 0 }) +
      choiceOf({ text: 'world', finish_reason: 'stop' }),
    'choices that are no list':
      dataOf({ choices: { delta: { content: 'Hello, ' } } }) +
      dataOf({ choices: { delta: { content: 'world' } } }) +
      STOP
  }
  for (const [name, body] of Object.entries(bodies)) {
    const { text, finish, error } = await reply(body + DONE)
    t.same([text, finish, error], ['Hello, world', { finishReason: 'stop' }, undefined], name)
  }
})

t.test('content in another form: a message with more in it than has come before shows that text is lost', async t => {
  const reply = await replier(t)
  const { text, error } = await reply(
    chunkOf('lo') + choiceOf({ message: { content: 'Hello' }, finish_reason: 'stop' })
  )
  t.equal(text, 'lo')
  t.match(error, {
    message: 'the model provider sent a message that has more text than the chunks before it',
    words: 'Hello'
  })
})

t.test('content in another form: of several choices only the first is the answer', async t => {
  const reply = await replier(t)
  const of = (index: unknown, content: string, finish_reason: string | null = null) => ({
    index,
    delta: { content },
    finish_reason
  })
  const bodies: Record<string, object[][]> = {
    'each in a chunk of its own': [[of(1, 'x')], [of(0, 'a')], [of(1, 'y', 'length')], [of(0, 'b', 'stop')]],
    'together in each chunk': [
      [of(1, 'x'), of(0, 'a')],
      [of(0, 'b', 'stop'), of(1, 'y', 'error')]
    ],
    'without numbers': [[of(undefined, 'a')], [of(null, 'b', 'stop')]],
    'with numbers as text': [[of('0', 'a')], [of('0', 'b', 'stop')]]
  }
  for (const [name, chunks] of Object.entries(bodies)) {
    const { text, finish, error } = await reply(chunks.map(choices => dataOf({ choices })).join('') + DONE)
    t.same([text, finish, error], ['ab', { finishReason: 'stop' }, undefined], name)
  }
})

t.test('content in another form: any of them, in any order', async t => {
  t.comment(`SEED=${seed}`)
  const random = new Random(seed)
  const reply = await replier(t)
  for (let round = 0; round < 100; round++) {
    const picked = Array.from({ length: random.below(10) }, () => random.pick(contents))
    const { text, finish } = await reply(picked.map(([content]) => chunkOf(content)).join('') + STOP + DONE)
    t.same([text, finish?.finishReason], [picked.map(([, text]) => text).join(''), 'stop'], `round ${round}`)
  }
})

/** Answers of which no text can be read, though they have some. */
const unread: Record<string, string> = {
  'text in the delta': choiceOf({ delta: { text: 'Hello' } }),
  'parts in the delta': choiceOf({ delta: { parts: [{ text: 'Hello' }] } }),
  'any other field in the delta': choiceOf({ delta: { content: '', something: { new: ['Hello'] } } }),
  'audio in the delta': choiceOf({ delta: { audio: { id: 'a', transcript: 'Hello' } } }),
  'images in the delta': choiceOf({ delta: { content: '', images: [{ image_url: { url: 'data:,' } }] } }),
  'text in the message': choiceOf({ message: { text: 'Hello' } }),
  'content in the choice': choiceOf({ index: 0, content: 'Hello' }),
  'messages in the choice': choiceOf({ messages: [{ sender_type: 'BOT', text: 'Hello' }] }),
  'a delta without choices': dataOf({ delta: { content: 'Hello' } }),
  'a response without choices': dataOf({ response: 'Hello' }),
  'a text beside the choices': dataOf({ choices: [], output: { text: 'Hello' } })
}

t.test('content in another place: an answer that has no other is an error', async t => {
  const reply = await replier(t)
  for (const [name, body] of Object.entries(unread)) {
    for (const end of [STOP + DONE, endOf('length'), endOf(7.5) + DONE]) {
      const { finish, error } = await reply(body + end)
      t.equal(finish, undefined, name)
      t.match(error, { status: 502, message: 'the model provider sent content in a place where it is not read' }, name)
      t.match(error?.words, /Hello|data:,/)
    }
    const thought = await reply(choiceOf({ delta: { reasoning: 'hm' } }) + body + STOP + DONE)
    t.equal(thought.error?.status, 502, 'thoughts are no answer')
    t.match((await reply(body + endOf('content_filter'))).finish, { finishReason: 'content_filter' })
  }
})

t.test('content in another place: beside text it is a warning', async t => {
  const reply = await replier(t)
  for (const [name, body] of Object.entries(unread)) {
    const { text, finish, lines } = await reply(chunkOf('a') + body + body + chunkOf('b') + STOP + DONE, {
      apiKey: 'Hello'
    })
    t.same([text, finish], ['ab', { finishReason: 'stop' }], name)
    const warnings = lines.filter(([level]) => level === 'warn')
    t.equal(warnings.length, 1, name)
    t.match(warnings[0]?.[1], 'the model provider sent content in a place where it is not read')
    t.match(JSON.stringify(warnings[0]?.[2]), name.startsWith('images') ? 'data:' : '[key]')
  }
})

t.test('content in another place: what an answer says about itself is none', async t => {
  const reply = await replier(t)
  for (const delta of [
    { role: 'assistant', name: 'bot', id: 'msg_1', content: '' },
    { content: '', annotations: [{ type: 'url_citation', url_citation: { url: 'https://example.com' } }] },
    { content: '', extra_content: { google: { thought_signature: 'c2ln' } } },
    { content: null, something: { type: 'new', id: 'x', count: 7, list: [], deep: [[[[[['too deep']]]]]] } },
    { content: '', something: 7, other: true, more: '' }
  ]) {
    const { finish, lines } = await reply(choiceOf({ delta }) + STOP + DONE)
    t.same([finish, lines], [{ finishReason: 'stop' }, []], JSON.stringify(delta))
  }
})
