import Fastify, { type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import {
  anthropicRoutes,
  frameworkErrors,
  type Generate,
  openAiRoutes,
  responsesRoutes
} from '../../../routes/index.js'

const generate: Generate = async function* () {
  yield 'hi'
  return { finishReason: 'stop' }
}

async function served(t: Test, options: FastifyServerOptions = {}) {
  const app = Fastify(options)
  t.teardown(() => app.close())
  for (const prefix of ['', '/other']) {
    await app.register(openAiRoutes, { generate, models: ['a'], prefix })
    await app.register(responsesRoutes, { generate, models: ['a'], prefix })
    await app.register(anthropicRoutes, { generate, prefix })
  }
  return app
}

const openAiForm = (code: string) => ({ error: { type: 'invalid_request_error', code, param: null, message: String } })
const anthropicForm = { type: 'error', error: { type: 'invalid_request_error', message: String } }

t.test('a URL that the router cannot read is answered in the form of the API under /v1', async t => {
  const app = await served(t, { frameworkErrors })
  const long = 'x'.repeat(200)
  for (const [url, status, code] of [
    ['/v1/%zz', 400, 'FST_ERR_BAD_URL'],
    ['/V1/chat/%', 400, 'FST_ERR_BAD_URL'],
    ['/v1/responses/%c3%28?a=b', 400, 'FST_ERR_BAD_URL'],
    ['/other/v1/models/%zz', 400, 'FST_ERR_BAD_URL'],
    [`/v1/responses/${long}`, 414, 'FST_ERR_MAX_PARAM_LENGTH']
  ] as const) {
    for (const method of ['GET', 'POST'] as const) {
      if (status === 414 && method === 'POST') continue
      const forOpenAi = await app.inject({ method, url })
      t.equal(forOpenAi.statusCode, status, url)
      t.match(forOpenAi.json(), openAiForm(code), url)
      const forAnthropic = await app.inject({ method, url, headers: { 'anthropic-version': '2023-06-01' } })
      t.equal(forAnthropic.statusCode, status, url)
      t.match(forAnthropic.json(), anthropicForm, url)
    }
  }
  t.match((await app.inject('/v1/messages/%zz')).json(), anthropicForm)
})

t.test('any other URL is answered as Fastify does', async t => {
  const [app, plain] = await Promise.all([served(t, { frameworkErrors }), served(t)])
  for (const url of ['/%zz', '/v1%zz', '/v2/%zz', '/a?b=/v1/%zz', '/%zz?a=/v1/b']) {
    const [ours, fastify] = [await app.inject(url), await plain.inject(url)]
    t.equal(ours.statusCode, fastify.statusCode, url)
    t.equal(ours.body, fastify.body, url)
    t.match(ours.headers['content-type'], /^application\/json/)
  }
})
