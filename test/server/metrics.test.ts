import t from 'tap'
import { buildApp } from '../../server/app.js'
import { readEnvironment } from '../../server/environment.js'
import { injectSse } from '../../testing/index.js'

t.test('/metrics is there where it is asked for, behind the keys of the server', async t => {
  for (const [variables, headers, status] of [
    [{}, {}, 404],
    [{ METRICS: '0' }, {}, 404],
    [{ METRICS: '1' }, {}, 200],
    [{ METRICS: '1', API_KEYS: 'secret' }, {}, 401],
    [{ METRICS: '1', API_KEYS: 'secret' }, { 'x-api-key': 'secret' }, 200]
  ] as const) {
    const app = await buildApp(readEnvironment({ ...variables, LOG_LEVEL: 'silent' }))
    const response = await app.inject({ url: '/metrics', headers: { host: 'localhost', ...headers } })
    t.equal(response.statusCode, status, JSON.stringify(variables))
    if (status === 200) t.match(response.headers['content-type'], /^text\/plain; version=0\.0\.4/)
    await app.close()
  }
})

t.test('a model is named where the server has one', async t => {
  for (const [models, named] of [
    ['small', true],
    ['small,large', false]
  ] as const) {
    const variables = {
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      OPENAI_MODEL: models,
      LOG_LEVEL: 'silent',
      METRICS: '1'
    }
    const app = await buildApp(readEnvironment(variables))
    await (await injectSse(app, { url: '/stream?prompt=hi', headers: { host: 'localhost' } })).body()
    const { body } = await app.inject({ url: '/metrics', headers: { host: 'localhost' } })
    t.match(body, /^sse_generations_total\{[^}]*sse_outcome="error"[^}]*\} 1$/m)
    t.equal(body.includes('gen_ai_request_model="small"'), named, models)
    await app.close()
  }
})
