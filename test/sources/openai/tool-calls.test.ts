import t from 'tap'
import type { AnswerPart } from '../../../routes/index.js'
import { choiceOf, chunkOf, DONE, dataOf, endOf, type Outcome, replier, STOP } from './harness.js'

type Fields = Record<string, unknown>

const delta = (fields: object) => choiceOf({ delta: fields })
const pieces = (...calls: unknown[]) => delta({ tool_calls: calls })
/** A piece of a call. What is `undefined` is not sent. */
const piece = (name: unknown, args: unknown, rest: Fields = {}) => ({ ...rest, function: { name, arguments: args } })
const CALLS = endOf('tool_calls')

/** The calls of an answer, joined as clients do: `name arguments`. */
function callsOf({ parts }: { parts: AnswerPart[] }): string[] {
  const calls = new Map<string, { name: string; args: string }>()
  for (const part of parts) {
    if (typeof part === 'string' || part.type !== 'tool-call') continue
    const call = calls.get(part.id) ?? { name: part.name, args: '' }
    calls.set(part.id, { ...call, args: call.args + part.arguments })
  }
  return [...calls.values()].map(({ name, args }) => `${name} ${args}`)
}

const idsOf = ({ parts }: Outcome) => [
  ...new Set(parts.flatMap(part => (typeof part === 'object' && 'id' in part ? [part.id] : [])))
]

/** Each kind has several inputs, and the calls that they are. */
function kind(title: string, inputs: Record<string, [body: string, calls: string[]]>) {
  t.test(`calls of tools: ${title}`, async t => {
    const reply = await replier(t)
    for (const [name, [body, calls]] of Object.entries(inputs)) {
      const outcome = await reply(body + CALLS + DONE)
      t.same([callsOf(outcome), outcome.error], [calls, undefined], name)
      t.same(outcome.finish, { finishReason: 'tool_calls' }, name)
    }
  })
}

const two = ['f {"a":1}', 'g {"b":2}']
const same = ['f {"a":1}', 'f {"a":2}']

kind('two pieces with a name are two calls, without ids that tell them apart', {
  'in one list, with nothing else': [pieces(piece('f', '{"a":1}'), piece('g', '{"b":2}')), two],
  'in one list, of the same tool': [pieces(piece('f', '{"a":1}'), piece('f', '{"a":2}')), same],
  'in one list, with objects': [pieces(piece('f', { a: 1 }), piece('f', { a: 2 })), same],
  'in one list, without arguments': [pieces(piece('f', ''), piece('f', '')), ['f {}', 'f {}']],
  'one after the other': [pieces(piece('f', '{"a":1}')) + pieces(piece('g', '{"b":2}')), two],
  'one after the other, of the same tool': [pieces(piece('f', '{"a":1}')) + pieces(piece('f', '{"a":2}')), same],
  'one after the other, streamed': [
    pieces(piece('f', '')) +
      pieces(piece(undefined, '{"a"')) +
      pieces(piece(undefined, ':1}')) +
      pieces(piece('f', '')) +
      pieces(piece(undefined, '{"a":2}')),
    same
  ],
  'empty ids and one index': [
    pieces(piece('f', '{"a":1}', { index: 0, id: '' })) + pieces(piece('g', '{"b":2}', { index: 0, id: '' })),
    two
  ],
  'empty ids and one index, of the same tool': [
    pieces(piece('f', '{"a":1}', { index: 0, id: '' }), piece('f', '{"a":2}', { index: 0, id: '' })),
    same
  ],
  'empty ids and one index, streamed': [
    pieces(piece('f', '', { index: 0 })) +
      pieces(piece(undefined, '{"a":1}', { index: 0 })) +
      pieces(piece('f', '', { index: 0 })) +
      pieces(piece(undefined, '{"a":2}', { index: 0 })),
    same
  ],
  'empty ids and one index, without arguments': [
    pieces(piece('f', '', { index: 0 }), piece('f', '', { index: 0 })),
    ['f {}', 'f {}']
  ],
  'one id for both, and an index': [
    pieces(piece('f', '{"a":1}', { index: 0, id: 'x' }), piece('g', '{"b":2}', { index: 1, id: 'x' })),
    two
  ],
  'one id for both, streamed by their index': [
    pieces(piece('f', '', { index: 0, id: 'x' }), piece('f', '', { index: 1, id: 'x' })) +
      pieces(piece(undefined, '{"a":2}', { index: 1, id: 'x' })) +
      pieces(piece(undefined, '{"a":1}', { index: 0, id: 'x' })),
    same
  ],
  'one id for both, and no index': [
    pieces(piece('f', '{"a":1}', { id: 'f' })) + pieces(piece('f', '{"a":2}', { id: 'f' })),
    same
  ],
  'pieces of both in each list, by their place in it': [
    pieces(piece('f', '{"a"'), piece('g', '{"b"')) + pieces(piece(undefined, ':1}'), piece(undefined, ':2}')),
    two
  ],
  'indexes that are text': [
    pieces(piece('f', '{"a"', { index: '0', id: 'a' })) +
      pieces(piece('g', '{"b"', { index: '1', id: 'b' })) +
      pieces(piece(undefined, ':1}', { index: '0' })) +
      pieces(piece(undefined, ':2}', { index: '1' })),
    two
  ],
  'indexes that are none': [
    pieces(piece('f', '{"a":1}', { index: -1 })) + pieces(piece('g', '{"b":2}', { index: null })),
    two
  ],
  'calls that are an object': [
    delta({ tool_calls: { 0: piece('f', '{"a":1}', { id: 'a' }), 1: piece('g', '{"b":2}', { id: 'b' }) } }),
    two
  ]
})

