import { createOpenAI } from '@ai-sdk/openai'
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool as langChainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import t from 'tap'
import { z } from 'zod'
import type { Generate, GenerateRequest } from '../../../routes/index.js'
import { api } from './api.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }

/** A model that thinks, looks at the weather, and then tells of it. It keeps what it was asked. */
function weatherman() {
  const seen: GenerateRequest[] = []
  const generate: Generate = async function* (request) {
    seen.push(request)
    const last = request.messages.at(-1)
    if (request.responseFormat?.type === 'json') {
      yield '{"city":'
      yield '"Bonn"}'
      return { finishReason: 'stop', usage }
    }
    if (last?.role === 'tool') {
      yield 'It is '
      yield `${last.content}.`
      return { finishReason: 'stop', usage }
    }
    yield { type: 'reasoning', text: 'The weather, ' }
    yield { type: 'reasoning', text: 'they ask.', encrypted: 'sealed' }
    if (request.tools === undefined) {
      yield 'Hel'
      yield 'lo'
      return { finishReason: 'stop', usage }
    }
    yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":' }
    yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '"Bonn"}' }
    return { finishReason: 'tool_calls', usage }
  }
  return { generate, seen }
}

/** What the model is asked once the tool has answered. */
const afterTool = [
  { role: 'user', content: 'how is it?' },
  {
    role: 'assistant',
    content: [
      { type: 'reasoning', text: 'The weather, they ask.' },
      { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":"Bonn"}' }
    ]
  },
  { role: 'tool', toolCallId: 'call-1', content: 'sunny' }
]

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { type: 'function' as const, name: 'weather', parameters, strict: false }

t.test('the SDK openai creates a response', async t => {
  const { client } = await api(t, weatherman().generate)
  const response = await client.responses.create({ model: 'a', input: 'how is it?' })
  t.equal(response.output_text, 'Hello')
  t.equal(response.status, 'completed')
  t.match(response.usage, { input_tokens: 1, output_tokens: 2, total_tokens: 3 })
  t.match(response.output, [{ type: 'reasoning' }, { type: 'message' }])
})

t.test('the SDK openai reads the events of a response', async t => {
  const { client } = await api(t, weatherman().generate)
  const stream = await client.responses.create({ model: 'a', input: 'how is it?', stream: true })
  let text = ''
  const types: string[] = []
  for await (const event of stream) {
    types.push(event.type)
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  t.equal(text, 'Hello')
  t.equal(types.at(0), 'response.created')
  t.equal(types.at(-1), 'response.completed')
})

t.test('the helper of the SDK openai builds the response from its events', async t => {
  const { client } = await api(t, weatherman().generate)
  const text: string[] = []
  const args: string[] = []
  const stream = client.responses.stream({ model: 'a', input: 'how is it?' })
  stream.on('response.output_text.delta', ({ snapshot }) => text.push(snapshot))
  const final = await stream.finalResponse()
  t.same(text, ['Hel', 'Hello'])
  t.equal(final.output_text, 'Hello')
  const calling = client.responses.stream({ model: 'a', input: 'how is it?', tools: [weather] })
  calling.on('response.function_call_arguments.delta', ({ snapshot }) => args.push(snapshot))
  const { output } = await calling.finalResponse()
  t.same(args, ['{"city":', '{"city":"Bonn"}'])
  t.match(output, [
    { type: 'reasoning', summary: [{ text: 'The weather, they ask.' }] },
    { type: 'function_call', call_id: 'call-1', name: 'weather', arguments: '{"city":"Bonn"}' }
  ])
})

t.test('the SDK openai parses an answer that is JSON', async t => {
  const { generate, seen } = weatherman()
  const { client } = await api(t, generate)
  const format = zodTextFormat(z.object({ city: z.string() }), 'place')
  const { output_parsed } = await client.responses.parse({ model: 'a', input: 'where?', text: { format } })
  t.same(output_parsed, { city: 'Bonn' })
  t.match(seen[0]?.responseFormat, { type: 'json', name: 'place', strict: true, schema: { type: 'object' } })
})

t.test('the SDK openai sends the whole output back with the results of tools', async t => {
  const { generate, seen } = weatherman()
  const { client } = await api(t, generate)
  const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'how is it?' }]
  const first = await client.responses.create({ model: 'a', input, tools: [weather] })
  input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]))
  input.push({ type: 'function_call_output', call_id: 'call-1', output: 'sunny' })
  const second = await client.responses.create({ model: 'a', input, tools: [weather] })
  t.equal(second.output_text, 'It is sunny.')
  t.match(seen[1]?.messages, afterTool)
  t.match(seen[1]?.messages[1]?.content, [{ encrypted: 'sealed' }, {}])
})

