import t from 'tap'
import { choiceOf, DONE, dataOf, replier, STOP } from './harness.js'

const delta = (fields: object) => choiceOf({ delta: fields })
const end = choiceOf({ delta: {}, finish_reason: 'tool_calls' }) + DONE

/** A piece of a call of a tool as OpenAI sends it. */
const piece = (index: number | undefined, id: string | undefined, name: string | undefined, args: unknown) => ({
  index,
  id,
  type: 'function',
  function: { name, arguments: args }
})
const calls = (...pieces: object[]) => delta({ tool_calls: pieces })
const part = (id: string | RegExp, name: string, args: string) => ({ type: 'tool-call', id, name, arguments: args })

const streams: Record<string, [body: string, parts: unknown[]]> = {
  'OpenAI: the id and name once, the arguments in pieces': [
    calls(piece(0, 'a', 'f', '')) +
      calls(piece(0, undefined, undefined, '{"x"')) +
      calls(piece(0, undefined, undefined, ':1}')),
    [part('a', 'f', ''), part('a', 'f', '{"x"'), part('a', 'f', ':1}')]
  ],
  'two calls at once, interleaved': [
    calls(piece(0, 'a', 'f', ''), piece(1, 'b', 'g', '')) +
      calls(piece(1, undefined, undefined, '{}')) +
      calls(piece(0, undefined, undefined, '{}')),
    [part('a', 'f', ''), part('b', 'g', ''), part('b', 'g', '{}'), part('a', 'f', '{}')]
  ],
  'Gemini: each call whole, all with the same index': [
    calls(piece(0, 'a', 'f', '{}')) + calls(piece(0, 'b', 'f', '{"x":1}')),
    [part('a', 'f', '{}'), part('b', 'f', '{"x":1}')]
  ],
  'no index': [
    calls(piece(undefined, 'a', 'f', '{')) + calls(piece(undefined, undefined, undefined, '}')),
    [part('a', 'f', '{'), part('a', 'f', '}')]
  ],
  'no index, and the id and name with every piece': [
    calls(piece(undefined, 'a', 'f', '{')) +
      calls(piece(undefined, 'a', 'f', '}')) +
      calls(piece(undefined, 'b', 'g', '{}')),
    [part('a', 'f', '{'), part('a', 'f', '}'), part('b', 'g', '{}')]
  ],
  'no id': [calls(piece(0, '', 'f', '{}')), [part(/^call_.+/, 'f', '{}')]],
  'arguments as an object': [calls(piece(0, 'a', 'f', { x: 1 })), [part('a', 'f', '{"x":1}')]],
  'no arguments': [
    calls(piece(0, 'a', 'f', null)) + calls(piece(0, 'a', 'f', undefined)),
    [part('a', 'f', ''), part('a', 'f', '{}')]
  ],
  'the name after the arguments': [
    calls(piece(0, 'a', undefined, '{')) + calls(piece(0, 'a', 'f', '}')),
    [part('a', 'f', '{}')]
  ],
  'fields without `function`': [calls({ index: 0, id: 'a', name: 'f', arguments: '{}' }), [part('a', 'f', '{}')]],
  'one call that is no list': [delta({ tool_calls: piece(0, 'a', 'f', '{}') }), [part('a', 'f', '{}')]],
  'the older function_call': [
    delta({ function_call: { name: 'f', arguments: '{' } }) + delta({ function_call: { arguments: '}' } }),
    [part(/^call_.+/, 'f', '{'), part(/^call_.+/, 'f', '}')]
  ],
  'a whole message': [
    choiceOf({ message: { content: null, tool_calls: [piece(undefined, 'a', 'f', '{}')] } }),
    [part('a', 'f', '{}')]
  ],
  'deltas, and the whole message at the end': [
    delta({ reasoning_content: 'hm' }) +
      delta({ refusal: 'no' }) +
      calls(piece(0, 'a', 'f', '{}')) +
      choiceOf({
        message: { content: '', reasoning_content: 'hm', refusal: 'no', tool_calls: [piece(0, 'a', 'f', '{}')] }
      }),
    [{ type: 'reasoning', text: 'hm' }, { type: 'refusal', text: 'no' }, part('a', 'f', '{}')]
  ],
  'text and a call in one chunk': [
    delta({ content: 'a', reasoning: 'hm', refusal: 'no', tool_calls: [piece(0, 'a', 'f', '{}')] }),
    [{ type: 'reasoning', text: 'hm' }, 'a', { type: 'refusal', text: 'no' }, part('a', 'f', '{}')]
  ]
}

for (const [name, [body, parts]] of Object.entries(streams)) {
  t.test(`calls of tools in another form: ${name}`, async t => {
    const reply = await replier(t)
    const outcome = await reply(body + end)
    t.match(outcome.parts, parts)
    t.equal(outcome.parts.length, parts.length)
    t.same(outcome.finish, { finishReason: 'tool_calls' })
    const ids = outcome.parts.map(part => (typeof part === 'object' && 'id' in part ? part.id : ''))
    if (name.startsWith('the older')) t.equal(ids[0], ids[1])
  })
}

t.test('a call of a tool whose name never comes is an error', async t => {
  const reply = await replier(t)
  const { error, finish } = await reply(calls(piece(0, 'a', undefined, '{}')) + end)
  t.equal(finish, undefined)
  t.match(error, { status: 502, message: /a call of a tool without its name/ })
})

t.test('reasoning, whatever its form', async t => {
  const reply = await replier(t)
  for (const fields of [
    { reasoning_content: 'hm' },
    { reasoning: 'hm' },
    { reasoning_content: 'hm', reasoning: 'hm' },
    { reasoning: { content: 'hm' } },
    { reasoning_content: '', reasoning: 'hm' },
    { reasoning_content: null, reasoning: '', thinking: 'hm' },
    { reasoning_content: [], reasoning_text: 'hm' },
    { reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: null, index: 0 }] },
    { reasoning: null, reasoning_details: [{ type: 'reasoning.summary', summary: 'hm' }] },
    { reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] },
    {
      reasoning_details: [
        { type: 'reasoning.encrypted', data: 'eA==' },
        { type: 'reasoning.text', text: 'hm' }
      ]
    },
    { content: [{ thinking: 'hm' }] },
    { content: '', thinking: 'hm' },
    { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] },
    { content: [{ type: 'reasoning', text: 'hm' }] },
    { content: [{ type: 'reasoning', reasoning: 'hm' }] },
    { content: [{ type: 'thinking', content: 'hm' }] }
  ]) {
    const { parts } = await reply(delta(fields) + delta({ content: 'a' }) + STOP + DONE)
    t.same(parts, [{ type: 'reasoning', text: 'hm' }, 'a'], JSON.stringify(fields))
  }
})

t.test('the usage has its details', async t => {
  const reply = await replier(t)
  const usage = {
    prompt_tokens: 3,
    completion_tokens: 2,
    total_tokens: 5,
    prompt_tokens_details: { cached_tokens: 1 },
    completion_tokens_details: { reasoning_tokens: 2 }
  }
  const { finish } = await reply(STOP + dataOf({ choices: [], usage }) + DONE)
  t.same(finish?.usage, {
    promptTokens: 3,
    completionTokens: 2,
    totalTokens: 5,
    cachedPromptTokens: 1,
    reasoningTokens: 2
  })
})
