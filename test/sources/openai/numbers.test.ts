import t from 'tap'
import { choiceOf, chunkOf, DONE, dataOf, replier, STOP } from './harness.js'

const counts = (promptTokens: number, completionTokens: number, totalTokens = promptTokens + completionTokens) => ({
  promptTokens,
  completionTokens,
  totalTokens
})

t.test('numbers: usage as it is, and with what can be added to it', async t => {
  const reply = await replier(t)
  const usages: [usage: unknown, expected: object | undefined][] = [
    [{ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }, counts(3, 2)],
    [{ prompt_tokens: 3, completion_tokens: 2 }, counts(3, 2)],
    [{ prompt_tokens: 3, total_tokens: 5 }, counts(3, 2)],
    [{ completion_tokens: 2, total_tokens: 5 }, counts(3, 2)],
    [{ prompt_tokens: 3, completion_tokens: 2, total_tokens: 9, reasoning_tokens: 4 }, counts(3, 2, 9)],
    [{ prompt_tokens: '3', completion_tokens: '2', total_tokens: null }, counts(3, 2)],
    [{ input_tokens: 3, output_tokens: 2 }, counts(3, 2)],
    [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, counts(0, 0)],
    [{ prompt_tokens: 3, completion_tokens: null, total_tokens: null }, undefined],
    [{ total_tokens: 5 }, undefined],
    [{ prompt_tokens: 3, total_tokens: 2 }, undefined],
    [{ prompt_tokens: 3.5, completion_tokens: 2 }, undefined],
    [{ prompt_tokens: -1, completion_tokens: 2 }, undefined],
    [{ prompt_tokens: true, completion_tokens: [2] }, undefined],
    [{ prompt_tokens: '1e3', completion_tokens: ' 2' }, undefined],
    [{}, undefined],
    [[1, 2], undefined],
    ['5', undefined],
    [42, undefined],
    [null, undefined]
  ]
  for (const [usage, expected] of usages) {
    const places: Record<string, string> = {
      'in a chunk of its own': STOP + dataOf({ choices: [], usage }),
      'beside the reason': dataOf({ choices: [{ delta: {}, finish_reason: 'stop' }], usage }),
      'in the choice': choiceOf({ delta: {}, finish_reason: 'stop', usage }),
      'of Groq': dataOf({ choices: [{ delta: {}, finish_reason: 'stop' }], x_groq: { id: 'r', usage } })
    }
    for (const [place, body] of Object.entries(places)) {
      const { finish, error } = await reply(chunkOf('a') + body + DONE)
      t.same([finish?.usage, error], [expected, undefined], `${JSON.stringify(usage)} ${place}`)
    }
  }
})

t.test('numbers: the last usage that says something', async t => {
  const reply = await replier(t)
  const usageOf = (prompt_tokens: unknown, completion_tokens: unknown) =>
    dataOf({ choices: [], usage: { prompt_tokens, completion_tokens } })
  const bodies: [string, object][] = [
    [usageOf(3, 1) + usageOf(3, 2), counts(3, 2)],
    [usageOf(3, 2) + usageOf(0, 0), counts(3, 2)],
    [usageOf(0, 0) + usageOf(3, 2), counts(3, 2)],
    [usageOf(3, 2) + usageOf(3, null), counts(3, 2)],
    [usageOf(3, 2) + dataOf({ choices: [], usage: null }), counts(3, 2)]
  ]
  for (const [body, expected] of bodies) t.same((await reply(body + STOP + DONE)).finish?.usage, expected, body)
})