t.test('the SDK openai continues a response by its id, with events and without', async t => {
  const { generate, seen } = weatherman()
  const { client } = await api(t, generate)
  const output = { type: 'function_call_output' as const, call_id: 'call-1', output: 'sunny' }
  const first = await client.responses.create({ model: 'a', input: 'how is it?', tools: [weather] })
  const next = { model: 'a', previous_response_id: first.id, input: [output] }
  const second = await client.responses.create(next)
  t.equal(second.output_text, 'It is sunny.')
  t.equal(second.previous_response_id, first.id)
  const streamed = await client.responses.stream({ ...next, stream: true }).finalResponse()
  t.equal(streamed.output_text, 'It is sunny.')
  t.match(seen[1]?.messages, afterTool)
  t.match(seen[2]?.messages, afterTool)
  const third = await client.responses.stream({ model: 'a', previous_response_id: streamed.id, input: 'really?' })
  await third.done()
  t.match(seen[3]?.messages, [
    ...afterTool,
    { role: 'assistant', content: 'It is sunny.' },
    { role: 'user', content: 'really?' }
  ])
})

t.test('the SDK openai has a response run in the background, follows, polls, cancels and deletes it', async t => {
  const { client } = await api(t, async function* ({ messages }, { signal }) {
    yield 'Hello'
    if (messages[0]?.content === 'wait') await new Promise(resolve => signal.addEventListener('abort', resolve))
    return { finishReason: 'stop', usage }
  })
  const { id, status } = await client.responses.create({ model: 'a', input: 'hi', background: true })
  t.equal(status, 'queued')
  let text = ''
  for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: 0 })) {
    t.not(event.sequence_number, 0)
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  t.equal(text, 'Hello')
  t.match(await client.responses.retrieve(id), { status: 'completed', output_text: 'Hello' })
  const waiting = await client.responses.create({ model: 'a', input: 'wait', background: true })
  t.equal((await client.responses.cancel(waiting.id)).status, 'cancelled')
  await client.responses.delete(waiting.id)
  await t.rejects(client.responses.retrieve(waiting.id), { status: 404 } as never)
})

t.test('the SDK openai throws what failed', async t => {
  const { client } = await api(t, async function* ({ tools }) {
    if (tools !== undefined) yield 'Hel'
    throw Object.assign(new Error('not so fast'), { status: 429, code: 'slow_down' })
  })
  await t.rejects(client.responses.create({ model: 'a', input: 'hi' }), { status: 429, code: 'slow_down' })
  await t.rejects(client.responses.create({ model: 'a', input: 'hi', stream: true }), {
    status: 429,
    code: 'slow_down'
  })
  await t.rejects(client.responses.create({ model: 'b', input: 'hi' }), { status: 404, code: 'model_not_found' })
  const stream = await client.responses.create({ model: 'a', input: 'hi', stream: true, tools: [weather] })
  const types: string[] = []
  try {
    for await (const { type } of stream) types.push(type)
    t.same(types.slice(-2), ['error', 'response.failed'])
  } catch (error) {
    // From openai 7 on.
    t.ok(error instanceof OpenAI.APIError)
    t.match((error as Error).message, 'not so fast')
  }
})

t.test('the AI SDK streams text, reasoning and usage', async t => {
  const { baseURL } = await api(t, weatherman().generate)
  const openai = createOpenAI({ baseURL, apiKey: 'key' })
  const result = streamText({
    model: openai('a'),
    prompt: 'how is it?',
    onError: ({ error }) => void t.fail(String(error))
  })
  const text: string[] = []
  for await (const delta of result.textStream) text.push(delta)
  t.same(text, ['Hel', 'lo'])
  t.equal(await result.finishReason, 'stop')
  t.equal(await result.reasoningText, 'The weather, they ask.')
  t.match(await result.usage, { inputTokens: 1, outputTokens: 2 })
  const whole = await generateText({ model: openai('a'), prompt: 'how is it?' })
  t.equal(whole.text, 'Hello')
  t.equal(whole.reasoningText, 'The weather, they ask.')
})