kind('a name that is repeated with each piece', {
  'with id and index': [
    pieces(piece('f', '{"a"', { index: 0, id: 'a' })) + pieces(piece('f', ':1}', { index: 0, id: 'a' })),
    ['f {"a":1}']
  ],
  'with an empty piece at its end': [
    pieces(piece('f', '{"a":1}', { index: 0, id: 'a' })) + pieces(piece('f', '', { index: 0, id: 'a' })),
    ['f {"a":1}']
  ],
  'with an index, and an empty piece at its end': [
    pieces(piece('f', '{"a":1}', { index: 0 })) + pieces(piece('f', '', { index: 0 })),
    ['f {"a":1}']
  ],
  'with an index': [
    pieces(piece('f', '', { index: 0 })) +
      pieces(piece('f', '{"a"', { index: 0 })) +
      pieces(piece('f', ':1}', { index: 0 })),
    ['f {"a":1}']
  ],
  'with nothing else': [pieces(piece('f', '{"a"')) + pieces(piece('f', ':1}')), ['f {"a":1}']],
  'with the whole call once more': [
    pieces(piece('f', '{"a":1}', { index: 0, id: 'a' })) + pieces(piece('f', '{"a":1}', { index: 0, id: 'a' })),
    ['f {"a":1}']
  ]
})

