import t from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import { ask, chunkOf, DONE, proxy, STOP, whole } from './harness.js'

t.test('streams the tokens of an OpenAI-compatible server', async t => {
  const { provider, url } = await proxy(t, call => {
    for (const token of ['Hel', 'lo', '\n', '👋']) call.token(token)
    call.finish('length')
  })
  const messages = [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'hi' }
  ]
  const client = await fetchAll(`${url}/stream`, { body: { messages } })
  t.same(
    client.events().map(({ data }) => data),
    [
      'Hel',
      'lo',
      '\n',
      '👋',
      '{"finishReason":"length","usage":{"promptTokens":3,"completionTokens":2,"totalTokens":5}}'
    ]
  )
  t.match(provider.calls[0], {
    method: 'POST',
    url: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-secret', accept: 'text/event-stream', 'content-type': 'application/json' }
  })
  t.same(provider.calls[0]?.body, { model: 'small', messages, stream: true, stream_options: { include_usage: true } })
})

t.test('takes what servers send that are only nearly compatible', async t => {
  const chunks: Record<string, [object[], unknown[]]> = {
    'usage that is not complete': [
      [
        { choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] },
        { choices: [], usage: { prompt_tokens: 1, completion_tokens: null } }
      ],
      ['a', { finishReason: 'stop' }]
    ],
    'chunks without choices or delta': [
      [{}, { choices: [{ content_filter: {} }] }, { choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] }],
      ['a', { finishReason: 'stop' }]
    ],
    'an empty finish reason': [
      [{ choices: [{ delta: { content: 'a' }, finish_reason: '' }] }],
      ['a', { finishReason: 'unknown' }]
    ],
    'a refusal': [
      [{ choices: [{ delta: { refusal: 'no' } }] }, { choices: [{ delta: {}, finish_reason: 'stop' }] }],
      ['no', { finishReason: 'stop' }]
    ]
  }
  for (const [name, [sent, expected]] of Object.entries(chunks)) {
    const { url } = await proxy(t, ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`${sent.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`)
    })
    const { events } = await fetchAll(`${url}/stream?prompt=hi`)
    t.same(
      events().map(({ event, data }) => (event === undefined ? data : JSON.parse(data))),
      expected,
      name
    )
  }
})

t.test('decodes characters and lines that arrive in pieces', async t => {
  const text = '👋 ¡hé\u2028!'
  const tokens: string[] = []
  for (const end of ['\n', '\r\n']) {
    const event = Buffer.from(chunkOf(text).replaceAll('\n', end))
    tokens.length = 0
    const provider = await openAiServer(t, async ({ write, response }) => {
      for (let at = 1; at < event.length; at++) {
        write(Buffer.concat([Buffer.from(chunkOf(`${at}`)), event.subarray(0, at)]))
        await until('the first piece is read', () => tokens.at(-1) === `${at}`)
        write(event.subarray(at))
        await until('the second piece is read', () => tokens.at(-1) === text)
      }
      response.end(STOP)
    })
    t.equal((await whole(ask({ baseURL: provider.url }), tokens)).finishReason, 'stop')
    t.equal(tokens.length, 2 * (event.length - 1))
  }
})

t.test('takes many events that arrive together, and says nothing that comes behind the mark of the end', async t => {
  const tokens = Array.from({ length: 500 }, (_, index) => `token ${index}`)
  const provider = await openAiServer(t, ({ write, response }) => {
    write([': a comment\n\ndata: null\n\n', ...tokens.map(chunkOf), STOP, DONE, chunkOf('late')].join(''))
    response.end()
  })
  t.same(await whole(ask({ baseURL: provider.url })), { tokens, finishReason: 'stop' })
})

t.test('takes events whatever else their content type says', async t => {
  for (const type of [
    'text/event-stream; charset=utf-8',
    'text/event-stream;charset=UTF-8',
    'Text/Event-Stream ;a=b'
  ]) {
    const provider = await openAiServer(t, ({ response }) => {
      response.writeHead(200, { 'content-type': type })
      response.end(chunkOf('a') + STOP)
    })
    t.same(await whole(ask({ baseURL: provider.url })), { tokens: ['a'], finishReason: 'stop' })
  }
})
