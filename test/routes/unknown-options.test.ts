import Fastify, { type FastifyPluginAsync } from 'fastify'
import t from 'tap'
import {
  agUiRoutes,
  anthropicRoutes,
  apiKeyGuard,
  chatRoutes,
  corsOptions,
  hostGuard,
  openAiRoutes,
  originGuard,
  responsesRoutes,
  streamRoutes,
  textGenerate
} from '../../routes/index.js'
import { type LanguageModel, languageModelSource, openAiSource } from '../../sources/index.js'

const generate = textGenerate(async function* () {
  yield 'a'
  return { finishReason: 'stop' }
})

const routes = { streamRoutes, openAiRoutes, responsesRoutes, anthropicRoutes, chatRoutes, agUiRoutes }

for (const [name, plugin] of Object.entries(routes)) {
  const register = (options: object) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const needed = { generate, ...(/openAi|responses/.test(name) && { models: ['a'] }) }
    return app.register(plugin as unknown as FastifyPluginAsync, { ...needed, ...options })
  }

  t.test(`${name} refuses an option that it does not know, and says which it knows`, async t => {
    for (const option of ['maxTextLenght', 'onError', 'Generate', 'constructor']) {
      await t.rejects(async () => register({ [option]: 5 }), {
        code: 'FST_SSE_OPTION_INVALID',
        message: new RegExp(`^option "${option}" is unknown; known are generate, .*maxTextLength`)
      })
    }
  })

  t.test(`${name} takes the options of app.register`, async t => {
    await register({ prefix: '/a', logLevel: 'warn', logSerializers: {} })
    t.pass('it is registered')
  })
}

const model = {} as LanguageModel
const functions: Record<string, () => unknown> = {
  openAiSource: () => openAiSource({ model: 'a', baseUrl: 'http://localhost:11434/v1' } as never),
  languageModelSource: () => languageModelSource(model, { providerOption: {} } as never),
  hostGuard: () => hostGuard({ host: ['a'] } as never),
  originGuard: () => originGuard({ origin: ['https://a.example'] } as never),
  corsOptions: () => corsOptions({ origins: [], origin: true } as never),
  apiKeyGuard: () => apiKeyGuard({ keys: ['a'], key: 'secret' } as never)
}

for (const [name, call] of Object.entries(functions)) {
  t.test(`${name} refuses an option that it does not know`, async t => {
    t.throws(call, { code: 'FST_SSE_OPTION_INVALID', message: /^option "\w+" is unknown; known are \w+/ })
  })
}
