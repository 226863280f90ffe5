import { createAnthropic } from '@ai-sdk/anthropic'
import * as newestAi from '@newest/ai'
import { createAnthropic as newestAnthropic } from '@newest/ai-sdk-anthropic'
import { Agent, tool as agentTool, OpenAIProvider, Runner } from '@openai/agents'
import * as ai from 'ai'
import t, { type Test } from 'tap'
import { z } from 'zod'
import {
  anthropicRoutes,
  type Generate,
  type GenerateRequest,
  openAiRoutes,
  responsesRoutes
} from '../../../routes/index.js'
import { serve } from '../../helpers/server.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }

/** Thinks, calls two tools at once, tells what they gave, and answers with JSON if asked for it. */
const weatherman: Generate = async function* ({ messages, tools = [], responseFormat }) {
  const last = messages.at(-1)
  const results = messages.flatMap(message => (message.role === 'tool' ? [message.content] : []))
  if (responseFormat?.type === 'json') {
    yield '{"city":"Bonn"}'
    return { finishReason: 'stop', usage }
  }
  if (last?.role === 'tool' || tools.length === 0) {
    yield `It is ${results.join(' and ')}`
    yield '.'
    return { finishReason: 'stop', usage }
  }
  yield { type: 'reasoning', text: 'The weather, they ask.', signature: 'sig' }
  yield 'Let me see.'
  const [first, second] = [`c${results.length + 1}`, `c${results.length + 2}`]
  yield { type: 'tool-call', id: first, name: 'weather', arguments: '{"city":' }
  yield { type: 'tool-call', id: first, name: 'weather', arguments: '"Bonn"}' }
  yield { type: 'tool-call', id: second, name: 'weather', arguments: '{"city":"Rome"}' }
  return { finishReason: 'tool_calls', usage }
}

async function gateway(t: Test) {
  const asked: GenerateRequest[] = []
  const generate: Generate = (request, context) => {
    asked.push(request)
    return weatherman(request, context)
  }
  const { url } = await serve(t, async app => {
    await app.register(openAiRoutes, { generate, models: ['a'] })
    await app.register(responsesRoutes, { generate, models: ['a'] })
    await app.register(anthropicRoutes, { generate })
  })
  return { baseURL: `${url}/v1`, asked }
}

const sunny = ({ city }: { city: string }) => `sunny in ${city}`
const weather = { description: 'Tells the weather.', schema: z.object({ city: z.string() }) }
const answer = 'It is sunny in Bonn and sunny in Rome.'
const calls = [
  { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{"city":"Bonn"}' },
  { type: 'tool-call', id: 'c2', name: 'weather', arguments: '{"city":"Rome"}' }
]

/** The AI SDK in both majors, with its provider for Anthropic. */
const sdks = {
  'ai 6': [ai, createAnthropic],
  'ai 7': [newestAi as unknown as typeof ai, newestAnthropic as unknown as typeof createAnthropic]
} as const

for (const [name, [{ generateText, Output, stepCountIs, streamText, tool }, create]] of Object.entries(sdks)) {
  t.test(`${name} with its provider for Anthropic calls tools, over several turns`, async t => {
    const { baseURL, asked } = await gateway(t)
    const model = create({ baseURL, apiKey: 'key' })('claude-sonnet-4-5')
    const tools = {
      weather: tool({
        description: weather.description,
        inputSchema: weather.schema,
        execute: async city => sunny(city)
      })
    }
    const question = { role: 'user' as const, content: 'How is it?' }
    const streamed = streamText({ model, tools, stopWhen: stepCountIs(3), messages: [question], system: 'Be kind.' })
    t.equal(await streamed.text, answer)
    t.equal(await streamed.finishReason, 'stop')
    t.match((await streamed.steps)[0], { finishReason: 'tool-calls', reasoningText: 'The weather, they ask.' })
    t.match(asked[1]?.messages, [
      { role: 'system', content: 'Be kind.' },
      question,
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'The weather, they ask.', signature: 'sig' },
          { type: 'text', text: 'Let me see.' },
          ...calls
        ]
      },
      { role: 'tool', toolCallId: 'c1', content: 'sunny in Bonn' },
      { role: 'tool', toolCallId: 'c2', content: 'sunny in Rome' }
    ])
    const messages = await messagesOf(streamed)
    const again = [question, ...messages, { role: 'user' as const, content: 'And now?' }]
    const whole = await generateText({ model, tools, stopWhen: stepCountIs(3), messages: again })
    t.match(whole, { text: `${answer.slice(0, -1)} and sunny in Bonn and sunny in Rome.`, finishReason: 'stop' })
    t.equal(whole.steps.at(-1)?.usage.outputTokens, 2)
  })

  t.test(`${name} with its provider for Anthropic gets JSON that matches a schema`, async t => {
    const { baseURL, asked } = await gateway(t)
    const model = create({ baseURL, apiKey: 'key' })('claude-sonnet-4-5')
    const output = Output.object({ schema: weather.schema })
    const { output: given } = await generateText({ model, prompt: 'Where?', output })
    t.same(given, { city: 'Bonn' })
    t.match(asked[0]?.responseFormat, { type: 'json', schema: { properties: { city: { type: 'string' } } } })
  })
}

