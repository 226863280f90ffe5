import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import sseFrom from '../plugin/index.js'
import { frameworkErrors, type Generate, hostGuard } from '../routes/index.js'
import { openAiSource } from '../sources/index.js'
import { api } from './api.js'
import { demoSource } from './demo.js'
import { closeTimes, type Environment, listOf } from './environment.js'
import { chooseEventStore } from './event-store.js'
import { logSettings } from './logging.js'
import { metrics } from './metrics.js'
import { ownHosts } from './own-hosts.js'
import { page } from './page.js'
import { docsPolicy, securityHeaders } from './security.js'

/**
 * How long a request may take to arrive with its body, and its head alone; and how often that is checked. A client that
 * sends a byte now and then would keep its connection for ever. Milliseconds.
 */
const REQUEST_TIMEOUT = 30_000
const HEADERS_TIMEOUT = 15_000
const CHECK_INTERVAL = 5000

/**
 * The server that `npm start` runs: a page to chat with the model at `/`, the routes `/stream` and `/v1`, their
 * documentation at `/docs`, `/health`, and `/metrics` if it is asked for.
 */
export async function buildApp(environment: Environment): Promise<FastifyInstance> {
  const { drain, close } = closeTimes(environment)
  const app = Fastify({
    pluginTimeout: close,
    frameworkErrors,
    ...logSettings(environment.LOG_LEVEL),
    requestTimeout: REQUEST_TIMEOUT,
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: CHECK_INTERVAL }
  })
  app.addHook('onRequest', hostGuard({ hosts: [...ownHosts(environment.HOST), ...listOf(environment.ALLOWED_HOSTS)] }))
  await app.register(helmet, securityHeaders)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'fastify-sse-from', version: '1' },
      ...(environment.API_KEYS && withKey)
    },
    convertConstToEnum: false
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: docsPolicy })
  await app.register(sseFrom, { drainTimeout: drain, store: chooseEventStore(environment, app) })
  await app.register(api, { ...chooseSource(environment, app), environment })
  await app.register(page)
  if (environment.METRICS === '1') await app.register(metrics, { keys: listOf(environment.API_KEYS) })
  const health = {
    summary: 'Whether the server is up',
    security: [],
    response: { 200: Type.Object({ status: Type.Literal('ok') }) }
  }
  app.get('/health', { schema: health, logLevel: 'warn' }, async () => ({ status: 'ok' }))
  return app
}

/** What the documentation says of API keys. */
const withKey = {
  components: { securitySchemes: { key: { type: 'http' as const, scheme: 'bearer' } } },
  security: [{ key: [] }]
}

/** The name of the demo. Clients treat the names of real models in a way of their own. */
const DEMO_MODEL = 'demo'

function chooseSource(environment: Environment, app: FastifyInstance): { generate: Generate; models: string[] } {
  const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey } = environment
  if (baseURL === undefined && apiKey === undefined) {
    app.log.info('answers come from the embedded demo; set OPENAI_BASE_URL or OPENAI_API_KEY to use a real model')
    return { generate: Object.assign(demoSource(), { model: DEMO_MODEL }), models: [DEMO_MODEL] }
  }
  const models = listOf(environment.OPENAI_MODEL)
  app.log.info({ models, baseURL }, 'answers come from an OpenAI-compatible server')
  const generate = openAiSource({ baseURL, apiKey, model: chooser(models) })
  // Of several, only the request says which one answers.
  if (models.length === 1) generate.model = models[0]
  return { generate, models }
}

/** Clients ask for models by names of their own. A name that the server does not have means its first model. */
function chooser(models: readonly string[]): (asked: string | undefined) => string {
  const [first = ''] = models
  return asked => models.find(model => model === asked) ?? first
}
