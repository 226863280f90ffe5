import t from 'tap'
import { FewValues, kindOf } from '../../otel/labels.js'
import { tokensIn } from '../../otel/tokens.js'

t.test('the kind of an error is its code or its class, whatever was thrown', async t => {
  t.equal(kindOf(Object.assign(new Error('m'), { code: 'ECONNRESET' })), 'ECONNRESET')
  t.equal(kindOf(Object.assign(new TypeError('m'), { code: 'the prompt of a user' })), 'TypeError')
  t.equal(kindOf(Object.assign(new TypeError('m'), { code: 5 })), 'TypeError')
  t.equal(kindOf('a text'), '_OTHER')
  t.equal(kindOf(undefined), '_OTHER')
})

t.test('an attribute has a hundred values, none of them long', async t => {
  const values = new FewValues()
  t.equal(values.of('x'.repeat(201)), '_OTHER')
  for (let n = 0; n < 100; n++) t.equal(values.of(`${n}`), `${n}`)
  t.equal(values.of('100'), '_OTHER')
  t.equal(values.of('7'), '7')
})

t.test('the tokens of every provider are found', async t => {
  for (const usage of [
    { promptTokens: 1, completionTokens: 2 },
    { inputTokens: 1, outputTokens: 2 },
    { prompt_tokens: 1, completion_tokens: 2 },
    { input_tokens: 1, output_tokens: 2 },
    { promptTokenCount: 1, candidatesTokenCount: 2 },
    { prompt_eval_count: 1, eval_count: 2 }
  ]) {
    t.strictSame(tokensIn(usage), { input: 1, output: 2 })
  }
  t.strictSame(tokensIn({ input_tokens: '1', output_tokens: -1 }), { input: undefined, output: undefined })
  t.strictSame(tokensIn(undefined), { input: undefined, output: undefined })
})
