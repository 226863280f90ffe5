import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { END_ID, type StreamOptions } from '../../../plugin/index.js'
import { fetchAll } from '../../helpers/client.js'
import { Random, seed } from '../../helpers/random.js'
import { type Received, receive } from '../../helpers/received.js'
import { serve } from '../../helpers/server.js'

/** An item of a source, and what clients must receive for it. */
interface Case {
  item: unknown
  expected: Received[]
  /** The text of an item that is text. Half a character at its end arrives with the text that follows. */
  text?: string
}

const DONE: Received = { kind: 'event', event: 'done', data: '{}', id: END_ID }

// What clients must receive, from the standard alone: LF joins the lines of a text, and whatever is not a character of
// Unicode becomes U+FFFD.

function linesOf(text: string): string[] {
  return Buffer.from(text)
    .toString()
    .split(/\r\n|\r|\n/)
}

function message(data: string, event?: string, id?: string): Received {
  const wellFormed = (text: string | undefined) => (text === undefined ? undefined : linesOf(text).join('\n'))
  return { kind: 'event', event: wellFormed(event) || undefined, data: linesOf(data).join('\n'), id: wellFormed(id) }
}

function comment(text: string): Received[] {
  return linesOf(text).map(line => ({ kind: 'comment', text: line }))
}

// What is sent

const PIECES = [
  ...['\r', '\n', '\r\n', '\n\n', '\u2028', '\u2029', '\u0085', '\0', '\ufeff', ':', ' ', '\t', 'data:', 'event: x'],
  ...['a', 'é', '中', '😀', '👩‍👩‍👧', 'e\u0301', '\ud83d', '\ude00', '\ufffd', 'retry: 1', 'id', '"', '\\', '{}']
]
const ONE_LINE = PIECES.filter(piece => !/[\r\n]/.test(piece))

function text(random: Random, pieces: string[] = PIECES): string {
  let result = ''
  while (random.chance(0.8)) result += random.pick(pieces)
  return result
}

function json(random: Random, depth = 0): unknown {
  const scalars = [null, true, random.below(1e9), -random.next(), text(random)]
  if (depth === 2 || random.chance(0.4)) return random.pick(scalars)
  const items = Array.from({ length: random.below(3) }, () => json(random, depth + 1))
  // The first key makes it data, not an event.
  return random.chance(0.5) ? items : { json: 1, ...Object.fromEntries(items.map(item => [text(random), item])) }
}

function dataOf(random: Random): { data: unknown; sent: string } {
  const data = random.pick<() => unknown>([() => text(random), () => Buffer.from(text(random)), () => json(random)])()
  if (typeof data === 'string') return { data, sent: data }
  return { data, sent: Buffer.isBuffer(data) ? data.toString() : JSON.stringify(data) }
}

function eventCase(random: Random): Case {
  const item: Record<string, unknown> = {}
  const expected: Received[] = []
  if (random.chance(0.3)) {
    const aside = text(random)
    item.comment = aside
    expected.push(...comment(aside))
  }
  if (random.chance(0.2)) {
    const ms = random.pick([0, 1, 3000, Number.MAX_SAFE_INTEGER])
    item.retry = ms
    expected.push({ kind: 'retry', ms })
  }
  const event = random.chance(0.5) ? text(random, ONE_LINE) : undefined
  const id = random.chance(0.4)
    ? text(
        random,
        ONE_LINE.filter(piece => piece !== '\0')
      )
    : undefined
  if (event !== undefined) item.event = event
  if (id !== undefined) item.id = id
  if (random.chance(0.8)) {
    const { data, sent } = dataOf(random)
    item.data = data
    expected.push(message(sent, event, id))
  } else if (event !== undefined) {
    expected.push(message('', event, id))
  } else if (expected.length === 0) {
    // An object that has only an id is data.
    expected.push(message(JSON.stringify(item)))
  }
  return { item, expected }
}

