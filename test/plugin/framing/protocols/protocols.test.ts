import { Type } from '@sinclair/typebox'
import t from 'tap'
import { eventStream, type Protocol } from '../../../../plugin/index.js'
import { fetchAll } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'
import { sourceServer } from '../../../helpers/source-server.js'

const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }

t.test('a source that ends too early does not end like a complete one', async t => {
  const ask = sourceServer(t)
  const early: [string, unknown[]][] = [
    ['openai', [{ choices: [{ delta: {}, finish_reason: null }] }]],
    ['openai', [{ choices: 'none' }]],
    ['openai', [{ type: 'response.created', sequence_number: 0 }]],
    ['openai', [{ type: 'response.output_text.done' }]],
    ['anthropic', [{ type: 'message_start' }]],
    ['ai-sdk', [{ type: 'start' }]],
    [
      'ai-sdk',
      [
        { type: 'text-start', id: '1' },
        { type: 'text-end', id: '2' }
      ]
    ],
    ['ai-sdk', [{ type: 'reasoning-start', id: '1' }]],
    ['ai-sdk', [{ type: 'error', errorText: 'no' }]],
    ['ag-ui', [{ type: 'RUN_STARTED' }]],
    ['ag-ui', [{ type: 'RUN_FINISHED' }, { type: 'RUN_STARTED' }]]
  ]
  for (const [protocol, items] of early) {
    const { text } = await ask(items, { protocol })
    t.match(text, /Bad Gateway/, JSON.stringify(items))
    t.notMatch(text, '[DONE]')
  }
})

t.test('a complete source ends as its protocol says', async t => {
  const ask = sourceServer(t)
  const whole: [string, unknown[], RegExp][] = [
    ['openai', [finish], /\n\ndata: \[DONE\]\n\n$/],
    ['openai', [{ type: 'speech.audio.done' }], /^event: speech.audio.done\ndata: .+\n\n$/],
    ['anthropic', [{ type: 'message_stop' }], /^event: message_stop\ndata: .+\n\n$/],
    ['ai-sdk', [{ type: 'start' }, { type: 'text-start', id: '1' }, { type: 'abort' }], /\n\ndata: \[DONE\]\n\n$/],
    ['ai-sdk', [{ type: 'data-weather', data: 1 }], /\n\ndata: \[DONE\]\n\n$/],
    ['ag-ui', [{ type: 'RUN_FINISHED' }], /^data: \{"type":"RUN_FINISHED"\}\n\n$/],
    ['ag-ui', [{ type: 'RUN_ERROR', message: 'no' }], /^data: \{"type":"RUN_ERROR","message":"no"\}\n\n$/]
  ]
  for (const [protocol, items, end] of whole) t.match((await ask(items, { protocol })).text, end)
})

t.test('an invalid item of the protocol is refused', async t => {
  const ask = sourceServer(t)
  for (const protocol of ['openai', 'anthropic', 'ai-sdk', 'ag-ui']) {
    for (const item of [5, null, [], Buffer.from('a'), undefined, { data: 1 }, Promise.resolve(finish)]) {
      const { status, error } = await ask([item], { protocol })
      t.same([status, error.code], [500, 'FST_SSE_EVENT_INVALID'])
    }
  }
  t.equal((await ask([{ a: 1 }], { protocol: 'anthropic' })).error.code, 'FST_SSE_EVENT_INVALID')
})

t.test('the first item decides whether a source gives items of the API or parts of an answer', async t => {
  const ask = sourceServer(t)
  const part = { type: 'reasoning', text: 'hm' }
  for (const [protocol, native] of [
    ['openai', finish],
    ['anthropic', { type: 'message_start' }],
    ['ai-sdk', { type: 'start' }],
    ['ag-ui', { type: 'RUN_STARTED' }]
  ] as const) {
    for (const items of [
      [native, 'text'],
      ['text', native],
      [part, native]
    ]) {
      const { text } = await ask(items, { protocol })
      t.match(text, 'Internal Server Error', JSON.stringify(items))
      t.notMatch(text, '[DONE]')
    }
  }
})

t.test('map makes and skips items of the protocol', async t => {
  const map = (item: string) => (item === 'skip' ? undefined : finish)
  const { text } = await sourceServer(t)(['skip', 'a'], { protocol: 'openai', map })
  t.equal(text, `data: ${JSON.stringify(finish)}\n\ndata: [DONE]\n\n`)
})

t.test('a stream has the headers of its protocol, and an error response does not', async t => {
  const ask = sourceServer(t)
  const name = 'x-vercel-ai-ui-message-stream'
  t.equal((await ask([{ type: 'finish' }], { protocol: 'ai-sdk' })).headers[name], 'v1')
  const { status, headers } = await ask([5], { protocol: 'ai-sdk' })
  t.same([status, headers[name]], [500, undefined])
})

t.test('a route that declares its events refuses other protocols', async t => {
  const ask = sourceServer(t, { schema: { response: { 200: eventStream({ message: Type.String() }) } } })
  t.match((await ask([finish], { protocol: 'openai' })).error, {
    code: 'FST_SSE_OPTION_INVALID',
    message: `option "protocol" takes 'events' on a route whose schema declares its events`
  })
  t.equal((await ask(['a'], { protocol: 'events' })).status, 200)
})

