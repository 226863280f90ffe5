import t from 'tap'
import { type OpenStreamOptions, openStream } from '../../../client/index.js'
import { all, broken, DONE, scriptedServer } from '../../helpers/scripted-server.js'
import { serve } from '../../helpers/server.js'

const whole = all(DONE)

t.test('a stream is requested', async t => {
  const cases: [string, OpenStreamOptions, object][] = [
    [
      'by GET',
      {},
      { method: 'GET', url: '/path?a=b', body: '', headers: { accept: 'text/event-stream', 'content-type': undefined } }
    ],
    [
      'by POST if there is a body, as JSON',
      { body: { prompt: 'gruß' } },
      {
        method: 'POST',
        url: '/path?a=b',
        body: '{"prompt":"gruß"}',
        headers: { accept: 'text/event-stream', 'content-type': 'application/json' }
      }
    ],
    ['with a string as JSON', { body: 'hi' }, { method: 'POST', body: '"hi"' }],
    ['by another method', { body: [], method: 'PUT' }, { method: 'PUT', body: '[]' }],
    [
      'with the headers of the caller',
      {
        body: {},
        headers: { accept: 'text/event-stream, */*', 'Content-Type': 'application/vnd.chat+json', authorization: 'me' }
      },
      {
        headers: { accept: 'text/event-stream, */*', 'content-type': 'application/vnd.chat+json', authorization: 'me' }
      }
    ],
    ['with headers of any form', { headers: new Headers([['a', 'b']]) }, { headers: { a: 'b' } }],
    [
      'after the given event',
      { lastEventId: 'ü漢:1' },
      { headers: { 'last-event-id': Buffer.from('ü漢:1').toString('latin1') } }
    ],
    ['from its start if the last event id is empty', { lastEventId: '' }, { headers: { 'last-event-id': undefined } }]
  ]
  for (const [name, options, expected] of cases) {
    t.test(name, async t => {
      const { url, calls } = await scriptedServer(t, whole)
      await openStream(`${url}/path?a=b`, options).text()
      t.match(calls, [expected])
      t.equal(calls.length, 1)
    })
  }
})

t.test('an id reaches the server unchanged', async t => {
  const ids: unknown[] = []
  const { url } = await serve(t, app =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(({ lastEventId }) => {
        ids.push(lastEventId)
        return []
      })
    )
  )
  await openStream(url, { lastEventId: 'ü漢👩‍🚀' }).text()
  t.strictSame(ids, ['ü漢👩‍🚀'])
})

t.test('the URL may be a URL object', async t => {
  const { url, calls } = await scriptedServer(t, whole)
  await openStream(new URL('/path', url)).text()
  t.equal(calls[0]?.url, '/path')
})

t.test('a body that JSON cannot carry is refused at once', async t => {
  t.throws(() => openStream('/', { body: 1n }), TypeError)
})

t.test('a headers function is called for each request', async t => {
  const { url, calls } = await scriptedServer(t, broken('id: 1\ndata: a\n\n'), whole)
  let made = 0
  const headers = async () => ({ authorization: `token ${++made}` })
  t.equal(await openStream(url, { headers, retryDelay: 0 }).text(), 'a')
  t.strictSame(
    calls.map(({ headers }) => headers.authorization),
    ['token 1', 'token 2']
  )
})

t.test('requests are sent by the given fetch, with the given credentials', async t => {
  const given: unknown[] = []
  const send = async (url: string, { headers, signal, ...init }: RequestInit) => {
    given.push([url, init])
    t.type(headers, Headers)
    t.type(signal, AbortSignal)
    return new Response(DONE, { headers: { 'content-type': 'Text/Event-Stream;charset=utf-8' } })
  }
  await openStream('/stream', { fetch: send, credentials: 'include', body: {} }).text()
  t.strictSame(given, [['/stream', { method: 'POST', body: '{}', credentials: 'include', cache: 'no-store' }]])
})

t.test('a stop outlives the page', async t => {
  const given: unknown[] = []
  const send = async (url: string, { headers, ...init }: RequestInit) => {
    given.push([url, init])
    return new Response(null, { status: 204 })
  }
  t.equal(await openStream('/stream', { resume: 'abc', fetch: send, credentials: 'include', body: {} }).stop(), true)
  t.strictSame(given, [
    ['/stream/abc', { method: 'DELETE', keepalive: true, credentials: 'include', cache: 'no-store' }]
  ])
})

t.test('a stream is followed at its own URL', async t => {
  const urls: [string, string][] = [
    ['/stream', '/stream/a%2Fb'],
    ['/stream/', '/stream/a%2Fb'],
    ['/stream?a=/b/', '/stream/a%2Fb?a=/b/'],
    ['/stream/?a=b#c?d', '/stream/a%2Fb?a=b'],
    ['stream#c', 'stream/a%2Fb'],
    ['', '/a%2Fb'],
    ['https://a.example/$&', 'https://a.example/$&/a%2Fb'],
    ['https://a.example', 'https://a.example/a%2Fb']
  ]
  const given: string[] = []
  const send = async (url: string) => {
    given.push(url)
    return new Response(null, { status: 204 })
  }
  for (const [url] of urls) await openStream(url, { resume: 'a/b', fetch: send }).text()
  t.strictSame(
    given,
    urls.map(([, expected]) => expected)
  )
})

t.test('a resumed stream is requested by GET, without a body, after the last event', async t => {
  const { url, calls } = await scriptedServer(t, whole)
  const streamUrl = (id: string) => new URL(`/by-id/${id}`, url)
  const options = { resume: 'abc', lastEventId: 'abc:1', body: { a: 1 }, method: 'PUT', headers: { a: 'b' }, streamUrl }
  const stream = openStream(`${url}/stream`, options)
  t.match(stream, { id: 'abc', lastEventId: 'abc:1' })
  await stream.text()
  t.match(calls, [
    {
      method: 'GET',
      url: '/by-id/abc',
      body: '',
      headers: { 'last-event-id': 'abc:1', 'content-type': undefined, a: 'b' }
    }
  ])
})
