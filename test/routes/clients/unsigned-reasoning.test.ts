import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import * as newestAi from '@newest/ai'
import { createAnthropic as newestAnthropic } from '@newest/ai-sdk-anthropic'
import { createOpenAI as newestOpenAI } from '@newest/ai-sdk-openai'
import * as ai from 'ai'
import t from 'tap'
import { z } from 'zod'
import { anthropicRoutes, type Generate, type GenerateRequest, responsesRoutes } from '../../../routes/index.js'
import { serve } from '../../helpers/server.js'

/** Thinks without a signature, as most models do, calls a tool, and answers. */
function thinker() {
  const asked: GenerateRequest[] = []
  const generate: Generate = async function* (request) {
    asked.push(request)
    if (request.messages.at(-1)?.role === 'tool') {
      yield 'Sunny.'
      return { finishReason: 'stop' }
    }
    yield { type: 'reasoning', text: 'The weather, ' }
    yield { type: 'reasoning', text: 'they ask.' }
    yield { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{}' }
    return { finishReason: 'tool_calls' }
  }
  return { asked, generate }
}

/** The AI SDK in both majors, with its providers for Anthropic and for Responses. */
const sdks = {
  'ai 6': [ai, createAnthropic, createOpenAI],
  'ai 7': [
    newestAi as unknown as typeof ai,
    newestAnthropic as unknown as typeof createAnthropic,
    newestOpenAI as unknown as typeof createOpenAI
  ]
} as const

for (const [name, [{ generateText, stepCountIs, streamText, tool }, createAnthropic, createOpenAI]] of Object.entries(
  sdks
)) {
  for (const api of ['Messages', 'Responses'] as const) {
    for (const isStream of [true, false]) {
      const how = isStream ? 'streamed' : 'whole'
      t.test(`${name} keeps reasoning that has no signature between two steps, by ${api}, ${how}`, async t => {
        const { asked, generate } = thinker()
        const { url } = await serve(t, async app => {
          await app.register(anthropicRoutes, { generate })
          await app.register(responsesRoutes, { generate, models: ['o4-mini'] })
        })
        const options = { baseURL: `${url}/v1`, apiKey: 'key' }
        const model =
          api === 'Messages'
            ? createAnthropic(options)('claude-sonnet-5-5')
            : createOpenAI(options).responses('o4-mini')
        const call = {
          model,
          tools: { weather: tool({ inputSchema: z.object({}), execute: async () => 'sunny' }) },
          stopWhen: stepCountIs(3),
          prompt: 'How is it?',
          // It then asks for encrypted reasoning, and sends all of it back.
          providerOptions: { openai: { store: false } }
        }
        t.equal(await (isStream ? streamText(call).text : (await generateText(call)).text), 'Sunny.')
        const content = asked[1]?.messages.find(({ role }) => role === 'assistant')?.content
        t.match(content, [
          { type: 'reasoning', text: 'The weather, they ask.' },
          { type: 'tool-call', id: 'c1' }
        ])
        t.notMatch(JSON.stringify(content), /signature|encrypted/, 'as the model gave it')
      })
    }
  }
}
