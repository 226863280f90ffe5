import t from 'tap'
import { type Chunk, readChunk } from '../../../../sources/openai/answer/chunk/chunk.js'
import { failureOf } from '../../../../sources/openai/answer/chunk/failure.js'
import { RepeatedChunk } from '../../../../sources/openai/answer/chunk/repeated-chunk.js'
import { isObject, jsonOf } from '../../../../sources/openai/answer/chunk/values.js'
import { Random, seed } from '../../../helpers/random.js'
import { recordings } from '../recorded.js'

const chunk = (content: unknown, rest: object = {}, choice: object = {}) =>
  JSON.stringify({ id: 'chatcmpl-1', model: 'm', ...rest, choices: [{ index: 0, delta: { content }, ...choice }] })

/** Knows a chunk. */
function knowing(data: string, text: string): RepeatedChunk {
  const repeated = new RepeatedChunk()
  repeated.learn(data, text)
  return repeated
}

t.test('reads the text of a chunk that differs in nothing else', async t => {
  const repeated = knowing(chunk('Hello'), 'Hello')
  for (const text of [' world', 'x', 'fastify-sse-from', 'Grüße 👋🏽', '{}', ' ', '\u2028']) {
    t.equal(repeated.textOf(chunk(text)), text)
  }
})

t.test('leaves every other chunk to be parsed', async t => {
  const repeated = knowing(chunk('Hello'), 'Hello')
  for (const data of [
    chunk(''),
    chunk('"'),
    chunk('\\'),
    chunk('\n'),
    chunk('\ud83d'),
    chunk(null),
    chunk(1),
    chunk('a', { id: 'chatcmpl-2' }),
    chunk('a', { usage: { prompt_tokens: 1, completion_tokens: 1 } }),
    chunk('a', {}, { finish_reason: 'stop' }),
    chunk('a').slice(0, -1),
    chunk('a').slice(1),
    `${chunk('a')}\n${chunk('b')}`,
    '"}}]}',
    'a',
    ''
  ]) {
    t.equal(repeated.textOf(data), undefined, data)
  }
})

t.test('knows nothing at first, and learns from no chunk that says more than its text', async t => {
  t.equal(new RepeatedChunk().textOf(chunk('a')), undefined)
  for (const [data, text] of [
    [chunk('a', { usage: { prompt_tokens: 1, completion_tokens: 1 } }), 'a'],
    [chunk('a', {}, { finish_reason: 'stop' }), 'a'],
    [chunk('a', { error: { message: 'overloaded' } }), 'a'],
    [chunk('a', {}, { delta: { content: 'a', reasoning_content: 'b' } }), 'a'],
    [
      chunk('a', {}, { delta: { content: 'a', tool_calls: [{ id: '1', function: { name: 'f', arguments: '' } }] } }),
      'a'
    ],
    [`[${chunk('a')}]`, 'a'],
    [`${chunk('a')}\n${chunk('a')}`, 'a'],
    [chunk('"'), '"'],
    [chunk(''), ''],
    [chunk(7), '7']
  ] as const) {
    const repeated = knowing(data, text)
    t.equal(repeated.textOf(data), undefined, data)
    t.equal(repeated.textOf(data.replaceAll('"a"', '"b"')), undefined, data)
  }
})

t.test('learns from a text that other fields have too', async t => {
  const same = (text: string) => JSON.stringify({ id: 'a', choices: [{ delta: { content: text } }], model: 'm' })
  t.equal(knowing(same('a'), 'a').textOf(same('b')), 'b')
  t.equal(knowing(same('content'), 'content').textOf(same('b')), 'b')
  // The last place is not that of the text, so it is not taken for it.
  t.equal(knowing(same('m'), 'm').textOf(same('b')), undefined)
})

t.test('stops learning when no chunk repeats an earlier one', async t => {
  const repeated = new RepeatedChunk()
  for (let id = 0; id < 4; id++) repeated.learn(chunk('a', { id }), 'a')
  repeated.learn(chunk('a', { id: 'last' }), 'a')
  t.equal(repeated.textOf(chunk('b', { id: 'last' })), undefined)
  t.equal(repeated.textOf(chunk('b', { id: 3 })), 'b')
  repeated.learn(chunk('a', { id: 'next' }), 'a')
  t.equal(repeated.textOf(chunk('b', { id: 'next' })), 'b', 'but goes on once one did')
})

t.test(`agrees with what is parsed, whatever it has learned (SEED=${seed})`, async t => {
  const random = new Random(seed)
  const all = recordings.flatMap(({ body }) => body.split(/\r?\n/).map(line => line.replace(/^data: ?/, '')))
  const edit = (data: string) => {
    const at = random.below(data.length + 1)
    return data.slice(0, at) + random.pick(['', 'x', '"', '\\', '}', ',', '7']) + data.slice(at + random.below(3))
  }
  let read = 0
  for (let round = 0; round < 20_000; round++) {
    const learned = random.pick(all)
    const object = jsonOf(learned)
    const known = isObject(object) ? readChunk(object) : undefined
    const repeated = knowing(learned, known?.first.text ?? random.pick(['a', 'id']))
    const data = random.chance(0.5) ? edit(learned) : edit(random.pick(all))
    const text = repeated.textOf(data)
    if (text === undefined) continue
    read++
    const parsed = jsonOf(data)
    const silent = readChunk({ choices: [{}] }) as Chunk
    const expected = { ...silent, first: { ...silent.first, text } }
    if (!isObject(parsed) || failureOf(parsed) !== undefined) t.fail(`"${data}" after "${learned}" is no chunk`)
    else t.strictSame(readChunk(parsed), expected)
  }
  t.ok(read > 100, `${read} were read without being parsed`)
})
