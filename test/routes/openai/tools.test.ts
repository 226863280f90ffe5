import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { tool as langChainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import NewestOpenAI from '@newest/openai'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { type Generate, type GenerateRequest, openAiRoutes, textGenerate } from '../../../routes/index.js'
import { openAiSource } from '../../../sources/index.js'
import { serve } from '../../helpers/server.js'

const usage = { promptTokens: 5, completionTokens: 7, totalTokens: 12 }

/** A model that thinks, calls two tools at once, and tells their results. */
const generate: Generate = async function* ({ messages, tools = [] }) {
  const results = messages.flatMap(message => (message.role === 'tool' ? [message] : []))
  if (results.length === 0 && tools.length > 0) {
    yield { type: 'reasoning', text: 'I need ' }
    yield { type: 'reasoning', text: 'the weather.' }
    yield 'Let me '
    yield { type: 'text', text: 'see. ' }
    yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":' }
    yield { type: 'tool-call', id: 'call-2', name: 'weather', arguments: '{"city":"Rome"}' }
    yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '"Bonn"}' }
    return { finishReason: 'stop', usage }
  }
  for (const { toolCallId, content } of results) yield `${toolCallId}: ${content}; `
  return { finishReason: 'stop', usage }
}

/** The same model behind a server of OpenAI's API, and a server that asks that one: a gateway. */
async function servers(t: Test, model: Generate = generate) {
  const asked: GenerateRequest[] = []
  const seen: Generate = (request, context) => {
    asked.push(request)
    return model(request, context)
  }
  const direct = await serve(t, app => app.register(openAiRoutes, { generate: seen, models: ['a'] }))
  const source = openAiSource({ baseURL: `${direct.url}/v1`, model: 'a' })
  const gateway = await serve(t, app => app.register(openAiRoutes, { generate: source, models: ['a'] }))
  return { asked, urls: { direct: `${direct.url}/v1`, 'through a gateway': `${gateway.url}/v1` } }
}

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  }
}
const messages = [{ role: 'user' as const, content: 'What is the weather in Bonn and in Rome?' }]
const answer = 'call-1: sunny in Bonn; call-2: sunny in Rome; '

t.test('the SDK openai gets calls of tools, with and without stream', async t => {
  const { asked, urls } = await servers(t)
  for (const [way, baseURL] of Object.entries(urls)) {
    for (const SDK of [OpenAI, NewestOpenAI as unknown as typeof OpenAI]) {
      const client = new SDK({ baseURL, apiKey: 'key', maxRetries: 0 })
      const body = { model: 'a', messages, tools: [weather], tool_choice: 'auto' as const, parallel_tool_calls: true }
      const whole = await client.chat.completions.create(body)
      const expected = {
        role: 'assistant',
        content: 'Let me see. ',
        refusal: null,
        reasoning_content: 'I need the weather.',
        tool_calls: [
          { id: 'call-1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
          { id: 'call-2', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }
        ]
      }
      t.same(whole.choices[0]?.message, expected, way)
      t.equal(whole.choices[0]?.finish_reason, 'tool_calls', way)
      t.match(whole.usage, { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 })
      const stream = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } })
      const streamed = await stream.finalChatCompletion()
      t.match(streamed.choices[0]?.message, { content: 'Let me see. ', tool_calls: expected.tool_calls }, way)
      t.equal(streamed.choices[0]?.finish_reason, 'tool_calls')
      t.match(streamed.usage, { total_tokens: 12 })
    }
  }
  const expected = { name: 'weather', description: 'Tells the weather.', parameters: weather.function.parameters }
  t.ok(asked.every(({ tools }) => JSON.stringify(tools) === JSON.stringify([expected])))
})

t.test('runTools of the SDK openai calls the tools and gets the answer', async t => {
  const { urls } = await servers(t)
  for (const baseURL of Object.values(urls)) {
    const client = new OpenAI({ baseURL, apiKey: 'key', maxRetries: 0 })
    const runner = client.chat.completions.runTools({
      model: 'a',
      stream: true,
      messages,
      tools: [
        {
          type: 'function',
          function: {
            ...weather.function,
            parse: (input: string): { city: string } => JSON.parse(input),
            function: ({ city }: { city: string }) => `sunny in ${city}`
          }
        }
      ]
    })
    t.equal(await runner.finalContent(), answer)
  }
})

t.test('parse of the SDK openai gets JSON that matches a schema', async t => {
  const { asked, urls } = await servers(t, async function* () {
    yield '{"city":'
    yield '"Bonn"}'
    return { finishReason: 'stop' }
  })
  const City = z.object({ city: z.string() })
  for (const baseURL of Object.values(urls)) {
    const client = new OpenAI({ baseURL, apiKey: 'key', maxRetries: 0 })
    const format = zodResponseFormat(City, 'city')
    const { choices } = await client.chat.completions.parse({ model: 'a', messages, response_format: format })
    t.same(choices[0]?.message.parsed, { city: 'Bonn' })
    t.match(asked.at(-1)?.responseFormat, { type: 'json', name: 'city', strict: true, schema: { type: 'object' } })
  }
})

