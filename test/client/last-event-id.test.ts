import t, { type Test } from 'tap'
import { openStream, type StreamEvent } from '../../client/index.js'
import { startChromium, visit } from '../helpers/chromium.js'
import { Random, seed } from '../helpers/random.js'
import { all, broken, DONE, type Script, scriptedServer, status } from '../helpers/scripted-server.js'
import { until } from '../helpers/until.js'

t.comment(`SEED=${seed}`)
const random = new Random(seed)

/** Reads a stream to its end. @returns its events, and the `Last-Event-ID` of each request */
async function read(t: Test, ...scripts: [Script, ...Script[]]) {
  const { url, calls } = await scriptedServer(t, ...scripts)
  const stream = openStream(url, { retryDelay: 0 })
  const given: StreamEvent[] = []
  for await (const event of stream) given.push(event)
  return { stream, given, ids: calls.map(({ headers }) => headers['last-event-id']) }
}

t.test('an id without data moves the position', async t => {
  const cases: [string, string, string | undefined][] = [
    ['after an event', 'id: 1\ndata: a\n\nid: 2\n\n', '2'],
    ['before the first event', 'id: 0\n\n', '0'],
    ['beside a comment', 'id: 1\ndata: a\n\n: heartbeat\nid: 2\n\n', '2'],
    ['with an event name', 'id: 1\ndata: a\n\nevent: ping\nid: 2\n\n', '2'],
    ['and the last one counts', 'id: 1\n\nid: 2\n\nid: 3\n\n', '3'],
    ['but not one with NUL', 'id: 1\ndata: a\n\nid: 2\0\n\n', '1'],
    ['but not one whose block is not complete', 'id: 1\ndata: a\n\nid: 2\n', '1'],
    ['until an event moves it', 'id: 1\n\nid: 2\ndata: a\n\n', '2'],
    ['and an event without an id leaves it', 'id: 1\n\ndata: a\n\n', '1'],
    ['with line ends of CR', 'id: 1\rdata: a\r\rid: 2\r\r', '2'],
    ['with line ends of CRLF', 'id: 1\r\ndata: a\r\n\r\nid: 2\r\n\r\n', '2']
  ]
  for (const [name, text, expected] of cases) {
    t.test(name, async t => {
      for (const cut of [broken, all]) {
        const { ids, stream } = await read(t, cut(text), all(DONE))
        t.strictSame(ids, [undefined, expected])
        t.equal(stream.lastEventId, expected)
      }
    })
  }
})

t.test('an empty id without data resets the position', async t => {
  const { ids } = await read(t, broken('id: 1\n\nid\n\n'), all(DONE))
  t.strictSame(ids, [undefined, undefined])
  const { url, calls } = await scriptedServer(t, broken('id: 1\ndata: a\n\nid:\n\n'), all(DONE))
  await t.rejects(openStream(url).text(), { code: 'SSE_TRUNCATED' })
  t.equal(calls.length, 1, 'nothing is asked for that would come twice')
})

t.test('an id without data counts when the reader has reached it', async t => {
  const { url } = await scriptedServer(t, all(`id: 1\ndata: a\n\nid: 2\n\ndata: b\n\n${DONE}`))
  const stream = openStream(url)
  const positions: unknown[] = []
  for await (const { event, id } of stream) positions.push([event, id, stream.lastEventId])
  t.strictSame(positions, [
    ['message', '1', '1'],
    ['message', undefined, '2'],
    ['done', undefined, '2']
  ])
})

t.test('an id without data allows a POST to be sent again', async t => {
  const { url, calls } = await scriptedServer(t, broken('id: 1\n\n'), all(DONE))
  await openStream(url, { body: {}, retryDelay: 0 }).text()
  t.strictSame(
    calls.map(({ method, headers }) => [method, headers['last-event-id']]),
    [
      ['POST', undefined],
      ['POST', '1']
    ]
  )
})

t.test('an id that arrives replaces the one in the options', async t => {
  const { url, calls } = await scriptedServer(t, broken('id: 2\n\n'), broken('id: 3\ndata: a\n\n'), status(204))
  await openStream(url, { lastEventId: '1', retryDelay: 0 }).text()
  t.strictSame(
    calls.map(({ headers }) => headers['last-event-id']),
    ['1', '2', '3']
  )
})

/** A body of blocks with an id, with data, with both, or with neither. */
function randomBody(): string {
  const lineEnd = random.pick(['\n', '\r', '\r\n'])
  const line = () =>
    random.pick([
      'data: a',
      'data',
      ': comment',
      'event: other',
      'id',
      'id:',
      `id: ${random.below(100)}`,
      `id:${random.below(100)}`,
      'id: ü漢👩‍🚀',
      'id: 7\0',
      'ID: 8',
      'id : 9'
    ])
  const blocks = Array.from({ length: 1 + random.below(6) }, () =>
    [...Array.from({ length: random.below(4) }, line), ''].join(lineEnd)
  )
  const rest = random.chance(0.3) ? `id: 1000${lineEnd}` : ''
  return `${random.chance(0.1) ? '\ufeff' : ''}retry: 1${lineEnd}${blocks.join(lineEnd)}${lineEnd}${rest}`
}

t.test('for any body, the position is that of the EventSource of a browser', async t => {
  const bodies = Array.from({ length: 100 }, randomBody)
  /** The `Last-Event-ID` of the second request for each body. */
  const positions = new Map<string, string>()
  const asked = new Set<string>()
  const { url } = await scriptedServer(t, call => {
    const { url, headers, response } = call
    if (url === '/') {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html>')
    } else if (!asked.has(url)) {
      asked.add(url)
      all(bodies[Number(url.slice(1))])(call)
    } else {
      positions.set(url, Buffer.from(String(headers['last-event-id'] ?? ''), 'latin1').toString())
      status(204)(call)
    }
  })
  const { page } = await visit(t, await startChromium(t), url)
  await page.evaluate(`for (let i = 0; i < ${bodies.length}; i++) new EventSource('/' + i)`)
  await until('the browser has come back for all', () => positions.size === bodies.length)
  for (const [i, body] of bodies.entries()) {
    const { url } = await scriptedServer(t, all(body), status(204))
    const stream = openStream(url, { retryDelay: 0, decode: { other: 'text' } })
    // Without a position, the client does not come back: it would get events twice.
    await stream.text().catch(error => t.equal(error.code, 'SSE_TRUNCATED'))
    t.equal(stream.lastEventId ?? '', positions.get(`/${i}`), JSON.stringify(body))
  }
  const different = new Set(positions.values()).size
  t.ok(different > 10, `${different} positions`)
})