t.test('an error has the form of the protocol, with the type for its status', async t => {
  const ask = sourceServer(t)
  const failing = (items: unknown[], status: number) =>
    function* () {
      yield* items
      throw Object.assign(new Error('no'), { status, code: 'no' })
    }
  const cases: [string, unknown[], number, RegExp][] = [
    [
      'openai',
      [finish],
      400,
      /data: \{"error":\{"message":"no","type":"invalid_request_error","param":null,"code":"no"\}\}\n\n$/
    ],
    ['openai', [finish], 503, /"type":"server_error"/],
    [
      'openai',
      [{ type: 'a', sequence_number: 4 }],
      401,
      /event: error\ndata: \{"type":"error",.+"sequence_number":5,"error":\{.+\}\}\n\n$/
    ],
    ['anthropic', [{ type: 'ping' }], 529, /event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error"/],
    ['anthropic', [{ type: 'ping' }], 400, /"type":"invalid_request_error"/],
    ['anthropic', [{ type: 'ping' }], 500, /"type":"api_error","message":"Internal Server Error"/],
    ['ai-sdk', [{ type: 'start' }], 429, /data: \{"type":"error","errorText":"no"\}\n\n$/],
    ['ag-ui', [{ type: 'RUN_STARTED' }], 429, /data: \{"type":"RUN_ERROR","message":"no","code":"no"\}\n\n$/]
  ]
  for (const [protocol, items, status, last] of cases)
    t.match((await ask(failing(items, status), { protocol })).text, last)
  const onError = () => ({ data: { error: { message: 'own' } } })
  t.match(
    (await ask(failing([finish], 500), { protocol: 'openai', onError })).text,
    /data: \{"error":\{"message":"own"\}\}\n\n$/
  )
})

t.test(
  'a protocol whose error cannot be sent breaks off, or ends a resumable stream with the error of the plugin',
  async t => {
    const broken: Protocol<string> = {
      start: () => ({
        item: data => ({ data }),
        end: () => undefined,
        error: () => {
          throw new Error('broken')
        }
      })
    }
    const failing = async function* () {
      yield 'a'
      throw new Error('no')
    }
    const { url } = await serve(t, app =>
      app.get('/', (_request, reply) => reply.sseFrom(failing, { protocol: broken }))
    )
    const client = await fetchAll(url)
    t.same([client.text(), client.ended], ['data: a\n\n', 'broken'])
    t.match((await sourceServer(t)(failing, { protocol: broken, resumable: true })).text, /event: error\n/)
  }
)

t.test('an item for which a protocol makes no event is skipped', async t => {
  const own: Protocol<string> = {
    start: () => ({
      item: data => (data === 'skip' ? undefined : { data }),
      end: () => undefined,
      error: ({ message }) => ({ data: message })
    })
  }
  t.equal((await sourceServer(t)(['skip', 'a', 'skip', 'b'], { protocol: own })).text, 'data: a\n\ndata: b\n\n')
})

t.test('the last event has the id that stops clients if they reconnect by themselves', async t => {
  const own: Protocol<string> = {
    reconnects: true,
    start: () => ({
      item: data => ({ data }),
      end: () => [{ data: 1 }, { data: 2 }],
      error: ({ message }) => ({ data: message })
    })
  }
  const end = 'id: fastify-sse-from:end'
  t.equal((await sourceServer(t)(['a'], { protocol: own })).text, `data: a\n\n${end}\ndata: 1\n\n${end}\ndata: 2\n\n`)
})

t.test('a protocol may make several events of an item, of the end, and of a failure', async t => {
  const own: Protocol<string> = {
    start: () => ({
      item: data =>
        [
          { event: 'begin', data },
          { event: 'go on', data },
          { event: 'finish', data }
        ].slice(0, Number(data)),
      end: () => [{ data: 'almost' }, { data: 'done' }],
      error: ({ message }) => [{ data: 'oh' }, { data: message }]
    })
  }
  const events = ['begin', 'begin', 'go on', 'begin', 'go on', 'finish']
  for (const resumable of [false, true]) {
    const { url } = await serve(t, app => {
      app.get('/whole', (_request, reply) => reply.sseFrom(() => ['1', '0', '2', '3'], { protocol: own, resumable }))
      app.get('/failing', (_request, reply) =>
        reply.sseFrom(
          async function* () {
            yield '2'
            throw Object.assign(new Error('no'), { statusCode: 418 })
          },
          { protocol: own, resumable }
        )
      )
    })
    const whole = await fetchAll(`${url}/whole`)
    t.same(
      whole.events().map(({ event, data }) => event ?? data),
      [...events, 'almost', 'done']
    )
    const failing = await fetchAll(`${url}/failing`)
    t.same(
      failing.events().map(({ event, data }) => event ?? data),
      ['begin', 'go on', 'oh', 'no']
    )
    if (!resumable) continue
    const ids = whole.events().map(({ id }) => id)
    t.equal(new Set(ids.slice(0, -1)).size, 7, 'every event has an id of its own')
    const rest = await fetchAll(`${url}/whole`, { headers: { 'last-event-id': String(ids[2]) } })
    t.same(
      rest.events().map(({ event, data }) => event ?? data),
      [...events.slice(3), 'almost', 'done']
    )
  }
})

t.test('a protocol that makes no event of a failure never ends like a complete answer', async t => {
  const silent: Protocol<string> = {
    start: () => ({ item: data => ({ data }), end: () => undefined, error: () => [] })
  }
  const { url, log } = await serve(t, app => {
    for (const resumable of [false, true]) {
      app.get(`/${resumable}`, (_request, reply) =>
        reply.sseFrom(
          async function* () {
            yield 'a'
            throw new Error('midway')
          },
          { protocol: silent, resumable }
        )
      )
    }
  })
  const plain = await fetchAll(`${url}/false`)
  t.match([plain.ended, plain.text()], ['broken', 'data: a\n\n'])
  const resumed = await fetchAll(`${url}/true`)
  t.match(resumed.events(), [{ data: 'a' }, { event: 'error', data: /"statusCode":500/ }])
  t.ok(log.some(({ err }) => err?.message === 'invalid event: an error needs an event'))
})
