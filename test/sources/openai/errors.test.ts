import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { openAiServer, type ProviderCall } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import {
  ask,
  choiceOf,
  chunkOf,
  DONE,
  dataOf,
  proxy,
  type Reply,
  replier,
  STOP,
  serveSource,
  serveWith,
  whole
} from './harness.js'

t.test("answers with the provider's status and nothing of its words", async t => {
  for (const [status, message] of [
    [401, 'it does not accept the key of this server'],
    [403, 'it does not let this server use the model'],
    [404, 'it does not know the model'],
    [429, 'too many requests, try again later'],
    [400, 'see the log'],
    [503, 'see the log']
  ] as const) {
    const { provider, url } = await proxy(t, ({ response }) => {
      const retryAfter = status === 429 || status === 503 ? { 'retry-after': '7' } : {}
      response.writeHead(status, { 'content-type': 'application/json', ...retryAfter })
      response.end(JSON.stringify({ error: { message: 'Incorrect API key provided: sk-secret', code: 'invalid_key' } }))
    })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    const shown = status === 401 || status === 403 ? 502 : status
    t.equal(client.status, shown)
    t.match(JSON.parse(client.text()), {
      statusCode: shown,
      code: 'FST_SSE_PROVIDER_REFUSED',
      message: `the model provider answered with status ${status}: ${message}`
    })
    t.equal(client.headers['retry-after'], status === 429 || status === 503 ? '7' : undefined)
    t.notMatch(client.text(), 'sk-secret')
    t.equal(provider.calls.length, 1, 'it is asked once')
  }
})

t.test('sends an error event when the provider breaks off midway, or ends too early', async t => {
  const breaks: ((call: ProviderCall) => void)[] = [
    ({ response }) => response.destroy(),
    ({ response }) => response.end(),
    ({ response }) => response.end('data: {"error":{"message":"sk-secret overloaded"}}\n\n'),
    ({ response }) => response.end('data: {not json\n\n')
  ]
  for (const fail of breaks) {
    const { url } = await proxy(t, async call => {
      call.token('half')
      await until('the client has the first token', () => client.text().includes('half'))
      fail(call)
    })
    const client = open(`${url}/stream?prompt=hi`)
    await client.end()
    t.equal(client.ended, 'clean')
    t.same(
      client.events().map(({ event, data }) => [event, event === 'error' ? JSON.parse(data) : data]),
      [
        [undefined, 'half'],
        ['error', { statusCode: 502, code: 'FST_SSE_PROVIDER_LOST', message: 'Bad Gateway' }]
      ]
    )
  }
})

t.test('answers with the status of an error that the provider sends in a response of status 200', async t => {
  for (const [code, status] of [
    [429, 429],
    [304, 502],
    [600, 502],
    ['overloaded', 502]
  ] as const) {
    const { url } = await proxy(t, ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`data: {"error":{"message":"sk-secret","code":${JSON.stringify(code)}}}\n\n`)
    })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, status)
    t.notMatch(client.text(), 'sk-secret')
  }
})

t.test('answers 502 where the provider does not answer with events', async t => {
  for (const [status, type, body] of [
    [200, 'text/html', '<!doctype html>sk-secret'],
    [200, 'text/event-streams', chunkOf('sk-secret') + STOP],
    [200, undefined, chunkOf('sk-secret') + STOP],
    [204, 'text/event-stream', '']
  ] as const) {
    const provider = await openAiServer(t, ({ response }) => {
      response.writeHead(status, type && { 'content-type': type })
      response.end(body)
    })
    const { url, log } = await serveSource(t, { baseURL: provider.url, apiKey: 'sk-secret' })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, 502)
    t.match(JSON.parse(client.text()), {
      code: 'FST_SSE_PROVIDER_LOST',
      message: 'the model provider did not answer with events'
    })
    const words = body.replace('sk-secret', '[key]')
    t.ok(
      log.some(({ err }) => err?.message.endsWith(`: status ${status}, content-type ${type ?? null}: ${words}`)),
      'the log says what came instead'
    )
  }
})

