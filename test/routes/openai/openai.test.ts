import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, streamText } from 'ai'
import t from 'tap'
import { type Generate, type OpenAiRoutesOptions, openAiRoutes } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { run } from '../../helpers/run.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'
import { api } from './api.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const hello: Generate = async function* () {
  yield 'Hel'
  yield 'lo'
  return { finishReason: 'stop', usage }
}
const messages = [{ role: 'user' as const, content: 'hi' }]
const slowDown = () => Object.assign(new Error('not so fast'), { status: 429, code: 'slow_down' })

t.test('the SDK openai gets a whole answer', async t => {
  const { client } = await api(t, hello)
  const { id, created, ...rest } = await client.chat.completions.create({ model: 'a', messages })
  t.match(id, /^chatcmpl-/)
  t.ok(Math.abs(created - Date.now() / 1000) < 1000)
  t.same(rest, {
    object: 'chat.completion',
    model: 'a',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello', refusal: null },
        logprobs: null,
        finish_reason: 'stop'
      }
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  })
})

t.test('the SDK openai gets each token as soon as generate yields it', async t => {
  const steps = new Steps()
  const { client } = await api(t, async function* () {
    for (const token of ['Hel', 'lo']) {
      await steps.next()
      yield token
    }
    await steps.next()
    return { finishReason: 'length' }
  })
  steps.go()
  const stream = await client.chat.completions.create({ model: 'a', messages, stream: true })
  const choices: unknown[] = []
  for await (const chunk of stream) {
    choices.push(chunk.choices[0])
    steps.go()
  }
  t.match(choices, [
    { delta: { role: 'assistant', content: 'Hel' }, finish_reason: null },
    { delta: { content: 'lo', role: undefined }, finish_reason: null },
    { delta: { content: undefined }, finish_reason: 'length' }
  ])
})

t.test('the usage comes last if the client asks for it', async t => {
  const { post } = await api(t, hello)
  const body = { model: 'a', messages, stream: true }
  const without = (await post(body)).events()
  t.equal(without.at(-1)?.data, '[DONE]')
  t.ok(without.slice(0, -1).every(({ data }) => !('usage' in JSON.parse(data))))
  const chunks = (await post({ ...body, stream_options: { include_usage: true } })).events()
  t.equal(chunks.length, 5)
  t.match(JSON.parse(chunks[0]?.data ?? ''), { usage: null })
  t.match(JSON.parse(chunks[3]?.data ?? ''), { choices: [], usage: { total_tokens: 3 } })
  t.equal(new Set(chunks.slice(0, -1).map(({ data }) => JSON.parse(data).id)).size, 1)
  const unknown = await api(t, async function* () {
    yield* []
    return { finishReason: 'stop' }
  })
  const none = (await unknown.post({ ...body, stream_options: { include_usage: true } })).events()
  t.match(JSON.parse(none[0]?.data ?? ''), { choices: [{ delta: { role: 'assistant' }, finish_reason: 'stop' }] })
  t.match(JSON.parse(none[1]?.data ?? ''), { choices: [], usage: null })
})

t.test('generate gets the conversation, whatever its form', async t => {
  const seen: unknown[] = []
  const { client } = await api(t, async function* (input, { request }) {
    seen.push(input.messages, (request.body as { model: string }).model)
    yield* []
    return { finishReason: 'stop' }
  })
  await client.chat.completions.create({
    model: 'meta/b',
    messages: [
      { role: 'developer', content: 'be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'h' },
          { type: 'text', text: 'i' }
        ],
        name: 'me'
      },
      { role: 'assistant', content: '' }
    ],
    user: 'me',
    n: 1,
    temperature: 1,
    metadata: { a: 'b' }
  })
  t.same(seen, [
    [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hi', name: 'me' },
      { role: 'assistant', content: '' }
    ],
    'meta/b'
  ])
})

t.test('the models are listed, and any other is refused', async t => {
  const { client } = await api(t, hello)
  const ids: string[] = []
  for await (const { id } of client.models.list()) ids.push(id)
  t.same(ids, ['a', 'meta/b'])
  t.match(await client.models.retrieve('a'), { id: 'a', object: 'model' })
  const { baseURL } = client
  t.match(JSON.parse((await fetchAll(`${baseURL}/models/meta/b`)).text()), { id: 'meta/b' })
  const missing = { status: 404, code: 'model_not_found', message: /no such model/ }
  await t.rejects(client.models.retrieve('c'), missing)
  await t.rejects(client.chat.completions.create({ model: 'c', messages }), missing)
})

