import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import type { ResumableOptions } from '../../plugin/index.js'
import { agUiRoutes, chatRoutes, type Generate, responsesRoutes, streamRoutes } from '../../routes/index.js'

const message = { id: 'm', role: 'user', content: 'hi', parts: [{ type: 'text', text: 'hi' }] }
const agent = { threadId: 't', runId: 'r', messages: [message], tools: [], context: [], state: {}, forwardedProps: {} }
const responses = { model: 'a', input: 'hi' }
const json = { accept: 'application/json' }

/** Every way to begin an answer where answers have owners. */
const ways: Record<string, { url: string; body?: object; headers?: Record<string, string> }> = {
  'GET /stream': { url: '/stream?prompt=hi' },
  'GET /stream as JSON': { url: '/stream?prompt=hi', headers: json },
  'POST /stream': { url: '/stream', body: { prompt: 'hi' } },
  'POST /stream as JSON': { url: '/stream', body: { prompt: 'hi' }, headers: json },
  'a chat': { url: '/api/chat', body: { id: 'c', messages: [message] } },
  'an agent': { url: '/agent', body: agent },
  'a response': { url: '/v1/responses', body: responses },
  'a response that is not stored': { url: '/v1/responses', body: { ...responses, store: false } },
  'a response as events': { url: '/v1/responses', body: { ...responses, stream: true } },
  'a response as events, not stored': { url: '/v1/responses', body: { ...responses, stream: true, store: false } },
  'a response in the background': { url: '/v1/responses', body: { ...responses, background: true } }
}

const refused = () => Object.assign(new Error('sign in first'), { statusCode: 401 })

const owners: Record<string, NonNullable<ResumableOptions['owner']>> = {
  'a function that throws': ({ headers }) => {
    if (headers.authorization === undefined) throw refused()
    return headers.authorization
  },
  'a promise that rejects': async ({ headers }) => {
    if (headers.authorization === undefined) throw refused()
    return headers.authorization
  }
}

async function serveAll(app: FastifyInstance, generate: Generate, owner: ResumableOptions['owner']): Promise<void> {
  const options = { generate, resumable: { owner } }
  for (const routes of [streamRoutes, chatRoutes, agUiRoutes]) await app.register(routes, options)
  await app.register(responsesRoutes, { ...options, models: ['a'] })
}

for (const [kind, owner] of Object.entries(owners)) {
  t.test(`nobody asks the model whom owner refuses: ${kind}`, async t => {
    let asked = 0
    const app = Fastify()
    t.teardown(() => app.close())
    await serveAll(
      app,
      async function* () {
        asked++
        yield 'paid'
        return { finishReason: 'stop' }
      },
      owner
    )
    for (const [way, { url, body, headers }] of Object.entries(ways)) {
      const ask = (more: Record<string, string>) =>
        app.inject({
          url,
          method: body === undefined ? 'GET' : 'POST',
          headers: { ...headers, ...more },
          ...(body && { body })
        })
      const { statusCode, body: text } = await ask({})
      t.equal(statusCode, 401, way)
      t.match(text, 'sign in first', way)
      t.equal(asked, 0, way)
      t.equal((await ask({ authorization: 'me' })).statusCode, 200, `${way}, signed in`)
      asked = 0
    }
  })
}
