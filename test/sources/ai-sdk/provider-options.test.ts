import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { createAnthropic as createNewestAnthropic } from '@newest/ai-sdk-anthropic'
import { createOpenAI as createNewestOpenAI } from '@newest/ai-sdk-openai'
import { createOpenAICompatible as createNewestCompatible } from '@newest/ai-sdk-openai-compatible'
import t, { type Test } from 'tap'
import { type LanguageModel, languageModelSource } from '../../../sources/index.js'
import { anthropicWire } from '../../helpers/anthropic-server.js'
import { openAiWires } from '../../helpers/openai-server.js'
import { providerServer } from '../../helpers/provider-server.js'
import { appOf, chatCompletions, responsesApi } from '../../routes/every-api.js'

const { url, calls } = await providerServer(
  t,
  url => (url?.endsWith('/messages') ? anthropicWire : openAiWires(url)),
  call => {
    call.token('Hello')
    call.finish()
  }
)
const settings = { baseURL: url, apiKey: 'key' }
const openAi = { 'openai 3': createOpenAI(settings), 'openai 4': createNewestOpenAI(settings) }
const anthropic = { 'anthropic 3': createAnthropic(settings), 'anthropic 4': createNewestAnthropic(settings) }
const hi = [{ role: 'user', content: 'hi' }]
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]

/** What the provider is sent for options of a client. */
async function sent(t: Test, model: LanguageModel, options: object, api = chatCompletions) {
  const { post } = await appOf(t, languageModelSource(model))
  const { status, text } = await post(api, { ...api.least, ...options })
  t.equal(status, 200, text)
  return calls.at(-1)?.body as Record<string, unknown> & { messages: { content: unknown }[] }
}

for (const [version, provider] of Object.entries(openAi)) {
  for (const kind of ['chat', 'responses'] as const) {
    const model = provider[kind]('gpt-5-mini')

    t.test(`${version} ${kind}: a schema and a tool are strict if the client says so`, async t => {
      for (const strict of [undefined, false, true]) {
        const schema = { type: 'object', properties: { a: { type: 'string' } } }
        const format = { type: 'json_schema', json_schema: { name: 'w', schema, strict } }
        const [tool] = tools
        const strictly = [{ ...tool, function: { ...tool?.function, strict } }]
        const body = await sent(t, model, { response_format: format, tools: strictly })
        const given = (kind === 'chat' ? body.response_format : (body.text as { format: object }).format) as {
          json_schema?: object
        }
        t.match(given.json_schema ?? given, { name: 'w', strict: strict ?? false })
        const [named] = body.tools as { function?: object }[]
        const { strict: isStrict = false } = (named?.function ?? named) as { strict?: boolean }
        t.equal(isStrict, strict ?? false)
        // OpenAI's Responses take silence for true.
        if (kind === 'responses') t.hasProp({ ...named }, 'strict')
      }
    })

    t.test(`${version} ${kind}: the options that OpenAI has words for arrive`, async t => {
      const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } }
      const body = await sent(t, model, {
        messages: [{ role: 'user', content: [image] }],
        tools,
        user: 'u1',
        metadata: { a: 'b' },
        parallel_tool_calls: false,
        store: true
      })
      t.match(body, { user: 'u1', metadata: { a: 'b' }, parallel_tool_calls: false, store: true })
      t.match(JSON.stringify(body), '"detail":"low"')
      const { refused } = await appOf(t, languageModelSource(model))
      const wrong = { ...chatCompletions.least, metadata: { a: 1 } }
      if (kind === 'chat') t.equal(await refused(t, chatCompletions, wrong), 'metadata is not supported by this model')
    })
  }

  t.test(`${version}: a client of Responses that does not say strict leaves it to OpenAI`, async t => {
    const body = await sent(
      t,
      provider.responses('gpt-5-mini'),
      { tools: [{ type: 'function', name: 'f', parameters: {} }] },
      responsesApi
    )
    t.not((body.tools as { strict?: boolean }[])[0]?.strict, true)
  })
}

for (const [version, provider] of Object.entries(anthropic)) {
  t.test(`${version}: user and parallel_tool_calls have the names of Anthropic`, async t => {
    const model = provider('claude-sonnet-4-5')
    const body = await sent(t, model, { user: 'u1', tools, parallel_tool_calls: false })
    t.match(body, { metadata: { user_id: 'u1' }, tool_choice: { type: 'auto', disable_parallel_tool_use: true } })
    t.notHas(await sent(t, model, { tools, parallel_tool_calls: true }), { tool_choice: Object })
  })

  t.test(`${version}: an effort is a budget for older models, and an effort for newer ones`, async t => {
    const older = await sent(t, provider('claude-sonnet-4-5'), { reasoning_effort: 'low' })
    t.match(older, { thinking: { type: 'enabled', budget_tokens: Number } })
    const newer = provider('claude-opus-4-7')
    const adaptive = await sent(t, newer, { reasoning_effort: 'high' })
    t.match(adaptive, { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } })
    t.match(await sent(t, newer, { reasoning_effort: 'minimal' }), { output_config: { effort: 'low' } })
    t.match(await sent(t, newer, { reasoning_effort: 'none' }), { thinking: { type: 'disabled' } })
  })
}

t.test('an effort that there is not is refused', async t => {
  for (const id of ['claude-sonnet-4-5', 'claude-opus-4-7']) {
    const { refused } = await appOf(t, languageModelSource(anthropic['anthropic 3'](id)))
    const wrong = { ...chatCompletions.least, reasoning_effort: 'constructor' }
    t.equal(await refused(t, chatCompletions, wrong), 'reasoning_effort is not supported by this model')
  }
})

t.test('a compatible server gets the names of its API, and a schema that is not strict', async t => {
  const compatible = { name: 'own', baseURL: url, supportsStructuredOutputs: true }
  for (const provider of [createOpenAICompatible(compatible), createNewestCompatible(compatible)]) {
    const body = await sent(t, provider('a'), {
      user: 'u1',
      metadata: { a: 'b' },
      tools,
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'w', schema: {} } }
    })
    t.match(body, {
      user: 'u1',
      metadata: { a: 'b' },
      parallel_tool_calls: false,
      response_format: { json_schema: { strict: false } }
    })
    t.notOk('parallelToolCalls' in body)
  }
})

t.test('what the application gives a provider wins, under each of its names', async t => {
  const asked: { providerOptions?: object }[] = []
  const model: LanguageModel = {
    specificationVersion: 'v3',
    provider: 'vertex.anthropic.messages',
    modelId: 'claude-sonnet-5',
    doStream: async options => {
      asked.push(options)
      throw new Error('enough')
    }
  }
  const providerOptions = { anthropic: { effort: 'max' } }
  const { post } = await appOf(t, languageModelSource(model, { providerOptions }))
  await post(chatCompletions, { model: 'a', messages: hi, reasoning_effort: 'low' })
  const own = { thinking: { type: 'adaptive' }, effort: 'max' }
  t.same(asked[0]?.providerOptions, { anthropic: own, vertex: own })
})
