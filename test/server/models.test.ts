import t from 'tap'
import { buildApp } from '../../server/app.js'
import { readEnvironment } from '../../server/environment.js'
import { openAiServer } from '../helpers/openai-server.js'

t.test('a client chooses among the models of the server, and gets the first without a choice', async t => {
  const provider = await openAiServer(t, call => {
    call.token('hello')
    call.finish()
  })
  const variables = { LOG_LEVEL: 'silent', OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'small, large' }
  const app = await buildApp(readEnvironment(variables))
  t.teardown(() => app.close())
  t.match((await app.inject('/v1/models')).json(), { data: [{ id: 'small' }, { id: 'large' }] })
  const messages = [{ role: 'user', content: 'hi' }]
  for (const [model, asked] of [
    ['large', 'large'],
    ['small', 'small'],
    ['other', 'small'],
    [undefined, 'small']
  ] as const) {
    const { statusCode } = await app.inject({ method: 'POST', url: '/stream', payload: { messages, model } })
    t.equal(statusCode, 200)
    t.equal(provider.calls.at(-1)?.body.model, asked, String(model))
  }
})

t.test('clients of each API get the models, and errors of any URL, in the form that they read', async t => {
  const app = await buildApp(readEnvironment({ LOG_LEVEL: 'silent' }))
  t.teardown(() => app.close())
  const headers = { 'anthropic-version': '2023-06-01' }
  const { data } = (await app.inject('/v1/models')).json()
  const ids = data.map(({ id }: { id: string }) => ({ type: 'model', id }))
  t.match((await app.inject({ url: '/v1/models', headers })).json(), { data: ids, has_more: false })
  for (const url of ['/v1/%zz', '/v1/nope']) {
    t.match((await app.inject(url)).json(), { error: { message: String, param: null } }, url)
    t.match((await app.inject({ url, headers })).json(), { type: 'error', error: { message: String } }, url)
  }
})