/** The bytes of a text in small chunks. Each character arrives with the chunk that has its last byte. */
function byteCases(random: Random): Case[] {
  const cases: Case[] = []
  const bytes = Buffer.from(text(random))
  const ends: { char: string; at: number }[] = []
  let at = 0
  for (const char of bytes.toString()) {
    at += Buffer.byteLength(char)
    ends.push({ char, at })
  }
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + random.below(5))
    const chunk = bytes.subarray(from, to)
    const whole = ends.filter(({ at }) => at > from && at <= to).map(({ char }) => char)
    cases.push({ item: random.chance(0.5) ? chunk : new Uint8Array(chunk), expected: [], text: whole.join('') })
    from = to
  }
  return cases
}

function cases(random: Random, count: number): Case[] {
  const all: Case[] = []
  while (all.length < count) {
    const kind = random.below(10)
    if (kind < 3) {
      const item = text(random)
      all.push({ item, expected: [], text: item })
    } else if (kind < 7) {
      all.push(eventCase(random))
    } else if (kind < 9) {
      all.push(...byteCases(random))
    } else {
      const item = json(random)
      all.push(
        typeof item === 'string'
          ? { item, expected: [], text: item }
          : { item, expected: [message(JSON.stringify(item))] }
      )
    }
  }
  return all
}

/** All that a client must receive. */
function expectedOf(sent: readonly Case[]): Received[] {
  let half = ''
  const events = sent.flatMap(({ item, expected, text }) => {
    if (text === undefined) return expected
    if (text === '') return item === '' ? [message('')] : []
    const whole = half + text
    half = /[\ud800-\udbff]$/.test(whole) ? whole.slice(-1) : ''
    const now = whole.slice(0, whole.length - half.length)
    return now === '' ? [] : [message(now)]
  })
  return [...events, ...(half === '' ? [] : [message(half)]), DONE]
}

// What arrives

async function arrived(
  t: Test,
  items: Iterable<unknown>,
  options: Omit<StreamOptions, 'map' | 'isComplete'> = {}
): Promise<Buffer[]> {
  const { url } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) => reply.sseFrom(items as Iterable<unknown> & object, options))
    },
    { plugin: { heartbeat: false } }
  )
  const client = await fetchAll(url)
  t.equal(client.status, 200)
  t.equal(client.ended, 'clean')
  return client.chunks
}

/** Compares two long lists. On failure it shows the first difference only. */
function sameList(t: Test, found: readonly unknown[], wanted: readonly unknown[], label: string): void {
  const at = wanted.findIndex((want, index) => !isDeepStrictEqual(found[index], want))
  if (at !== -1) t.strictSame(found[at], wanted[at], `${label}: number ${at}`)
  else t.equal(found.length, wanted.length, `${label}: as many as expected`)
}

t.test(`thousands of random events arrive unchanged, however the response is cut (SEED=${seed})`, async t => {
  for (const highWaterMark of [1, 100, 16 * 1024]) {
    const random = new Random(seed + highWaterMark)
    const sent = cases(random, 2000)
    const wanted = expectedOf(sent)
    const chunks = await arrived(
      t,
      sent.map(({ item }) => item),
      { highWaterMark }
    )
    sameList(t, receive(chunks), wanted, `highWaterMark ${highWaterMark}`)

    const body = Buffer.concat(chunks)
    const again: Buffer[] = []
    for (let from = 0; from < body.length; ) {
      const to = from + 1 + random.below(20)
      again.push(body.subarray(from, to))
      from = to
    }
    sameList(t, receive(again), wanted, 'in different chunks')
    sameList(t, receive(Array.from(body, byte => Buffer.of(byte))), wanted, 'byte by byte')
  }
})

t.test(`random events from an asynchronous source arrive unchanged (SEED=${seed})`, async t => {
  const random = new Random(seed)
  const sent = cases(random, 2000)
  const chunks = await arrived(
    t,
    (async function* () {
      for (const { item } of sent) {
        if (random.chance(0.1)) await new Promise(setImmediate)
        yield item
      }
    })() as unknown as Iterable<unknown>
  )
  sameList(t, receive(chunks), expectedOf(sent), 'one at a time')
})