kind('a piece without a name goes on with a call', {
  'with another id each time': [
    pieces(piece('f', '', { index: 0, id: 'a' })) +
      pieces(piece(null, '{"a"', { index: 0, id: 'b' })) +
      pieces(piece('', ':1}', { index: 0, id: 'c' })),
    ['f {"a":1}']
  ],
  'with another id and no index': [
    pieces(piece('f', '{"a"', { id: 'a' })) + pieces(piece(undefined, ':1}', { id: 'b' })),
    ['f {"a":1}']
  ],
  'with another id and another index': [
    pieces(piece('f', '{"a"', { index: 0, id: 'a' })) + pieces(piece(undefined, ':1}', { index: 1, id: 'b' })),
    ['f {"a":1}']
  ],
  'by its id, in turns': [
    pieces(piece('f', '{"a"', { id: 'a' })) +
      pieces(piece('g', '{"b"', { id: 'b' })) +
      pieces(piece(undefined, ':1}', { id: 'a' })) +
      pieces(piece(undefined, ':2}', { id: 'b' })),
    two
  ],
  'by its id, in turns, all with the same index': [
    pieces(piece('f', '{"a"', { index: 0, id: 'a' })) +
      pieces(piece('g', '{"b"', { index: 0, id: 'b' })) +
      pieces(piece(undefined, ':1}', { index: 0, id: 'a' })) +
      pieces(piece(undefined, ':2}', { index: 0, id: 'b' })),
    two
  ],
  'by its id, a number': [
    pieces(piece('f', '{"a"', { id: 7 })) +
      pieces(piece('g', '{"b":2}', { id: 8 })) +
      pieces(piece(undefined, ':1}', { id: 7 })),
    two
  ],
  'by its index, with an id that comes late': [
    pieces(piece('f', '{"a"', { index: 0 })) + pieces(piece('f', ':1}', { index: 0, id: 'a' })),
    ['f {"a":1}']
  ],
  'whose name comes after its id': [
    pieces(piece('f', '{"a":1}', { index: 0, id: 'a' })) +
      pieces(piece(undefined, '', { index: 1, id: 'b' })) +
      pieces(piece('g', '{"b":2}', { index: 1, id: 'c' })),
    two
  ],
  'whose name comes after its arguments, after a whole call': [
    pieces(piece('f', '{"a":1}', { index: 0, id: 'a' })) +
      pieces(piece(undefined, '{"b"', { index: 1, id: 'b' })) +
      pieces(piece('g', ':2}', { index: 1, id: 'b' })),
    two
  ]
})

kind('a whole message adds the calls that the chunks before it had not', {
  'with ids': [
    pieces(piece('f', '{"a":1}', { index: 0, id: 'a' })) +
      choiceOf({
        delta: {},
        message: { tool_calls: [piece('f', '{"a": 1}', { id: 'a' }), piece('g', '{"b":2}', { id: 'b' })] }
      }),
    two
  ],
  'without ids': [
    pieces(piece('f', { a: 1 })) +
      choiceOf({ message: { tool_calls: [piece('f', '{ "a": 1 }'), piece('g', '{"b":2}')] } }),
    two
  ],
  'and the rest of their arguments': [
    pieces(piece('f', '{"a"', { id: 'a' })) +
      choiceOf({ message: { tool_calls: [piece('f', '{"a":1}', { id: 'a' })] } }),
    ['f {"a":1}']
  ],
  'at the place of another one': [
    pieces(piece('f', '{"a":1}')) + choiceOf({ message: { tool_calls: [piece('g', '{"b":2}')] } }),
    two
  ],
  'with an id of its own': [
    pieces(piece('f', '{"a":1}', { id: 'a' })) +
      choiceOf({ message: { tool_calls: [piece('f', '{"a":2}', { id: 'b' })] } }),
    same
  ],
  'and the name of one': [
    pieces(piece(undefined, '{"a"', { index: 0, id: 'a' })) +
      choiceOf({ message: { tool_calls: [piece('f', '{"a":1}', { id: 'a' })] } }),
    ['f {"a":1}']
  ],
  'of the same tool, in two choices': [
    dataOf({
      choices: [
        { message: { content: null, tool_calls: [piece('f', '{"a":1}')] } },
        { message: { content: null, tool_calls: [piece('f', '{"a":2}')] } }
      ]
    }),
    same
  ]
})

kind('in another place', {
  'in the choice': [choiceOf({ delta: {}, tool_calls: [piece('f', '{"a":1}'), piece('g', '{"b":2}')] }), two],
  'in the choice, in pieces': [
    choiceOf({ tool_calls: [piece('f', '{"a"', { index: 0 })] }) +
      choiceOf({ tool_calls: [piece(undefined, ':1}', { index: 0 })] }),
    ['f {"a":1}']
  ],
  'in the choice, in the older form': [choiceOf({ function_call: { name: 'f', arguments: '{"a":1}' } }), ['f {"a":1}']],
  'in the message, beside a delta with a role': [
    choiceOf({ delta: { role: 'assistant', content: '' }, message: { tool_calls: [piece('f', '{"a":1}')] } }),
    ['f {"a":1}']
  ],
  'in the message, beside a delta with an empty list': [
    choiceOf({ delta: { content: null, tool_calls: [] }, message: { tool_calls: [piece('f', '{"a":1}')] } }),
    ['f {"a":1}']
  ]
})

