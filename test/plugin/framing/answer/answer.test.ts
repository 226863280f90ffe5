import t from 'tap'
import { type AnswerPart, AnswerParts, finishOf, finishWord, finishWords, partOf } from '../../../../plugin/toolkit.js'

t.test('joins text to text, reasoning to reasoning up to its signature, and the pieces of a call', t => {
  const answer = new AnswerParts()
  const given: AnswerPart[] = [
    '',
    { type: 'reasoning', text: 'a' },
    { type: 'reasoning', text: 'b', signature: '1' },
    { type: 'reasoning', text: 'c' },
    { type: 'reasoning', text: '', encrypted: '2' },
    { type: 'reasoning', text: '', encrypted: '3' },
    'd',
    { type: 'text', text: 'e' },
    { type: 'tool-call', id: '1', name: 'f', arguments: '{' },
    { type: 'tool-call', id: '1', name: 'f', arguments: '}', extra: { a: 1 } },
    { type: 'tool-call', id: '1', name: 'f', arguments: '', extra: { b: 2 } },
    '',
    'g',
    { type: 'refusal', text: 'h' }
  ]
  for (const part of given) answer.add(part)
  t.same(answer.parts, [
    { type: 'reasoning', text: 'ab', signature: '1' },
    { type: 'reasoning', text: 'c', encrypted: '2' },
    { type: 'reasoning', text: '', encrypted: '3' },
    { type: 'text', text: 'de' },
    { type: 'tool-call', id: '1', name: 'f', arguments: '{}', extra: { a: 1, b: 2 } },
    { type: 'text', text: 'g' },
    { type: 'refusal', text: 'h' }
  ])
  t.same([answer.text, answer.reasoning, answer.refusal, answer.toolCalls.length], ['deg', 'abc', 'h', 1])
  t.same(given[1], { type: 'reasoning', text: 'a' }, 'what was given stays as it is')
  t.end()
})

t.test('refuses what is not a part of an answer, and says what would be right', t => {
  for (const [item, message] of [
    [null, /must be a string, or an object with the type text, reasoning, tool-call, refusal, but it is null/],
    [5, /but it is a number/],
    [{ type: 'video' }, /but it is an object/],
    [{ type: 'constructor' }, /but it is an object/],
    [{ type: 'text' }, /a part with the type text: text is missing, it takes a string/],
    [{ type: 'tool-call', id: '', name: 'a', arguments: '' }, /id takes a string that is not empty/],
    [{ type: 'text', text: 'a', more: 1 }, /more is unknown; known are type, text/]
  ] as const) {
    t.throws(() => partOf(item), { code: 'FST_SSE_EVENT_INVALID', message })
  }
  t.end()
})

t.test('a Finish has the details of its usage, and nothing that is not declared', t => {
  const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
  for (const details of [{}, { cachedPromptTokens: 1 }, { reasoningTokens: 2 }]) {
    const finish = { finishReason: 'stop', usage: { ...usage, ...details } }
    t.same(finishOf({ ...finish, more: 1 }), finish)
  }
  t.end()
})

t.test('clients call tools only if the reason says so', t => {
  t.equal(finishWord(finishWords.chat, 'stop', true), 'tool_calls')
  t.equal(finishWord(finishWords.anthropic, 'unknown', true), 'tool_use')
  t.equal(finishWord(finishWords['ai-sdk'], 'length', true), 'length')
  t.equal(finishWord(finishWords.responses, 'length', false), 'max_output_tokens')
  t.end()
})
