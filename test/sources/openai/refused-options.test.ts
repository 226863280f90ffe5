import t from 'tap'
import { openAiSource } from '../../../sources/index.js'
import { fetchAll } from '../../helpers/client.js'
import { openAiServer, type ProviderCall } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import { ask, chunkOf, DONE, dataOf, outcomeOf, STOP, serveSource, whole } from './harness.js'

const PYDANTIC = [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }]

/** How servers have refused to be asked for usage. */
const refusals: [status: number, body: unknown][] = [
  [
    400,
    { error: { message: "Unknown parameter: 'stream_options'.", param: 'stream_options', code: 'unknown_parameter' } }
  ],
  [400, { error: { message: 'Unrecognized request argument supplied: stream_options' } }],
  [400, { error: { message: "property 'stream_options' is unsupported, did you mean 'stream'?" } }],
  [400, { error: { message: "Extra inputs are not permitted, field: 'stream_options'" } }],
  [400, { error: { message: 'Validation error at #/stream_options: Extra inputs are not permitted' } }],
  [400, { error: { message: 'Your request contained invalid structure on path stream_options.', code: '400' } }],
  [400, { message: 'json: unknown field "stream_options"' }],
  [400, [{ error: { code: 400, message: 'Invalid JSON payload received. Unknown name "stream_options"' } }]],
  [422, { detail: PYDANTIC }],
  [
    422,
    { object: 'error', message: { detail: [{ ...PYDANTIC[0], loc: ['body', 'stream_options', 'include_usage'] }] } }
  ],
  [422, 'Failed to deserialize the JSON body: streamOptions: unknown field'],
  [400, 'Stream options are not supported'],
  [422, { error: 'TypeError: create() got an unexpected keyword argument include_usage' }],
  [400, { error: { message: 'include-usage is not implemented' } }]
]

/** Refuses `stream_options` in the way given, and answers without them. */
function strict(refuse: (call: ProviderCall) => void) {
  return (call: ProviderCall) => {
    if (call.body.stream_options !== undefined) refuse(call)
    else call.response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunkOf('a') + STOP + DONE)
  }
}

const asked = ({ body }: ProviderCall) => body.stream_options

t.test('what the provider refuses: stream_options, which it is asked without, and only so from then on', async t => {
  for (const [status, body] of refusals) {
    const json = typeof body === 'string' ? body : JSON.stringify(body)
    const provider = await openAiServer(
      t,
      strict(({ response }) => response.writeHead(status, { 'content-type': 'application/json' }).end(json))
    )
    const source = openAiSource({ model: 'small', baseURL: provider.url })
    const first = await outcomeOf(source)
    t.match(first, { text: 'a', finish: { finishReason: 'stop' }, error: undefined }, json)
    t.same(first.lines, [['info', 'the model provider refuses stream_options and is asked again without it']])
    t.match(await outcomeOf(source), { text: 'a', lines: [] })
    t.same(provider.calls.map(asked), [{ include_usage: true }, undefined, undefined])
    const [one, two] = provider.calls.map(({ body: { stream_options, ...rest } }) => rest)
    t.same(one, two, 'the question is the same otherwise')
  }
})

t.test('what the provider refuses: in an event of a response of status 200', async t => {
  for (const event of [
    'data: {"error":{"message":"stream_options is not supported","code":400}}\n\n',
    'event: error\ndata: unknown field stream_options\n\n',
    '{"object":"error","message":"[{\'loc\': (\'body\', \'stream_options\')}]","code":400}'
  ]) {
    const provider = await openAiServer(
      t,
      strict(({ response }) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(event))
    )
    t.match(await outcomeOf({ baseURL: provider.url }), { text: 'a', error: undefined }, event)
    t.equal(provider.calls.length, 2)
  }
})

t.test('what the provider refuses: nothing is asked twice for another reason', async t => {
  const others: [string, (call: ProviderCall) => void][] = [
    ['another field', ({ response }) => response.writeHead(400).end('{"error":{"message":"unknown field: messages"}}')],
    ...[401, 404, 407, 413, 429, 500, 501, 503, 529].map((status): [string, (call: ProviderCall) => void] => [
      `an error with the status ${status} that repeats the request`,
      ({ response, body }) => response.writeHead(status).end(JSON.stringify({ error: 'busy', request: body }))
    ]),
    [
      'an error with another status in a response of status 200',
      ({ response, body, write }) => {
        write(dataOf({ error: { code: 429, request: body } }))
        response.end()
      }
    ],
    ['another error', ({ response }) => response.writeHead(500).end('stream failed, usage limit reached')],
    [
      'an error after text',
      ({ response, write }) => {
        write(`${chunkOf('a')}data: {"error":{"message":"stream_options"}}\n\n`)
        response.end()
      }
    ],
    ['a cut', ({ response }) => response.destroy()]
  ]
  for (const [name, refuse] of others) {
    const provider = await openAiServer(t, refuse)
    const { error } = await outcomeOf({ baseURL: provider.url })
    t.type(error?.status, 'number', name)
    t.equal(provider.calls.length, 1)
  }
})

t.test('what the provider refuses: once more, and then no more', async t => {
  const provider = await openAiServer(t, ({ response }) => response.writeHead(400).end('stream_options, still'))
  const source = openAiSource({ model: 'small', baseURL: provider.url })
  t.match((await outcomeOf(source)).error, { status: 400, words: 'stream_options, still' })
  t.equal(provider.calls.length, 2)
  await outcomeOf(source)
  t.same(provider.calls.map(asked), [{ include_usage: true }, undefined, { include_usage: true }, undefined])
})

t.test('what the provider refuses: can be set', async t => {
  const provider = await openAiServer(t, call => call.finish())
  await whole(ask({ baseURL: provider.url, includeUsage: false }))
  await whole(ask({ baseURL: provider.url, includeUsage: true }))
  t.same(provider.calls.map(asked), [undefined, { include_usage: true }])
})

t.test('what the provider refuses: many at once, through the route', async t => {
  const provider = await openAiServer(
    t,
    strict(({ response }) => response.writeHead(422).end('{"detail":"stream_options"}'))
  )
  const { url } = await serveSource(t, { baseURL: provider.url })
  const clients = await Promise.all(Array.from({ length: 10 }, () => fetchAll(`${url}/stream?prompt=hi`)))
  for (const client of clients) t.same([client.status, client.events()[0]?.data], [200, 'a'])
  const before = provider.calls.length
  t.equal((await fetchAll(`${url}/stream?prompt=hi`)).status, 200)
  t.equal(provider.calls.length, before + 1)
})

t.test('what the provider refuses: a client that leaves between the two', async t => {
  const provider = await openAiServer(t, call => {
    if (call.body.stream_options !== undefined) call.response.writeHead(400).end('stream_options')
  })
  const client = new AbortController()
  const first = ask({ baseURL: provider.url }, client.signal).next()
  await until('it is asked again', () => provider.calls.length === 2)
  const reason = new Error('left')
  client.abort(reason)
  await t.rejects(first, reason)
  await until('the connection is closed', () => provider.calls[1]?.closed)
})