t.test('passes on the tokens that came with what went wrong', async t => {
  const ends: Record<string, [string, RegExp]> = {
    'what is not JSON': ['data: {not json, sk-secret\n\n', /sent an event that is not JSON: \{not json, \[key\]$/],
    'an error': [
      'data: {"error":{"message":"sk-secret timed out"}}\n\n',
      /broke off with an error: \{"message":"\[key\] timed out"\}$/
    ],
    'an error that is a text': ['data: {"error":"sk-secret"}\n\n', /broke off with an error: "\[key\]"$/],
    'an error with a status': [
      'data: {"error":{"message":"sk-secret","code":429}}\n\n',
      /answered with status 429: .*: \{"message":"\[key\]","code":429\}$/
    ]
  }
  for (const [name, [end, logged]] of Object.entries(ends)) {
    const provider = await openAiServer(t, ({ write, response }) => {
      write(chunkOf('a') + chunkOf('b') + end + chunkOf('c'))
      response.end()
    })
    const { url, log } = await serveSource(t, { baseURL: provider.url, apiKey: 'sk-secret' })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.same(
      client.events().map(({ event, data }) => event ?? data),
      ['a', 'b', 'error'],
      name
    )
    t.notMatch(client.text(), 'sk-secret')
    t.ok(
      log.some(({ err }) => err && logged.test(err.message)),
      'the log has the words of the provider'
    )
    t.notMatch(JSON.stringify(log), 'sk-secret')
  }
})

t.test('logs what the provider says of its refusal, but no key and not more than is of use', async t => {
  const bodies: Record<string, [(call: ProviderCall) => void, string]> = {
    whole: [({ response }) => response.end('no such key: sk-secret'), 'no such key: [key]'],
    'without an end': [
      ({ response }) => {
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(1000)));
        }
        response.on('drain', more)
        more()
      },
      'x'.repeat(1900)
    ],
    'that breaks off': [
      async ({ response }) => {
        response.write('half')
        await until('it is sent', () => response.writableLength === 0)
        response.destroy()
      },
      ''
    ],
    'that stalls': [({ response }) => response.write('half'), 'half']
  }
  for (const [name, [send, words]] of Object.entries(bodies)) {
    const provider = await openAiServer(t, call => {
      call.response.writeHead(401, { 'content-type': 'text/plain' })
      call.response.flushHeaders()
      return send(call)
    })
    const options = { baseURL: provider.url, apiKey: 'sk-secret', timeout: name === 'that stalls' ? 200 : 60_000 }
    const { url, log } = await serveSource(t, options)
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, 502, `an answer to a body ${name}`)
    const message = log.map(({ err }) => err?.message).find(text => text !== undefined) ?? ''
    t.match(message, `not accept the key of this server: status 401, content-type text/plain: ${words}`)
    t.ok(message.length < 2200)
    t.notMatch(JSON.stringify(log), 'sk-secret')
    await until('the connection is closed, or the response ended', () => provider.calls[0]?.closed)
  }
})

t.test('tells what an answer without a key broke off with', async t => {
  const provider = await openAiServer(t, ({ response, write }) => {
    write('data: {not json\n\n')
    response.end()
  })
  await t.rejects(whole(ask({ baseURL: provider.url })), { cause: { message: '{not json' } })
  t.equal(provider.calls[0]?.headers.authorization, 'Bearer none')
})

t.test('a status without a name in Node: reaches the client, on every route and in every form', async t => {
  let status = 0
  const provider = await openAiServer(t, ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"sk-secret"}}')
  })
  const url = await serveWith(t, { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'sk-secret', OPENAI_MODEL: 'small' })
  for (status of [419, 420, 498, 499, 520, 524, 529, 530, 598, 599]) {
    const chat = { model: 'small', messages: [{ role: 'user', content: 'hi' }] }
    for (const [path, options] of [
      ['/stream?prompt=hi', {}],
      ['/stream?prompt=hi', { headers: { accept: 'application/json' } }],
      ['/stream', { body: { prompt: 'hi' } }],
      ['/v1/chat/completions', { body: chat }],
      ['/v1/chat/completions', { body: { ...chat, stream: true } }]
    ] as const) {
      const client = await fetchAll(url + path, options)
      t.equal(client.status, status, `${status} of ${path}`)
      t.match(client.text(), '"FST_SSE_PROVIDER_REFUSED"')
      t.notMatch(client.text(), 'sk-secret')
    }
  }
})