t.test('calls of tools: text in one choice and calls in another, both the first', async t => {
  const reply = await replier(t)
  const call = { role: 'assistant', content: null, tool_calls: [piece('f', '{"a":1}', { index: 0, id: 'a' })] }
  for (const index of [{}, { index: 0 }]) {
    for (const form of ['message', 'delta']) {
      const finish_reason = 'tool_calls'
      const choices = [{ [form]: { content: 'I will look.' } }, { [form]: call }]
      const body = { choices: choices.map(choice => ({ ...index, ...choice, finish_reason })) }
      for (const sent of [{ body: dataOf(body) }, { type: 'application/json', body: JSON.stringify(body) }]) {
        const outcome = await reply(sent)
        t.same([outcome.text, callsOf(outcome)], ['I will look.', ['f {"a":1}']], JSON.stringify(body))
        t.same(outcome.finish, { finishReason: finish_reason })
      }
    }
  }
  const texts = await reply(
    dataOf({ choices: [{ message: { content: 'One.' } }, { message: { content: 'Two.' } }] }) + STOP
  )
  t.equal(texts.text, 'One.Two.')
  const split = await reply(
    dataOf({ choices: [{ delta: { content: 'a' } }, { index: 0, delta: { content: 'b' } }] }) + STOP
  )
  t.equal(split.text, 'ab')
})

t.test('calls of tools: arguments that are cut, or no JSON, are an error unless the reason says so', async t => {
  const reply = await replier(t)
  const cut: Record<string, string> = {
    'within an object': pieces(piece('f', '{"a":', { index: 0, id: 'a' })),
    'in the older form': delta({ function_call: { name: 'f', arguments: '{"a"' } }),
    'the first of two': pieces(piece('f', '{"a"', { id: 'a' }), piece('g', '{}', { id: 'b' })),
    'the first of two, with nothing but their names': pieces(piece('f', '{"a"')) + pieces(piece('f', '{"b":2}')),
    'no JSON': pieces(piece('f', 'city=Bonn')),
    'two objects': pieces(piece('f', '{}', { index: 0, id: 'a' })) + pieces(piece(undefined, '{"a":1}', { index: 0 }))
  }
  for (const [name, body] of Object.entries(cut)) {
    for (const end of [CALLS, endOf('function_call'), STOP, endOf('unknown'), endOf(4711), '']) {
      const { finish, error } = await reply(chunkOf('a') + body + end + DONE)
      t.equal(finish, undefined, name)
      t.match(error, { status: 502, message: 'the model provider sent a call of a tool whose arguments are not JSON' })
      t.match(error?.words, /^[fg]: .+/)
    }
    for (const reason of ['length', 'content_filter']) {
      t.same((await reply(body + endOf(reason) + DONE)).finish, { finishReason: reason }, name)
    }
  }
  for (const args of ['', ' ', '{}', '{"a":1} ', '"text"', null]) {
    t.equal((await reply(pieces(piece('f', args)) + CALLS + DONE)).error, undefined, String(args))
  }
})

t.test('calls of tools: one whose name never comes', async t => {
  const reply = await replier(t)
  const message = 'the model provider sent a call of a tool without its name'
  for (const body of [
    pieces(piece(undefined, '{"a":1}', { index: 0, id: 'a' })),
    pieces(piece('', '{"a":1}')),
    delta({ function_call: { arguments: '{"a":1}' } }),
    pieces(piece('f', '{}', { index: 0, id: 'a' })) + pieces(piece(undefined, '{"b"', { index: 1, id: 'b' }))
  ]) {
    for (const end of [CALLS, endOf('function_call'), endOf('unknown'), '']) {
      t.match(await reply(chunkOf('a') + body + end + DONE), { text: 'a', error: { status: 502, message } }, body + end)
    }
    t.match(await reply(chunkOf('a') + body + STOP + DONE), { text: 'a', finish: { finishReason: 'stop' } })
  }
})

