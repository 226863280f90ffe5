import t from 'tap'
import type { Generate } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { api } from './api.js'

const messages = [{ role: 'user' as const, content: 'hi' }]
const never: Generate = () => t.fail('generate was called') as never

t.test('a wrong parameter is refused by name', async t => {
  const { post } = await api(t, never)
  const body = { model: 'a', messages }
  const refused: [object, string | null][] = [
    [{ ...body, n: 2 }, 'n'],
    [{ ...body, temperature: '0' }, 'temperature'],
    [{ ...body, max_tokens: 0 }, 'max_tokens'],
    [{ ...body, tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ ...body, stream: 'yes' }, 'stream'],
    [{ ...body, stream_options: { include_usage: true } }, 'stream_options'],
    [{ model: 'a' }, 'messages'],
    [{ model: 'a', messages: 'hi' }, 'messages'],
    [{ model: 'a', messages: [null] }, 'messages[0]'],
    [{ model: 'a', messages: [{ role: 'tool', content: 'hi' }] }, 'messages[0].tool_call_id'],
    [{ model: 'a', messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [
      { model: 'a', messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 5 } }] }] },
      'messages[0].content[0].image_url.url'
    ],
    [[], null]
  ]
  for (const [wrong, param] of refused) {
    const response = await post(wrong)
    t.equal(response.status, 400, String(param))
    const { error } = JSON.parse(response.text())
    t.match(error, { type: 'invalid_request_error', param, code: 'FST_SSE_INPUT_INVALID' })
    t.match(error.message, param ?? 'body')
  }
  const broken = await fetchAll(`${(await api(t, never)).baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' }
  })
  t.match(JSON.parse(broken.text()), { error: { type: 'invalid_request_error', param: null } })
})

t.test('a malformed body is refused with the reason', async t => {
  const { baseURL } = await api(t, never)
  for (const body of [
    'null',
    '5',
    '[]',
    '{}',
    '{"messages":5}',
    '{"model":"a","messages":[null]}',
    '{"model":"a","messages":[{}]}'
  ]) {
    const response = await fetch(`${baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body
    })
    t.equal(response.status, 400, body)
    t.match(await response.json(), { error: { type: 'invalid_request_error', code: 'FST_SSE_INPUT_INVALID' } })
  }
})

t.test('a path under /v1 that is not there is answered in the form of OpenAI', async t => {
  const { baseURL, app } = await api(t, never)
  app.log.level = 'silent'
  for (const [method, path] of [
    ['POST', '/embeddings?a=secret'],
    ['GET', '/chat/completions'],
    ['DELETE', '/models/a']
  ] as const) {
    const response = await fetch(`${baseURL}${path}`, { method })
    t.equal(response.status, 404)
    const [known] = path.split('?')
    const message = `this server does not have ${method} /v1${known}; see its documentation for what it has`
    const error = { message, type: 'not_found_error', param: null, code: 'FST_SSE_PATH_UNKNOWN' }
    t.same(await response.json(), { error })
  }
  const elsewhere = await fetch(baseURL.replace('/v1', '/v2'))
  t.match(await elsewhere.json(), { statusCode: 404, error: 'Not Found' })
})