interface Answered {
  readonly response: PromiseLike<{ readonly messages: ai.ModelMessage[] }>
  /** In `ai` 7, `response` is that of the last step. */
  readonly responseMessages?: PromiseLike<ai.ModelMessage[]>
}

async function messagesOf({ response, responseMessages }: Answered): Promise<ai.ModelMessage[]> {
  return (await responseMessages) ?? (await response).messages
}

t.test('ai 7 refuses system messages among the others, unless told that they are welcome', async t => {
  const { baseURL } = await gateway(t)
  const messages = [
    { role: 'system' as const, content: 'Be kind.' },
    { role: 'user' as const, content: 'How is it?' }
  ]
  for (const [sdk, create] of Object.values(sdks)) {
    const { generateText } = sdk
    const ask = { model: create({ baseURL, apiKey: 'key' })('claude-sonnet-4-5'), messages }
    const asIs = generateText(ask).then(
      () => 'answered',
      ({ name }) => name
    )
    // On newer Nodes, all of them are `ai` 7.
    t.equal(await asIs, 'isStepCount' in sdk ? 'AI_InvalidPromptError' : 'answered')
    t.equal((await generateText({ ...ask, allowSystemInMessages: true })).text, 'It is .')
  }
})

for (const useResponses of [true, false]) {
  t.test(`an agent of @openai/agents calls tools, by ${useResponses ? 'Responses' : 'chat completions'}`, async t => {
    const { baseURL, asked } = await gateway(t)
    const modelProvider = new OpenAIProvider({ baseURL, apiKey: 'key', useResponses })
    const runner = new Runner({ modelProvider, tracingDisabled: true })
    const lookUp = agentTool({
      name: 'weather',
      description: weather.description,
      parameters: weather.schema,
      execute: async input => sunny(input)
    })
    const agent = new Agent({ name: 'Weatherman', instructions: 'Be kind.', model: 'a', tools: [lookUp] })
    const whole = await runner.run(agent, 'How is it?')
    t.equal(whole.finalOutput, answer)
    t.match(asked[1]?.messages.slice(2), [
      { role: 'assistant', content: [...(useResponses ? [{ type: 'reasoning' }] : []), { type: 'text' }, ...calls] },
      { role: 'tool', toolCallId: 'c1', content: 'sunny in Bonn' },
      { role: 'tool', toolCallId: 'c2', content: 'sunny in Rome' }
    ])
    const streamed = await runner.run(agent, [...whole.history, { role: 'user', content: 'And now?' }], {
      stream: true
    })
    let text = ''
    for await (const piece of streamed.toTextStream()) text += piece
    await streamed.completed
    t.equal(streamed.finalOutput, `${answer.slice(0, -1)} and sunny in Bonn and sunny in Rome.`)
    t.ok(text.endsWith(String(streamed.finalOutput)))
    const output = new Agent({ name: 'Geographer', model: 'a', outputType: weather.schema })
    t.same((await runner.run(output, 'Where?')).finalOutput, { city: 'Bonn' })
  })
}