t.test('the AI SDK calls tools and goes on, whatever it sends of the earlier answer', async t => {
  for (const store of [undefined, true, false]) {
    const { generate, seen } = weatherman()
    const { baseURL } = await api(t, generate)
    const openai = createOpenAI({ baseURL, apiKey: 'key' })
    const options = {
      model: openai('a'),
      prompt: 'how is it?',
      stopWhen: stepCountIs(3),
      tools: { weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async () => 'sunny' }) },
      ...(store !== undefined && { providerOptions: { openai: { store } } })
    }
    const whole = await generateText(options)
    t.equal(whole.text, 'It is sunny.')
    t.equal(whole.steps.length, 2)
    const streamed = streamText({ ...options, onError: ({ error }) => void t.fail(String(error)) })
    t.equal(await streamed.text, 'It is sunny.')
    t.equal(seen.length, 4)
    for (const { messages } of [seen[1], seen[3]] as GenerateRequest[]) t.match(messages, afterTool)
  }
})

t.test('the AI SDK gets an answer that is JSON, and one that is cut off', async t => {
  const { baseURL } = await api(t, weatherman().generate)
  const model = createOpenAI({ baseURL, apiKey: 'key' })('a')
  const output = Output.object({ schema: z.object({ city: z.string() }) })
  t.same((await generateText({ model, prompt: 'where?', output })).output, { city: 'Bonn' })
  const cut = await api(t, async function* () {
    yield 'Hel'
    return { finishReason: 'length' }
  })
  const short = createOpenAI({ baseURL: cut.baseURL, apiKey: 'key' })('a')
  t.equal((await generateText({ model: short, prompt: 'hi' })).finishReason, 'length')
  const streamed = streamText({ model: short, prompt: 'hi' })
  t.equal(await streamed.text, 'Hel')
  t.equal(await streamed.finishReason, 'length')
})

t.test('the AI SDK reports what failed midway', async t => {
  const { baseURL } = await api(t, async function* () {
    yield 'Hel'
    throw new Error('broken')
  })
  const errors: unknown[] = []
  const model = createOpenAI({ baseURL, apiKey: 'key' })('a')
  const result = streamText({ model, prompt: 'hi', onError: ({ error }) => void errors.push(error) })
  let text = ''
  for await (const delta of result.textStream) text += delta
  t.equal(text, 'Hel')
  t.ok(errors.length > 0)
})

const getWeather = langChainTool(async () => 'sunny', {
  name: 'weather',
  description: 'the weather',
  schema: z.object({ city: z.string() })
})

t.test('LangChain streams text, calls tools and goes on', async t => {
  for (const streaming of [false, true]) {
    const { generate, seen } = weatherman()
    const { baseURL } = await api(t, generate)
    const options = { model: 'a', apiKey: 'key', configuration: { baseURL }, useResponsesApi: true, maxRetries: 0 }
    const plain = new ChatOpenAI({ ...options, streaming })
    const text: string[] = []
    for await (const chunk of await plain.stream('how is it?')) text.push(chunk.text)
    t.equal(text.join(''), 'Hello')
    const model = plain.bindTools([getWeather])
    const question = new HumanMessage('how is it?')
    const answer = await model.invoke([question])
    t.match(answer.tool_calls, [{ id: 'call-1', name: 'weather', args: { city: 'Bonn' } }])
    const result = new ToolMessage({ tool_call_id: 'call-1', content: 'sunny' })
    t.equal((await model.invoke([question, answer, result])).text, 'It is sunny.')
    t.match(seen.at(-1)?.messages, afterTool)
    const structured = plain.withStructuredOutput(z.object({ city: z.string() }), { method: 'jsonSchema' })
    t.same(await structured.invoke('where?'), { city: 'Bonn' })
  }
})