t.test('a status without a name in Node: midway', async t => {
  const { url } = await proxy(t, ({ write, response }) => {
    write(`${chunkOf('a')}data: {"error":{"code":529}}\n\n`)
    response.end()
  })
  const [, error] = (await fetchAll(`${url}/stream?prompt=hi`)).events()
  t.match(JSON.parse(error?.data ?? ''), { statusCode: 529, code: 'FST_SSE_PROVIDER_REFUSED', message: 'Server Error' })
})

/** Errors as servers write them: the status that they have, where they have one, and the words for the log. */
const forms: [body: unknown, status: number | undefined, words: string][] = [
  [{ error: { message: 'why', code: 429 } }, 429, '{"message":"why","code":429}'],
  [{ error: { message: 'why', code: '429' } }, 429, '"code":"429"'],
  [{ error: { message: 'why', code: 'rate_limit', status: 429 } }, 429, '"status":429'],
  [{ error: { message: 'why', type: 'x', status_code: 503 } }, 503, '"status_code":503'],
  [{ error: { http_code: '402', message: 'why' } }, 402, '"http_code":"402"'],
  [{ error: { message: 'why' }, status: 404 }, 404, '{"message":"why"}'],
  [{ error: { error: { message: 'why', code: 400 } } }, 400, '"code":400'],
  [{ error: 'why' }, undefined, '"why"'],
  [{ error: 'why', status_code: 422 }, 422, '"why"'],
  [{ error: ['why'] }, undefined, '["why"]'],
  [{ error: { code: 'model_overloaded', message: 'why' } }, undefined, '"model_overloaded"'],
  [{ error: { code: 1302, message: 'why' } }, undefined, '1302'],
  [{ error: { code: 200, message: 'why' } }, undefined, '200'],
  [{ error: { code: 399, message: 'why' } }, undefined, '399'],
  [{ error: { code: 600, message: 'why' } }, undefined, '600'],
  [{ error: { code: 404.5, message: 'why' } }, undefined, '404.5'],
  [[{ error: { code: 400, message: 'why', status: 'INVALID_ARGUMENT' } }], 400, '"INVALID_ARGUMENT"'],
  [{ object: 'error', message: 'why', type: 'BadRequestError', code: 400 }, 400, '"object":"error"'],
  [{ object: 'error', message: 'why', code: null }, undefined, '"message":"why"'],
  [{ type: 'error', error: { type: 'overloaded_error', message: 'why' } }, undefined, '"overloaded_error"'],
  [{ detail: 'why' }, undefined, '{"detail":"why"}'],
  [{ detail: [{ loc: ['body', 'n'], msg: 'why', type: 'value_error' }] }, undefined, '"msg":"why"'],
  [{ message: 'why' }, undefined, '{"message":"why"}'],
  [{ message: 'why', __type: 'ThrottlingException' }, undefined, '"ThrottlingException"'],
  [{ code: 503, msg: 'why', success: false }, 503, '"msg":"why"'],
  [{ success: false, errors: [{ code: 7003, message: 'why' }], result: null }, undefined, '"errors"'],
  [{ choices: null, base_resp: { status_code: 1008, status_msg: 'why' } }, undefined, '"status_msg":"why"'],
  [{ error_msg: 'why', error_code: 429 }, 429, '"error_msg":"why"']
]

t.test('an error in another form: in a response of status 200, with framing and without', async t => {
  const reply = await replier(t)
  for (const [body, status, words] of forms) {
    const json = JSON.stringify(body)
    const sent: Record<string, Reply> = {
      'as an event': { body: `data: ${json}\n\n` },
      'as an event, with the mark': { body: `data: ${json}\n\n${DONE}` },
      'as an event with a name': { body: `event: error\ndata: ${json}\n\n` },
      'without framing': { body: json },
      'without framing, over several lines': { body: JSON.stringify(body, null, 2) },
      'as JSON': { type: 'application/json', body: json },
      'as JSON over several lines': {
        type: 'application/json; charset=utf-8',
        body: `${JSON.stringify(body, null, 2)}\n`
      }
    }
    for (const [name, one] of Object.entries(sent)) {
      const { text, error } = await reply(one)
      t.equal(text, '')
      t.equal(error?.status, status ?? 502, `${json} ${name}`)
      t.ok(error?.words.includes(words) || name.includes('name'), `${error?.words}`)
    }
    const { text, error } = await reply(`${chunkOf('a')}${chunkOf('b')}data: ${json}\n\n`)
    t.match([text, error], ['ab', { status: status ?? 502 }], 'after text')
  }
})

