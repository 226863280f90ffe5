import t from 'tap'
import { streamRoutes, textGenerate } from '../../../routes/index.js'
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
  const content = 'a string, or a list of parts with the type text, image, file or audio'
  const part = 'an object with one of the types "text", "image", "file", "audio"'
  const choice = '"auto", "none", "required", or an object with tool: the name of the one to call'
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
    ['', { messages: [{ role: 'user' }] }, `body/messages/0/content is missing, it takes ${content}`],
    [
      '',
      { messages: [{ role: 'bot', content: 'a' }] },
      'body/messages/0/role takes one of "system", "user", "assistant", "tool"'
    ],
    [
      '',
      { messages: [{ role: 5, content: 'a' }] },
      'body/messages/0/role takes one of "system", "user", "assistant", "tool"'
    ],
    ['', { messages: [{ role: 'system', content: '' }] }, 'body/messages/0/content takes a string that is not empty'],
    ['', { messages: [{ role: 'user', content: 5 }] }, `body/messages/0/content takes ${content}`],
    ['', { messages: [{ role: 'user', content: [] }] }, `body/messages/0/content takes ${content}`],
    ['', { messages: [{ role: 'user', content: ['hi'] }] }, `body/messages/0/content/0 takes ${part}`],
    ['', { messages: [{ role: 'user', content: [null] }] }, `body/messages/0/content/0 takes ${part}`],
    ['', { messages: [{ role: 'user', content: [{ type: 'video' }] }] }, `body/messages/0/content/0 takes ${part}`],
    [
      '',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] },
      'body/messages/0/content/0/text takes a string'
    ],
    [
      '',
      { messages: [{ role: 'assistant', content: [{ type: 'tool-call', id: 'a', name: 'b' }] }] },
      'body/messages/0/content/0/arguments is missing, it takes a string of JSON, or the next piece of it'
    ],
    [
      '',
      { messages: [{ role: 'user', content: [{ type: 'text', text: long }] }] },
      'body/messages/0/content takes up to 100000 characters, all parts together'
    ],
    [
      '',
      { messages: [{ role: 'user', content: 'a' }], tools: [{}] },
      'body/tools/0/name is missing, it takes a string that is not empty'
    ],
    ['', { messages: [{ role: 'user', content: 'a' }], topP: '1' }, 'body/topP takes a number'],
    ['', { messages: [{ role: 'user', content: 'a' }], toolChoice: 'x' }, `body/toolChoice takes ${choice}`],
    ['', { messages: [{ role: 'user', content: '' }] }, 'body/messages/0/content takes a string that is not empty'],
    [
      '',
      { messages: [{ role: 'user', content: 'a', label: 'b' }] },
      'body/messages/0/label is unknown; known are role, content, name, extra'
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

t.test('refuses what generate does not accept, and names the field', async t => {
  const { app: server } = build(t)
  server.register(streamRoutes, { generate: textGenerate(() => t.fail('generate was called') as never) })
  const user = { role: 'user', content: 'a' }
  const call = { type: 'tool-call', id: '1', name: 'b', arguments: '{}' }
  for (const [body, path] of [
    [{ messages: [user], tools: [{ name: 'b' }] }, 'tools'],
    [{ messages: [user], responseFormat: { type: 'json' } }, 'responseFormat'],
    [{ messages: [user, { role: 'tool', toolCallId: '1', content: 'c' }] }, 'messages/1/role'],
    [{ messages: [{ role: 'assistant', content: [{ type: 'text', text: 'a' }, call] }] }, 'messages/0/content/1'],
    [{ messages: [{ role: 'user', content: [{ type: 'image', url: 'data:,' }] }] }, 'messages/0/content/0'],
    [{ messages: [{ role: 'user', content: [{ type: 'file', id: '1' }] }] }, 'messages/0/content/0'],
    [{ messages: [{ role: 'user', content: [{ type: 'audio', data: '', format: 'mp3' }] }] }, 'messages/0/content/0']
  ] as const) {
    const response = await server.inject({ method: 'POST', url: '/stream', body })
    t.match(response.json(), { statusCode: 400, message: `body/${path} is not supported by this model` })
  }
})
