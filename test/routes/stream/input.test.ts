import t from 'tap'
import { streamRoutes } from '../../../routes/index.js'
import { build } from '../../helpers/server.js'

t.test('refuses wrong input, and names the field and what it takes', async t => {
  const { app: server } = build(t)
  server.register(streamRoutes, {
    generate: async function* () {
      t.fail('generate was called')
      yield* []
      return { finishReason: 'stop' }
    }
  })
  const text = 'a string of 1 to 100000 characters'
  const long = 'x'.repeat(100_001)
  const wrong: [string, unknown, string][] = [
    ['', undefined, `query/prompt is missing, it takes ${text}`],
    ['?prompt=', undefined, `query/prompt takes ${text}`],
    ['?prompt=a&prompt=b', undefined, `query/prompt takes ${text}`],
    ['?prompt=a&model=b', undefined, 'query/model is unknown; known are prompt, lastEventId'],
    ['?model=b', { prompt: 'a' }, 'query/model is unknown; known are lastEventId'],
    ['', { prompt: 'x'.repeat(2_000_000) }, `body/prompt takes ${text}`],
    ['', {}, `body takes either prompt (${text}) or messages`],
    ['', [], 'body takes application/json: an object with prompt or messages'],
    ['', { prompt: 'a', messages: [] }, `body takes either prompt (${text}) or messages`],
    ['', { prompt: 5 }, `body/prompt takes ${text}`],
    ['', { prompt: null }, `body/prompt takes ${text}`],
    ['', { prompt: long }, `body/prompt takes ${text}`],
    ['', { prompt: 'a', model: 'b' }, 'body/model is unknown; known are prompt'],
    ['', { messages: [] }, 'body/messages takes a list of 1 to 1000 messages'],
    ['', { messages: 'a' }, 'body/messages takes a list of 1 to 1000 messages'],
    ['', { messages: ['a'] }, 'body/messages/0 takes an object with role and content'],
    ['', { messages: [{ role: 'user' }] }, `body/messages/0/content is missing, it takes ${text}`],
    ['', { messages: [{ role: 'bot', content: 'a' }] }, 'body/messages/0/role takes "system", "user" or "assistant"'],
    ['', { messages: [{ role: 'user', content: '' }] }, `body/messages/0/content takes ${text}`],
    [
      '',
      { messages: [{ role: 'user', content: 'a', name: 'b' }] },
      'body/messages/0/name is unknown; known are role, content'
    ]
  ]
  for (const [query, body, message] of wrong) {
    const response = await server.inject({
      method: body === undefined ? 'GET' : 'POST',
      url: `/stream${query}`,
      ...(body === undefined ? {} : { body: body as object })
    })
    t.same(response.json(), { statusCode: 400, code: 'FST_SSE_INPUT_INVALID', error: 'Bad Request', message })
  }
  const none = await server.inject({ method: 'POST', url: '/stream' })
  t.equal(none.statusCode, 400)
  t.match(none.json(), { message: 'body takes application/json: an object with prompt or messages' })
})

t.test('says that the query has no fields where it has none', async t => {
  const { app: server } = build(t, { plugin: { lastEventIdParameter: false } })
  server.register(streamRoutes, { generate: () => t.fail('generate was called') as never })
  const response = await server.inject({ method: 'POST', url: '/stream?a=b', body: { prompt: 'a' } })
  t.match(response.json(), { statusCode: 400, message: 'query/a is unknown; known are none' })
})
