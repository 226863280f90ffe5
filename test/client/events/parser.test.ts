import { createParser } from 'eventsource-parser'
import t from 'tap'
import { type Block, makeParser } from '../../../client/events/parser.js'
import { Random, seed } from '../../helpers/random.js'

t.comment(`SEED=${seed}`)
const random = new Random(seed)

/** Parses a body that arrives in these chunks. */
function parse(...chunks: (string | Uint8Array)[]): Block[] {
  const parser = makeParser()
  return chunks.flatMap(chunk => parser(Buffer.from(chunk)))
}

t.test('fields', async t => {
  const cases: [string, string, Block[]][] = [
    ['a space after the colon is dropped', 'data: a\n\n', [{ data: 'a' }]],
    ['only one space is dropped', 'data:  a \n\n', [{ data: ' a ' }]],
    ['no space is needed', 'data:a\n\n', [{ data: 'a' }]],
    ['a tab is not a space', 'data:\ta\n\n', [{ data: '\ta' }]],
    ['a colon in the value stays', 'data: a: b\n\n', [{ data: 'a: b' }]],
    ['a field without a colon has an empty value', 'data\n\n', [{ data: '' }]],
    ['empty data is data', 'data:\n\n', [{ data: '' }]],
    ['lines of data are joined', 'data: a\ndata\ndata:b\n\n', [{ data: 'a\n\nb' }]],
    [
      'line separators of Unicode end no line',
      'data: a\u2028b\u2029c\u0085d\n\n',
      [{ data: 'a\u2028b\u2029c\u0085d' }]
    ],
    ['the last event name counts', 'event: a\nevent: b\ndata\n\n', [{ event: 'b', data: '' }]],
    ['an empty event name is none', 'event: a\nevent\ndata\n\n', [{ event: undefined, data: '' }]],
    ['an event name without data is forgotten', 'event: a\n\ndata\n\n', [{ data: '' }]],
    ['the last id counts', 'id: 1\ndata\nid: 2\n\n', [{ id: '2', data: '' }]],
    ['an empty id is an id', 'data\nid\n\n', [{ id: '', data: '' }]],
    ['an id may be 0', 'data\nid: 0\n\n', [{ id: '0', data: '' }]],
    ['an id with NUL is ignored', 'id: 1\nid: 2\0\ndata\n\n', [{ id: '1', data: '' }]],
    ['an id without data is reported', 'id: 1\n\ndata\n\n', [{ id: '1' }, { data: '' }]],
    ['retry is reported at once', 'retry: 10\ndata: not complete', [{ retry: 10 }]],
    ['retry may be 0', 'retry:0\n', [{ retry: 0 }]],
    ['retry that is not digits is ignored', 'retry: 1.5\nretry: -1\nretry: 1e3\nretry\nretry:  1\n', []],
    ['names are case-sensitive', 'Data: a\nID: 1\n\n', []],
    ['a space before the colon is part of the name', 'data : a\n\n', []],
    ['a space before the name is part of it', ' data: a\n\n', []],
    ['other fields are ignored', 'datas: a\ndata: b\ntime: 1\n\n', [{ data: 'b' }]],
    ['comments are ignored', ': a\n:data: b\n:\n\ndata: c\n:\n\n', [{ data: 'c' }]],
    ['blank lines alone are nothing', '\n\n\r\n\r\r', []],
    ['an event that is not complete is nothing', 'data: a\n\nid: 2\ndata: b\n', [{ data: 'a' }]]
  ]
  for (const [name, text, expected] of cases) t.strictSame(parse(text), expected, name)
})

t.test('a byte order mark', async t => {
  const bom = '\ufeff'
  t.strictSame(parse(`${bom}data: a\n\n`), [{ data: 'a' }], 'is dropped at the start')
  t.strictSame(parse(...[...Buffer.from(`${bom}data: a\n\n`)].map(byte => Uint8Array.of(byte))), [{ data: 'a' }])
  t.strictSame(parse('', bom, '', 'data: a\n\n'), [{ data: 'a' }], 'is dropped after an empty chunk')
  t.strictSame(parse(`${bom}${bom}data: a\n\n`), [], 'is dropped once')
  t.strictSame(parse(`data: a\n\n${bom}data: b\n\n`), [{ data: 'a' }], 'is part of a name elsewhere')
  t.strictSame(parse(`data:${bom}a\n\n`), [{ data: `${bom}a` }], 'is part of a value')
  t.strictSame(parse('\xef\xbb\xbfdata: a\n\n'), [], 'is not the three characters that its bytes are in Latin-1')
})

t.test('an event may be as long as 2 ** 24 characters', async t => {
  const mega = 'a'.repeat(2 ** 20)
  const almost = ['data:', ...Array(15).fill(mega), 'a'.repeat(2 ** 20 - 5)]
  t.equal(parse(...almost, '\n\n')[0]?.data?.length, 2 ** 24 - 5)
  t.throws(() => parse(...almost, 'a'), new RangeError('an event is longer than 16777216 characters'))
  const lines = Array(17).fill(`data:${mega}\n`)
  t.throws(() => parse(...lines), RangeError, 'in many lines')
  t.equal(parse(...Array(20).fill(`data:${mega}\n\n`)).length, 20, 'many events may be longer together')
})

/** A whole body as another parser reads it. With data in each block, it reports ids without data, too. */
function expected(text: string): Block[] {
  const blocks: Block[] = []
  const { feed } = createParser({
    onEvent: ({ event, data, id }) => {
      if (data !== '') blocks.push(block(id, event, data.slice(0, -1)))
      else if (id !== undefined) blocks.push(block(id))
    },
    onRetry: retry => blocks.push({ retry })
  })
  feed(text.replace(/\r\n?/g, '\n').replace(/^(?=\n)/gm, 'data\n'))
  return blocks
}

function block(id: string | undefined, event?: string, data?: string): Block {
  return { ...(id !== undefined && { id }), ...(event !== undefined && { event }), ...(data !== undefined && { data }) }
}

t.test('any body, cut anywhere, is read as another parser reads it', async t => {
  const names = ['data', 'data', 'data', 'event', 'id', 'id', 'retry', 'other', 'Data', '']
  const values = ['', ' ', 'a', ' b', ': c', '42', '0', ' x\0', 'ü漢👩‍🚀', '\ufeff', '{"a":1}']
  const ends = ['\n', '\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\r', '\n\r']
  const line = () => random.pick(names) + random.pick([':', ': ', ':  ', '']) + random.pick(values) + random.pick(ends)
  let count = 0
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: random.below(20) }, line).join('')
    const bytes = Buffer.from(text)
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const size = random.below(random.pick([2, 5, 200]))
      chunks.push(bytes.subarray(at, at + size))
      at += size
    }
    const found = parse(...chunks).map(found =>
      found.retry === undefined
        ? block(found.id, found.data === undefined ? undefined : found.event, found.data)
        : found
    )
    const want = expected(text)
    if (JSON.stringify(found) !== JSON.stringify(want)) t.strictSame(found, want, JSON.stringify(chunks.map(String)))
    count += want.length
  }
  t.ok(count > 5000, `${count} blocks`)
})