t.test('an error in another form: an error after text that has no framing', async t => {
  const reply = await replier(t)
  const error = JSON.stringify({ error: { code: 503, message: 'overloaded' } }, null, 2)
  for (const end of ['', '\n', '\n\n', `\n${DONE}`]) {
    const answer = await reply(`${chunkOf('a')}${STOP}${error}${end}`)
    t.match([answer.text, answer.error], ['a', { status: 503 }])
  }
  const endless = await reply(({ write }) => write(`${chunkOf('a')}${error}\n`))
  t.match(endless.error, { status: 503 }, 'also where the connection stays open')
})

t.test('an error in another form: a whole answer of a server that does not stream', async t => {
  const reply = await replier(t)
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  const message = { role: 'assistant', content: 'Hello, world' }
  const completion = (choice: object) => ({ object: 'chat.completion', choices: [{ index: 0, ...choice }], usage })
  const bodies: [body: unknown, reason: string][] = [
    [completion({ message, finish_reason: 'stop' }), 'stop'],
    [completion({ message, finish_reason: 'length' }), 'length'],
    [completion({ message, finish_reason: null }), 'unknown'],
    [completion({ message }), 'unknown'],
    [
      completion({ message: { ...message, content: [{ type: 'text', text: 'Hello, world' }] }, finish_reason: 'stop' }),
      'stop'
    ],
    [[completion({ message, finish_reason: 'stop' })], 'stop'],
    [{ ...completion({ text: 'Hello, world', finish_reason: 'stop' }), object: 'text_completion' }, 'stop']
  ]
  for (const type of ['application/json', 'application/json; charset=utf-8', 'text/event-stream']) {
    for (const [body, reason] of bodies) {
      for (const indent of [0, 2]) {
        const { text, finish, error } = await reply({ type, body: JSON.stringify(body, null, indent) })
        if (type === 'text/event-stream' && reason === 'unknown') t.equal(error?.status, 502)
        else {
          const expected = { finishReason: reason, usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 } }
          t.same([text, finish, error], ['Hello, world', expected, undefined], `${type} ${JSON.stringify(body)}`)
        }
      }
    }
  }
})

t.test('an error in another form: events whose type says JSON, and JSON in lines', async t => {
  const reply = await replier(t)
  const events = chunkOf('a') + chunkOf('b') + STOP + DONE
  for (const type of [
    'application/json',
    'application/x-ndjson',
    'application/jsonl',
    'application/stream+json',
    'text/json'
  ]) {
    for (const body of [events, events.replaceAll('data: ', '').replaceAll('\n\n', '\n')]) {
      t.match(await reply({ type, body }), { text: 'ab', finish: { finishReason: 'stop' } }, type)
    }
  }
})

t.test('an error in another form: JSON that is no answer', async t => {
  const reply = await replier(t)
  for (const body of ['{"status":"ok"}', '{}', '[]', '42', 'null', '"text"', '']) {
    const { text, error } = await reply({ type: 'application/json', body })
    t.match([text, error], ['', { status: 502 }], body)
    t.match(error?.message, /sent nothing that is an answer|ended its answer too early/)
  }
  const { error } = await reply({ type: 'application/json', body: '{"choices":[{"message":{"content":"Hel' })
  t.match(error, { message: 'the model provider sent an event that is not JSON' })
})

t.test('an error in another form: words beside an answer are none of its errors', async t => {
  const reply = await replier(t)
  const { text, finish } = await reply(`data: {"message":"queued"}\n\n${chunkOf('a')}${STOP}${DONE}`)
  t.same([text, finish], ['a', { finishReason: 'stop' }])
  const { error } = await reply(`data: {"message":"queued"}\n\n${chunkOf('a')}${DONE}`)
  t.match(error, { words: '{"message":"queued"}' }, 'unless nothing says that the answer is whole')
})

