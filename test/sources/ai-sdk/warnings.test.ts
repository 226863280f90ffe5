import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createAnthropic as createNewestAnthropic } from '@newest/ai-sdk-anthropic'
import { createOpenAI as createNewestOpenAI } from '@newest/ai-sdk-openai'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { openAiRoutes } from '../../../routes/index.js'
import { type LanguageModel, languageModelSource } from '../../../sources/index.js'
import { anthropicWire } from '../../helpers/anthropic-server.js'
import { openAiWires } from '../../helpers/openai-server.js'
import { providerServer } from '../../helpers/provider-server.js'

const { url } = await providerServer(
  t,
  url => (url?.endsWith('/messages') ? anthropicWire : openAiWires(url)),
  call => {
    call.token('Hello')
    call.finish()
  }
)
const settings = { baseURL: url, apiKey: 'key' }
const versions = {
  6: { openAi: createOpenAI(settings), anthropic: createAnthropic(settings) },
  7: { openAi: createNewestOpenAI(settings), anthropic: createNewestAnthropic(settings) }
}

/** An app with a model, and what it logs of it. */
async function gateway(t: Test, model: LanguageModel) {
  const logs: { option?: string; why?: string; level: number }[] = []
  const stream = { write: (line: string) => logs.push(JSON.parse(line)) }
  const app = Fastify({ logger: { level: 'debug', stream } })
  t.teardown(() => app.close())
  await app.register(openAiRoutes, { generate: languageModelSource(model), models: ['m'] })
  const post = async (options: object) => {
    const payload = { model: 'm', messages: [{ role: 'user', content: 'my secret' }], ...options }
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/v1/chat/completions', payload })
    return { status: statusCode, body: JSON.parse(body) }
  }
  return { post, logged: () => logs.filter(({ option }) => option !== undefined) }
}

for (const [version, { openAi, anthropic }] of Object.entries(versions)) {
  t.test(`ai ${version}: what a model does not heed and the answer can do without is logged once`, async t => {
    for (const [model, options, names] of [
      [openAi.chat('gpt-5-mini'), { temperature: 0.3, presence_penalty: 0.1 }, ['temperature', 'presencePenalty']],
      [openAi.responses('m'), { seed: 3, frequency_penalty: 0.1 }, ['seed', 'frequencyPenalty']],
      [
        anthropic('claude-opus-4-7'),
        { seed: 3, temperature: 0.3, metadata: { a: 'b' } },
        ['seed', 'temperature', 'metadata']
      ]
    ] as const) {
      const { post, logged } = await gateway(t, model)
      for (const _ of [1, 2]) t.equal((await post(options)).status, 200)
      t.same(
        logged()
          .map(({ option }) => option)
          .sort(),
        [...names].sort()
      )
      t.ok(logged().every(({ level }) => level === 40))
    }
  })

  t.test(`ai ${version}: an option without which the answer is another one is refused by name`, async t => {
    for (const [model, option] of [
      [openAi.responses('m'), { stop: ['END'] }],
      [anthropic('claude-sonnet-4-5'), { response_format: { type: 'json_object' } }]
    ] as const) {
      const { post } = await gateway(t, model)
      for (const stream of [false, true]) {
        const { status, body } = await post({ ...option, stream })
        t.equal(status, 400)
        const [name] = Object.keys(option)
        t.match(body.error, { code: 'FST_SSE_UNSUPPORTED', param: name })
        t.ok(body.error.message.startsWith(`${name} is not supported by this model`), body.error.message)
      }
    }
  })
}

/** A model of the test's own, with these warnings. */
function warning(warnings: object[]): LanguageModel {
  const end = { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage: {} }
  return {
    specificationVersion: 'v2',
    provider: 'own.chat',
    modelId: 'a',
    doStream: async () => ({
      stream: ReadableStream.from([
        { type: 'stream-start', warnings },
        { type: 'text-delta', id: '1', delta: 'a' },
        end
      ])
    })
  }
}

t.test('the warnings of each version are read, and none quotes the conversation', async t => {
  const { post, logged } = await gateway(
    t,
    warning([
      { type: 'unsupported-setting', setting: 'seed', details: '1.5 exceeds the maximum of 1.0. It is 1.' },
      { type: 'compatibility', feature: 'responseFormat', details: 'it is a tool' },
      { type: 'other', message: 'Reasoning is skipped: {"text":"my secret"}' },
      { type: 'other' },
      { type: 'unsupported', feature: 'constructor' }
    ])
  )
  t.equal((await post({ response_format: { type: 'json_object' } })).status, 200)
  t.match(logged(), [
    { option: 'seed', why: '1.5 exceeds the maximum of 1.0', level: 40 },
    { option: 'responseFormat', why: 'it is a tool', level: 20 },
    { option: 'Reasoning is skipped', level: 40 },
    { option: '', level: 40 },
    { option: 'constructor', level: 40 }
  ])
  t.notMatch(JSON.stringify(logged()), 'secret')
})

t.test('version 2 is refused by its own names, and only for what the client has asked for', async t => {
  const { post, logged } = await gateway(t, warning([{ type: 'unsupported-setting', setting: 'stopSequences' }]))
  t.equal((await post({})).status, 200)
  t.match(logged(), [{ option: 'stopSequences' }])
  t.match(await post({ stop: 'a' }), { status: 400, body: { error: { param: 'stop' } } })
})

t.test('a provider that names ever new things fills no memory', async t => {
  let count = 0
  const model = warning([])
  const { post, logged } = await gateway(t, {
    ...model,
    doStream: () =>
      warning(Array.from({ length: 700 }, () => ({ type: 'other', message: `tool ${count++}` }))).doStream({} as never)
  })
  for (const _ of [1, 2]) await post({})
  t.equal(logged().length, 1000)
})

t.test('the detail of an image is logged if the provider has no word for it, unless it is the default', async t => {
  const { post, logged } = await gateway(t, warning([]))
  const image = (detail?: string) => ({ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail } })
  const asking = (detail?: string) => ({ messages: [{ role: 'user', content: [image(detail)] }] })
  for (const detail of [undefined, 'auto']) t.equal((await post(asking(detail))).status, 200)
  t.same(logged(), [])
  t.equal((await post(asking('low'))).status, 200)
  t.match(logged(), [{ option: 'image detail' }])
})
