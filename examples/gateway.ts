import Fastify from 'fastify'
import {
  agUiRoutes,
  anthropicRoutes,
  apiKeyGuard,
  chatRoutes,
  openAiRoutes,
  responsesRoutes
} from 'fastify-sse-from/routes'
import { openAiSource } from 'fastify-sse-from/sources'

const { API_KEYS = 'try-this-key', PROVIDER_URL, PROVIDER_KEY, MODEL = 'llama3.2' } = process.env
const generate = openAiSource({ baseURL: PROVIDER_URL, apiKey: PROVIDER_KEY, model: MODEL })

const app = Fastify({ logger: true })
app.addHook('onRequest', apiKeyGuard({ keys: API_KEYS.split(',') }))
await app.register(openAiRoutes, { generate, models: [MODEL] })
await app.register(responsesRoutes, { generate, models: [MODEL] })
await app.register(anthropicRoutes, { generate })
await app.register(chatRoutes, { generate })
await app.register(agUiRoutes, { generate })

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