t.test('an error in another form: nothing of it reaches the client, and no key the log', async t => {
  for (const [body, status] of forms) {
    const secret = JSON.stringify(body).replace('why', 'sk-secret')
    const provider = await openAiServer(t, ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'retry-after': '7' })
      response.end(secret)
    })
    const { url, log } = await serveSource(t, { baseURL: provider.url, apiKey: 'sk-secret' })
    const client = await fetchAll(`${url}/stream?prompt=hi`)
    t.equal(client.status, status ?? 502)
    t.equal(client.headers['retry-after'], status === undefined ? undefined : '7')
    t.match(client.text(), /"FST_SSE_PROVIDER_(LOST|REFUSED)"/)
    t.notMatch(client.text(), /sk-secret|\[key\]/)
    t.ok(
      log.some(({ err }) => err?.message.includes('[key]')),
      secret
    )
    t.notMatch(JSON.stringify(log), 'sk-secret')
  }
})

t.test('an error in another form: keys with characters that JSON escapes', async t => {
  const reply = await replier(t)
  for (const apiKey of ['a"b\\c/d', 'sk/secret']) {
    for (const words of [
      JSON.stringify({ error: apiKey }),
      JSON.stringify({ error: apiKey }).replaceAll('/', '\\/'),
      `https://provider.example?key=${encodeURIComponent(apiKey)}`,
      apiKey
    ]) {
      const { error } = await reply({ status: 401, type: 'text/plain', body: words }, { apiKey })
      t.match(error?.words, '[key]', words)
    }
  }
})

/** Errors in forms that no list has, as events. */
const unlisted = [
  'data: {"status":"error","reason":"why"}',
  'data: {"status":500,"title":"why"}',
  'data: {"code":"why"}',
  'data: {"fault":{"faultstring":"why"}}',
  'data: {"exception":"why"}',
  'data: {"err":"why"}',
  'data: {"Message":"why","Code":1}',
  'data: {"internalServerException":{"message":"why"}}',
  'data: {"type":"overloaded","hint":"why"}',
  'data: {"event":"why"}',
  'data: {"header":{"code":10013,"message":"why"}}',
  'data: upstream failed: why',
  'why, Internal Server Error',
  '<html><body>502 why</body></html>',
  'event: failure\ndata: why'
]

t.test('an error in an unlisted form: with [DONE] and no finish_reason, the answer is no success', async t => {
  const reply = await replier(t)
  for (const event of unlisted) {
    for (const end of [DONE, `${choiceOf({ delta: {} })}${DONE}`]) {
      const { text, finish, error } = await reply(`${chunkOf('a')}${event}\n\n${end}`)
      t.same([text, finish], ['a', undefined], event)
      t.match(error, { status: event.includes('500') ? 500 : 502, words: 'why' })
    }
    const cut = await reply(`${chunkOf('a')}${event}\n\n`)
    t.match(cut.error, { message: 'the model provider ended its answer too early', words: 'why' }, event)
    const whole = await reply(`${chunkOf('a')}${event}\n\n${STOP}${DONE}`)
    t.match(whole, { text: 'a', finish: { finishReason: 'stop' } }, 'with a finish_reason it was none')
    const late = await reply(`${chunkOf('a')}${STOP}${DONE}${event}\n\n`)
    t.match(late, { text: 'a', finish: { finishReason: 'stop' } }, 'after the end it is of no matter')
  }
})

t.test('an error in an unlisted form: pings, progress and metadata are none', async t => {
  const reply = await replier(t)
  for (const event of [
    'data: {}',
    'data: {"type":"ping"}',
    'data: {"event":"heartbeat","timestamp":1736}',
    'data: {"status":"processing","id":"a"}',
    'data: {"id":"c","object":"chat.completion.chunk","created":7,"model":"m"}',
    'data: {"conversation_id":"c-1","message_id":7,"citations":["https://example.com"]}',
    'data: {"timings":{"predicted_n":4}}',
    'data: {"message":null,"detail":"","errors":[]}',
    'data: keep-alive',
    'data: : OPENROUTER PROCESSING',
    'data: <heartbeat>',
    'data: null',
    'data: 42',
    'OK',
    'event: ping\ndata:'
  ]) {
    const { text, finish } = await reply(`${chunkOf('a')}${event}\n\n${DONE}`)
    t.same([text, finish], ['a', { finishReason: 'unknown' }], event)
  }
})