t.test('bytes arrive as one text, wherever they are cut', async t => {
  const whole = 'aé中😀\ufeffb'
  const bytes = Buffer.from(whole)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const parts = [bytes.subarray(0, cut), bytes.subarray(cut)]
    for (const items of [parts, parts.map(part => new Uint8Array(part))]) {
      const received = receive(await arrived(t, items))
      const data = received.slice(0, -1).map(each => (each.kind === 'event' ? each.data : each.kind))
      t.equal(data.join(''), whole, `cut at ${cut}`)
      t.notOk(data.includes(''), 'half a character sends no event')
      t.same(received.at(-1), DONE)
    }
  }
  const single = receive(
    await arrived(
      t,
      Array.from(bytes, byte => Buffer.of(byte))
    )
  )
  t.same(single, [...Array.from(whole, char => message(char)), DONE], 'byte by byte')
})

t.test('strings arrive as one text, even if a surrogate pair is cut', async t => {
  const whole = 'a😀é👩‍👩‍👧\u{10ffff}b'
  for (let cut = 0; cut <= whole.length; cut++) {
    const items = [whole.slice(0, cut), whole.slice(cut)]
    const received = receive(await arrived(t, items))
    const data = received.slice(0, -1).map(each => (each.kind === 'event' ? each.data : each.kind))
    t.equal(data.join(''), whole, `cut at ${cut}`)
  }
  const halves = receive(await arrived(t, [...'a😀\u{10ffff}'.split('')]))
  t.same(halves, [message('a'), message('😀'), message('\u{10ffff}'), DONE], 'each half by itself')
  const around = receive(await arrived(t, ['\ud83d', { event: 'x', data: 'y' }, '\ude00']))
  t.same(around, [message('y', 'x'), message('😀'), DONE], 'with another event between')
  const alone = receive(await arrived(t, ['a\ud83d']))
  t.same(alone, [message('a'), message('\ufffd'), DONE], 'half a character at the end')
})

t.test('an incomplete character at the end becomes U+FFFD', async t => {
  for (const unfinished of [[0xc3], [0xe4, 0xb8], [0xf0, 0x9f, 0x98]]) {
    const received = receive(await arrived(t, [Buffer.from('a'), Buffer.from(unfinished)]))
    t.same(received, [message('a'), message('\ufffd'), DONE])
    const alone = receive(await arrived(t, [Buffer.from(unfinished)]))
    t.same(alone, [message('\ufffd'), DONE])
    const joined = receive(await arrived(t, [Buffer.from([0x61, ...unfinished])], { end: false }))
    t.same(joined, [message('a'), message('\ufffd')])
  }
})

t.test('invalid UTF-8 becomes U+FFFD', async t => {
  const received = receive(await arrived(t, [Buffer.of(0x61, 0xff, 0x62), Buffer.of(0xc3), Buffer.of(0x63)]))
  t.same(received, [message('a\ufffdb'), message('\ufffdc'), DONE])
})

t.test('a byte order mark stays', async t => {
  const items = ['\ufeffa', Buffer.from('\ufeffb'), { data: Buffer.from('\ufeffc') }, { comment: '\ufeffd' }]
  const received = receive(await arrived(t, items))
  t.same(received, [message('\ufeffa'), message('\ufeffb'), message('\ufeffc'), ...comment('\ufeffd'), DONE])
})

t.test('long texts arrive whole, at lengths around highWaterMark and maxEventBytes', async t => {
  const highWaterMark = 1024
  const maxEventBytes = 4096
  // `data: ` and the two line ends count too.
  const largest = maxEventBytes - 8
  const lengths = [highWaterMark, 2 * highWaterMark, largest].flatMap(length => [length - 1, length, length - 8])
  for (const char of ['a', 'é', '中', '😀']) {
    const size = Buffer.byteLength(char)
    const texts = lengths.map(length => char.repeat(Math.floor(length / size)) + 'b'.repeat(length % size))
    const received = receive(await arrived(t, texts, { highWaterMark, maxEventBytes }))
    sameList(t, received, [...texts.map(whole => message(whole)), DONE], char)
  }
  const bytes = Buffer.from('é'.repeat(largest / 2))
  t.same(receive(await arrived(t, [bytes], { highWaterMark, maxEventBytes })), [message(bytes.toString()), DONE])
})

t.test('a text of a megabyte arrives whole', async t => {
  const whole = '😀中\r\né'.repeat(80_000)
  const received = receive(await arrived(t, [whole, 'b'], { maxEventBytes: 10_000_000 }))
  sameList(t, received, [message(whole), message('b'), DONE], 'a megabyte')
})
