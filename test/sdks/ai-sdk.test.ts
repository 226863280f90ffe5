import { createRequire } from 'node:module'
import { streamText } from 'ai'
import t from 'tap'
import { fetchAll } from '../helpers/client.js'
import { openAiWire, openAiWires } from '../helpers/openai-server.js'
import { providerServer } from '../helpers/provider-server.js'
import { serve } from '../helpers/server.js'
import { prove } from './scenarios.js'

/** Before 7 it reads as fast as the provider sends. */
const hasBackpressure = Number.parseInt(createRequire(import.meta.url)('ai/package.json').version, 10) >= 7

await prove(t, {
  wire: openAiWires,
  env: url => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'key' }),
  load: () => import('../../examples/sdks/ai-sdk.js'),
  rows: {
    '/full': { hasBackpressure },
    '/ui': { beginsBeforeTokens: true, hasBackpressure },
    '/text': { hasBackpressure, truncated: 'FST_SSE_SOURCE_FAILED' }
  }
})

t.test('what it throws after its last attempt has the status of that', async t => {
  const provider = await providerServer(t, openAiWire, ({ response }) => {
    response.writeHead(429, { 'retry-after-ms': '1' }).end()
  })
  // It reads the environment where it is loaded.
  const { createOpenAI } = await import('@ai-sdk/openai')
  const model = createOpenAI({ baseURL: provider.url, apiKey: 'key' }).chat('m')
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        ({ signal }) =>
          streamText({ model, prompt: 'hi', abortSignal: signal, maxRetries: 1, onError() {} }).fullStream,
        {
          map: part => {
            if (part.type === 'error') throw part.error
            return undefined
          }
        }
      )
    )
  })
  const client = await fetchAll(url)
  t.equal(client.status, 429)
  t.match(JSON.parse(client.text()), { statusCode: 429 })
  t.equal(provider.calls.length, 2)
})