t.test('an error in another form: in a chunk', async t => {
  const reply = await replier(t)
  const delta = { content: 'b' }
  for (const [body, status] of [
    [{ choices: [{ delta: { error: { message: 'why', code: 429 } } }] }, 429],
    [{ choices: [{ message: { content: 'ab', error: 'why' } }] }, 502],
    [{ choices: [{ delta }], code: 10013, message: 'why' }, 502],
    [{ choices: [{ delta }], code: '503', msg: 'why' }, 503],
    [{ choices: [], code: 500, message: 'why' }, 500],
    [{ choices: [], code: 'InvalidParameter', message: 'why' }, 502]
  ] as const) {
    const { text, error } = await reply(chunkOf('a') + dataOf(body) + STOP + DONE)
    t.match(error, { status, words: 'why' }, JSON.stringify(body))
    t.match(text, /^ab?$/)
  }
})

t.test('an error in another form: what says that there is none', async t => {
  const reply = await replier(t)
  for (const fields of [
    { code: 0, message: 'Success', sid: 'x' },
    { code: '0', message: 'fine' },
    { code: 200, msg: 'fine' },
    { code: 20000, message: 'fine', status: true },
    { code: 'ok', message: 'fine' },
    { code: 7, message: 'Success' },
    { code: 7, message: '' },
    { code: 7 },
    { error: { code: 0, message: '' } },
    { error: { message: null } }
  ]) {
    const { text, error } = await reply(dataOf({ choices: [{ delta: { content: 'a' } }], ...fields }) + STOP + DONE)
    t.same([text, error], ['a', undefined], JSON.stringify(fields))
  }
})

t.test('an error in another form: an event named error that has no data', async t => {
  const reply = await replier(t)
  for (const end of [STOP + DONE, DONE, '']) {
    const { text, error } = await reply(`${chunkOf('a')}event: error\n\n${end}`)
    t.match([text, error], ['a', { status: 502, message: 'the model provider broke off with an error' }])
  }
})

t.test('a status whose body stalls reaches the client before a stream would begin', async t => {
  const provider = await openAiServer(t, ({ response }) => {
    response.writeHead(429, { 'retry-after': '7', 'content-type': 'application/json' })
    response.flushHeaders()
  })
  const { url } = await serveSource(t, { baseURL: provider.url })
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.match([client.status, client.headers['retry-after']], [429, '7'])
})

t.test('a status that is about a proxy is none of the client', async t => {
  const { url } = await proxy(t, ({ response }) => response.writeHead(407).end('{}'))
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.match([client.status, client.text()], [502, '"FST_SSE_PROVIDER_LOST"'])
  const reply = await replier(t)
  const { error } = await reply({ status: 407, body: '{}' })
  t.match(error, { status: 502, words: 'fetch failed, as it does for the status 407 of a proxy' })
  const inBody = await reply(dataOf({ error: { code: 407, message: 'why' } }))
  t.match(inBody.error, { status: 502, message: 'the model provider answered with status 407', words: 'why' })
})

t.test('a retry-after that is neither seconds nor a date does not reach the client', async t => {
  const date = 'Thu, 26 Nov 2099 19:20:10 GMT'
  for (const [given, sent] of [
    ['7', '7'],
    ['0', '0'],
    [date, date],
    ['soon', undefined],
    ['', undefined],
    ['-1', undefined],
    ['7.5', undefined],
    ['7s', undefined],
    ['2099-11-26T19:20:10Z', undefined],
    ['7, 7', undefined],
    ['99999999999', undefined]
  ] as const) {
    const { url } = await proxy(t, ({ response }) => response.writeHead(429, { 'retry-after': given }).end('{}'))
    for (const options of [{}, { headers: { accept: 'application/json' } }]) {
      const client = await fetchAll(`${url}/stream?prompt=hi`, options)
      t.same([client.status, client.headers['retry-after']], [429, sent], given)
    }
  }
})

t.test('a content type that is given twice', async t => {
  const reply = await replier(t)
  const events = chunkOf('a') + STOP + DONE
  for (const type of [
    'text/event-stream, text/event-stream',
    'text/event-stream; charset=utf-8, text/event-stream',
    'application/json, application/json'
  ]) {
    t.match(await reply({ type, body: events }), { text: 'a', finish: { finishReason: 'stop' } }, type)
  }
  t.equal((await reply({ type: 'text/html, text/event-stream', body: events })).error?.status, 502)
})
