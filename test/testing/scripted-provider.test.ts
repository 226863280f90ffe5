import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { scriptedProvider } from '../../testing/index.js'

async function start(t: Test) {
  const provider = await scriptedProvider()
  t.teardown(() => provider.close())
  const openai = new OpenAI({ baseURL: provider.url, apiKey: 'a key', maxRetries: 0 })
  return { provider, openai }
}

const model = 'any model'
const messages = [{ role: 'user' as const, content: 'Hi' }]

t.test('streams to the SDK of OpenAI what the test gives it', async t => {
  const { provider, openai } = await start(t)
  provider.give('Hello')
  const stream = await openai.chat.completions.create({ model, messages, stream: true })
  provider.give(' world', { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{}' })
  provider.end({ finishReason: 'tool_calls' })
  let text = ''
  const names: unknown[] = []
  let reason: unknown
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? ''
    for (const call of choices[0]?.delta.tool_calls ?? []) names.push(call.function?.name)
    reason = choices[0]?.finish_reason ?? reason
  }
  t.equal(text, 'Hello world')
  t.strictSame(names.filter(Boolean), ['weather'])
  t.equal(reason, 'tool_calls')
  const [request] = provider.requests
  t.match(request?.asked, { model, messages: [{ role: 'user', content: 'Hi' }] })
  t.match(request?.body, { stream: true })
  t.equal(request?.headers.authorization, 'Bearer a key')
  t.equal(request?.url, '/v1/chat/completions')
})

t.test('answers whole where the client does not stream', async t => {
  const { provider, openai } = await start(t)
  provider.give('Hello')
  provider.end({ finishReason: 'length', usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } })
  const { choices, usage } = await openai.chat.completions.create({ model, messages })
  t.match(choices, [{ message: { content: 'Hello' }, finish_reason: 'length' }])
  t.match(usage, { prompt_tokens: 1, completion_tokens: 2 })
  provider.give('Again')
  provider.end({ finishReason: 'stop' })
  t.equal((await openai.responses.create({ model, input: 'Hi' })).output_text, 'Again')
})

t.test('refuses and breaks off as it is told', async t => {
  const { provider, openai } = await start(t)
  provider.fail(Object.assign(new Error('slow down'), { statusCode: 429 }))
  const refused = await openai.chat.completions.create({ model, messages, stream: true }).catch(error => error)
  t.equal(refused.status, 429)
  provider.give('a')
  const stream = await openai.chat.completions.create({ model, messages, stream: true })
  provider.fail(new Error('no more'))
  const read = async () => {
    for await (const { choices } of stream) t.type(choices, Array)
  }
  t.ok((await read().catch(error => error)) instanceof OpenAI.APIError)
})

t.test('knows when the client has left', async t => {
  const { provider, openai } = await start(t)
  provider.give('a')
  const stream = await openai.chat.completions.create({ model, messages, stream: true })
  stream.controller.abort()
  const run = await provider.run()
  await run.over
  t.equal(run.signal.reason?.reason, 'left')
})

t.test('speaks the API of Anthropic, too', async t => {
  const { provider } = await start(t)
  const anthropic = new Anthropic({ baseURL: provider.origin, apiKey: 'a key', maxRetries: 0 })
  provider.give('Hello')
  provider.end({ finishReason: 'stop' })
  const { content } = await anthropic.messages.create({ model, max_tokens: 10, messages })
  t.match(content, [{ type: 'text', text: 'Hello' }])
})

t.test('closes while it answers', async t => {
  const { provider, openai } = await start(t)
  provider.give('a')
  const stream = await openai.chat.completions.create({ model, messages, stream: true })
  const read = async () => {
    for await (const { choices } of stream) t.type(choices, Array)
  }
  const reading = t.rejects(read())
  await provider.close()
  await reading
})