t.test('the SDK openai throws what fails before, during and at the end of an answer', async t => {
  const { client } = await api(t, async function* ({ messages }) {
    if (messages[0]?.content === 'early') throw Object.assign(slowDown(), { headers: { 'retry-after': '7' } })
    yield 'half of'
    if (messages[0]?.content === 'midway') throw slowDown()
    if (messages[0]?.content === 'number') yield 5 as unknown as string
    return undefined as never
  })
  const ask = (content: string, stream: boolean) =>
    client.chat.completions.create({ model: 'a', messages: [{ role: 'user', content }], stream })
  const read = async (content: string) => {
    const stream = await ask(content, true)
    for await (const chunk of stream as AsyncIterable<object>) t.ok('choices' in chunk)
  }
  for (const stream of [true, false]) {
    const error = await ask('early', stream).then(
      () => undefined,
      error => error
    )
    t.match(error, { status: 429, code: 'slow_down', type: 'rate_limit_error', message: /not so fast/ })
    t.equal(error.headers.get('retry-after'), '7')
  }
  await t.rejects(read('midway'), { code: 'slow_down', type: 'rate_limit_error', message: 'not so fast' })
  await t.rejects(read('number'), { code: 'FST_SSE_EVENT_INVALID' })
  await t.rejects(read('end'), { code: 'FST_SSE_EVENT_INVALID' })
  await t.rejects(ask('end', false), { status: 500, code: 'FST_SSE_EVENT_INVALID' })
})

t.test('a client that leaves stops the source', async t => {
  for (const stream of [true, false]) {
    let signal: AbortSignal | undefined
    const { client } = await api(t, async function* (_input, context) {
      signal = context.signal
      if (stream) yield 'half of'
      await new Promise(() => {})
      return { finishReason: 'stop' }
    })
    const leaving = new AbortController()
    const asked = client.chat.completions.create({ model: 'a', messages, stream }, { signal: leaving.signal })
    asked.catch(() => {})
    await until('the source was started', () => signal)
    if (stream) await asked
    leaving.abort()
    await until('the signal of the source', () => signal?.aborted)
  }
})

/** A program of its own: the loader that compiles the tests cannot find everything that LangChain imports. */
const langchain = `
  import { ChatOpenAI } from '@langchain/openai'
  const configuration = { baseURL: process.argv[1] }
  const model = new ChatOpenAI({ model: 'a', apiKey: 'key', maxRetries: 0, configuration })
  const { content, usage_metadata: { total_tokens: tokens } } = await model.invoke('hi')
  const texts = []
  for await (const { content } of await model.stream('hi')) if (content) texts.push(content)
  console.log(JSON.stringify({ content, tokens, texts }))
`

t.test('ChatOpenAI of LangChain gets whole answers and streams', async t => {
  const { baseURL } = await api(t, hello)
  const newest = process.execArgv.filter(arg => arg.endsWith('/newest.mjs'))
  const program = ['--input-type=module', '--eval', langchain, baseURL]
  const output = await run(process.cwd(), process.execPath, ...newest, ...program)
  t.same(JSON.parse(output), { content: 'Hello', tokens: 3, texts: ['Hel', 'lo'] })
})

t.test("the AI SDK's provider for OpenAI-compatible servers gets whole answers and streams", async t => {
  const { baseURL } = await api(t, hello)
  const model = createOpenAICompatible({ name: 'own', baseURL, includeUsage: true })('a')
  t.match(await generateText({ model, prompt: 'hi', maxRetries: 0 }), {
    text: 'Hello',
    finishReason: 'stop',
    usage: { totalTokens: 3 }
  })
  const result = streamText({ model, prompt: 'hi', maxRetries: 0 })
  const texts: string[] = []
  for await (const text of result.textStream) texts.push(text)
  t.same(texts, ['Hel', 'lo'])
  t.match(await result.usage, { totalTokens: 3 })
  t.equal(await result.finishReason, 'stop')
})

t.test('refuses to be registered with wrong options', async t => {
  for (const [options, message] of [
    [{ models: ['a'] }, 'option "generate" takes a function'],
    [{ generate: hello }, 'option "models" takes a list of at least one id'],
    [{ generate: hello, models: [] }, 'option "models" takes a list of at least one id'],
    [{ generate: hello, models: [''] }, 'option "models" takes a list of at least one id']
  ] as [OpenAiRoutesOptions, string][]) {
    await t.rejects(
      serve(t, app => app.register(openAiRoutes, options)),
      { code: 'FST_SSE_OPTION_INVALID', message }
    )
  }
})

t.test('a client that leaves before its whole answer is there stops the provider', async t => {
  let isAborted = false
  let isAsked = false
  const { baseURL } = await api(t, async function* (_input, { signal }) {
    isAsked = true
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    isAborted = true
    yield 'late'
    return { finishReason: 'stop' }
  })
  const client = open(`${baseURL}/chat/completions`, { body: { model: 'a', messages } })
  await until('the provider is asked', () => isAsked)
  client.leave()
  await until('the provider is stopped', () => isAborted)
  t.equal(client.status, undefined)
})
