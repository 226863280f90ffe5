import { Readable } from 'node:stream'
import t from 'tap'
import { openStream, SseStreamError } from '../../../client/index.js'
import { Random, seed } from '../../helpers/random.js'
import { all, DONE, scriptedServer } from '../../helpers/scripted-server.js'
import { until } from '../../helpers/until.js'

t.comment(`SEED=${seed}`)
const random = new Random(seed)

const EVENT_STREAM = { 'content-type': 'text/event-stream' }

t.test('only a response with status 200 is an event stream', async t => {
  for (const code of [201, 202, 203, 206, 207, 226, 299]) {
    t.test(String(code), async t => {
      const { url, calls } = await scriptedServer(t, ({ response }) => {
        response.writeHead(code, EVENT_STREAM)
        response.write(`id: 1\ndata: a\n\n${DONE}`)
      })
      let opened = 0
      const stream = openStream(url, { onOpen: () => opened++ })
      await t.rejects(stream.text(), {
        name: 'SseStreamError',
        code: 'SSE_RESPONSE_INVALID',
        statusCode: code,
        message: `expected status 200, got ${code}`
      })
      await until('the request is over', () => calls[0]?.isOver)
      t.equal(calls.length, 1, 'it is not tried again')
      t.strictSame([opened, stream.complete, stream.lastEventId], [0, false, undefined])
    })
  }

  for (const code of [205, 304]) {
    t.test(`${code}, which has no body`, async t => {
      const { url, calls } = await scriptedServer(t, ({ response }) => response.writeHead(code, EVENT_STREAM).end())
      await t.rejects(openStream(url).text(), { name: 'SseStreamError', statusCode: code })
      t.equal(calls.length, 1)
    })
  }

  t.test('and one with 204 completes the stream', async t => {
    const { url } = await scriptedServer(t, ({ response }) => response.writeHead(204, EVENT_STREAM).end())
    const stream = openStream(url)
    t.equal(await stream.text(), '')
    t.equal(stream.complete, true)
  })

  t.test('also after a lost connection', async t => {
    const { url, calls } = await scriptedServer(t, all('id: 1\ndata: a\n\n'), ({ response }) =>
      response.writeHead(206, EVENT_STREAM).end(DONE)
    )
    await t.rejects(openStream(url, { retryDelay: 0 }).text(), { statusCode: 206, code: 'SSE_RESPONSE_INVALID' })
    t.equal(calls.length, 2)
  })
})

/** What an unusual implementation of `fetch` returns as a response. */
function oddResponse(body: unknown): Response {
  const { status, ok, headers } = new Response(null, { headers: EVENT_STREAM })
  return { status, ok, headers, body } as Response
}

t.test('a body that is not a web stream fails the stream', async t => {
  const bodies: Record<string, () => unknown> = {
    'a stream of Node': () => Readable.from([Buffer.from(DONE)]),
    'an async iterable': async function* () {
      yield Buffer.from(DONE)
    },
    'an object': () => ({}),
    text: () => DONE,
    null: () => null,
    undefined: () => undefined,
    'a stream that is read by somebody else': () => {
      const { body } = new Response(DONE)
      body?.getReader()
      return body
    }
  }
  for (const [name, body] of Object.entries(bodies)) {
    t.test(name, async t => {
      let asked = 0
      const send = async () => {
        asked++
        return oddResponse(body())
      }
      const error = await openStream('/', { fetch: send })
        .text()
        .catch((error: unknown) => error)
      t.type(error, SseStreamError)
      t.match(error, { code: 'SSE_RESPONSE_INVALID', statusCode: 200 })
      t.equal(asked, 1, 'it is not tried again')
    })
  }
})

t.test('a chunk that is not bytes fails the stream', async t => {
  for (const chunk of [42, 'data: a\n\n', {}, [1, 2]]) {
    const body = new ReadableStream({ start: controller => controller.enqueue(chunk) })
    const error = await openStream('/', { fetch: async () => oddResponse(body) })
      .text()
      .catch((error: unknown) => error)
    t.type(error, SseStreamError)
    t.match(error, { code: 'SSE_EVENT_INVALID' })
  }
})

t.test('text() joins the halves of a character that is split between events', async t => {
  const parts = ['\ud83d', '\ude00', 'a', '👩', '\u200d', '\ud83d\ude80', '\ud83d', '', '\ude00']
  const frames = parts.map(part => `data: ${JSON.stringify(part)}\n\n`).join('')
  const escaped = frames.replace(/[\ud800-\udfff]/gu, half => `\\u${half.charCodeAt(0).toString(16)}`)
  t.match(escaped, /"\\ud83d"/)
  const { url } = await scriptedServer(t, all(`${escaped}${DONE}`))
  const text = await openStream(url, { decode: { message: 'json' } }).text()
  t.equal(text, '😀a👩‍🚀😀')
  t.notMatch(text, /\ufffd/)
})

t.test('a character may be split between chunks', async t => {
  const alphabet = ['a', 'ü', '漢', '😀', '👩‍🚀', '\u2028', '\ufeff', '\u0000']
  for (let round = 0; round < 50; round++) {
    const tokens = Array.from({ length: 1 + random.below(10) }, () =>
      Array.from({ length: random.below(5) }, () => random.pick(alphabet)).join('')
    )
    const bytes = Buffer.from(tokens.map(token => `data:${token}\n\n`).join('') + DONE)
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; ) {
          const size = 1 + random.below(4)
          controller.enqueue(new Uint8Array(bytes.subarray(at, at + size)))
          at += size
        }
        controller.close()
      }
    })
    t.equal(await openStream('/', { fetch: async () => oddResponse(body) }).text(), tokens.join(''))
  }
})