t.test('calls of tools: a reason that announces calls, and none', async t => {
  const reply = await replier(t)
  for (const none of [
    '',
    delta({ tool_calls: [] }),
    delta({ tool_calls: ['f'] }),
    pieces(piece(null, '', { index: 0, id: 'a' })),
    pieces({ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: 'text' } })
  ]) {
    for (const word of ['tool_calls', 'TOOL_USE', 'function_call']) {
      const empty = await reply(delta({ reasoning: 'hm' }) + none + endOf(word) + DONE)
      t.match(empty.error, { status: 502, message: 'the model provider announced calls of tools and sent none' }, none)
      t.equal(empty.error?.words, `finish_reason "${word}"`)
      const { text, finish, lines } = await reply(chunkOf('a') + none + endOf(word) + DONE)
      t.same([text, finish], ['a', { finishReason: 'stop' }], none)
      const ending = 'the model provider ended its answer with the finish_reason'
      t.strictSame(lines, [['info', `${ending} "${word}", which is taken for "stop"`]])
    }
  }
  t.match(await reply(delta({ refusal: 'No.' }) + CALLS), { text: 'No.', finish: { finishReason: 'stop' } })
})

t.test('calls of tools: their ids are those of the provider, or one of each kind', async t => {
  const reply = await replier(t)
  const none = await reply(pieces(piece('f', '{}'), piece('g', '{}')) + CALLS)
  t.equal(idsOf(none).length, 2)
  for (const id of idsOf(none)) t.match(id, /^call_[\w-]{36}$/)
  const shared = await reply(
    pieces(piece('f', '{}', { index: 0, id: 'x' }), piece('g', '{}', { index: 1, id: 'x' })) + CALLS
  )
  t.equal(idsOf(shared)[0], 'x')
  t.match(idsOf(shared)[1], /^call_[\w-]{36}$/)
  t.same(idsOf(await reply(pieces(piece('f', '{}', { id: 7 })) + CALLS)), ['7'])
})

t.test('calls of tools: what the provider wants back with them is kept', async t => {
  const reply = await replier(t)
  const google = { extra_content: { google: { thought_signature: 'c2ln' } } }
  const other = { provider_specific_fields: { thought_signature: 'c2ln' }, thought_signature: 'c2ln' }
  for (const extra of [google, other]) {
    const first = await reply(pieces(piece('f', '{}', { id: 'a', ...extra })) + CALLS)
    t.strictSame(first.parts, [{ type: 'tool-call', id: 'a', name: 'f', arguments: '{}', extra }])
    const later = await reply(pieces(piece('f', '{}', { id: 'a' })) + pieces({ id: 'a', ...extra }) + CALLS)
    t.strictSame(later.parts, [
      { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' },
      { type: 'tool-call', id: 'a', name: 'f', arguments: '', extra }
    ])
    const held = await reply(pieces({ id: 'a', index: 0, ...extra }) + pieces(piece('f', '{}', { index: 0 })) + CALLS)
    t.match(held.parts, [{ type: 'tool-call', id: 'a', name: 'f', arguments: '{}', extra }])
  }
  const messages = [
    { role: 'user' as const, content: 'hi' },
    {
      role: 'assistant' as const,
      content: [{ type: 'tool-call' as const, id: 'a', name: 'f', arguments: '{}', extra: google }]
    }
  ]
  const sent = () => {
    const { messages = [] } = (reply.calls.at(-1)?.body ?? {}) as { messages?: { tool_calls?: unknown }[] }
    return messages[1]?.tool_calls
  }
  const plain = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
  await reply(STOP, {}, { messages })
  t.strictSame(sent(), [{ ...google, ...plain }])
  await reply(STOP, {}, { messages, api: 'messages' })
  t.strictSame(sent(), [plain])
})