t.test('the AI SDK calls the tools and gets the answer, and the reasoning', async t => {
  const { urls } = await servers(t)
  const inputSchema = z.object({ city: z.string() })
  const tools = { weather: tool({ inputSchema, execute: async ({ city }) => `sunny in ${city}` }) }
  for (const baseURL of Object.values(urls)) {
    for (const model of [
      createOpenAI({ baseURL, apiKey: 'key' }).chat('a'),
      createOpenAICompatible({ name: 'own', baseURL })('a')
    ]) {
      const options = { model, tools, stopWhen: stepCountIs(3), prompt: 'weather?', maxRetries: 0 }
      const streamed = streamText(options)
      t.equal(await streamed.text, answer)
      t.equal((await streamed.steps).length, 2)
      const whole = await generateText(options)
      t.equal(whole.text, answer)
      t.same(
        whole.steps[0]?.toolCalls.map(({ input }) => input),
        [{ city: 'Bonn' }, { city: 'Rome' }]
      )
      if (model.provider.startsWith('own')) t.equal(whole.steps[0]?.reasoningText, 'I need the weather.')
    }
  }
})

t.test('LangChain binds tools', async t => {
  const { urls } = await servers(t)
  for (const baseURL of Object.values(urls)) {
    const model = new ChatOpenAI({ model: 'a', apiKey: 'key', maxRetries: 0, configuration: { baseURL } }).bindTools([
      langChainTool(async ({ city }) => `sunny in ${city}`, { name: 'weather', schema: z.object({ city: z.string() }) })
    ])
    const called = await model.invoke('weather?')
    t.same(
      called.tool_calls?.map(({ id, name, args }) => ({ id, name, args })),
      [
        { id: 'call-1', name: 'weather', args: { city: 'Bonn' } },
        { id: 'call-2', name: 'weather', args: { city: 'Rome' } }
      ]
    )
  }
})

t.test('a message that only calls tools or refuses has no content', async t => {
  const { urls } = await servers(t, async function* ({ tools = [] }) {
    if (tools.length > 0) yield { type: 'tool-call', id: '1', name: 'weather', arguments: '{}' }
    else yield { type: 'refusal', text: 'No.' }
    yield { type: 'reasoning', text: '', signature: 'sig' }
    return { finishReason: tools.length > 0 ? 'function_call' : 'content_filter' }
  })
  for (const baseURL of Object.values(urls)) {
    const client = new OpenAI({ baseURL, apiKey: 'key', maxRetries: 0 })
    const [called] = (await client.chat.completions.create({ model: 'a', messages, tools: [weather] })).choices
    t.match(called, { finish_reason: 'tool_calls', message: { content: null, refusal: null } })
    const [refused] = (await client.chat.completions.create({ model: 'a', messages })).choices
    t.match(refused, { finish_reason: 'content_filter', message: { content: null, refusal: 'No.' } })
    const chunks: unknown[] = []
    for await (const { choices } of await client.chat.completions.create({ model: 'a', messages, stream: true })) {
      chunks.push(choices[0]?.delta)
    }
    t.same(chunks, [{ role: 'assistant', refusal: 'No.' }, {}])
  }
})

t.test('a model that accepts text alone refuses the rest, and names the parameter', async t => {
  const call = { id: '1', type: 'function', function: { name: 'a', arguments: '{}' } }
  for (const [body, param] of [
    [{ messages, tools: [weather] }, 'tools'],
    [{ messages, response_format: { type: 'json_object' } }, 'response_format'],
    [{ messages: [...messages, { role: 'tool', tool_call_id: '1', content: '' }] }, 'messages[1].role'],
    [{ messages: [{ role: 'assistant', tool_calls: [call] }] }, 'messages[0].content[0]'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }] },
      'messages[0].content[0]'
    ]
  ] as const) {
    const never = textGenerate(() => t.fail('generate was called') as never)
    const { app } = await serve(t, app => app.register(openAiRoutes, { generate: never, models: ['a'] }))
    const response = await app.inject({
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'a', ...body }
    })
    t.equal(response.statusCode, 400)
    t.match(response.json(), { error: { param, message: `${param} is not supported by this model` } })
  }
})

t.test('any model can be asked for where the option says so', async t => {
  const served = await serve(t, app => app.register(openAiRoutes, { generate, models: ['a'], anyModel: true }))
  const client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'key', maxRetries: 0 })
  t.equal((await client.chat.completions.create({ model: 'org/b:latest', messages })).model, 'org/b:latest')
  t.match(await client.models.retrieve('org/b:latest'), { id: 'org/b:latest' })
  t.same(
    (await client.models.list()).data.map(({ id }) => id),
    ['a']
  )
})
