import { ReadableStream } from 'node:stream/web'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { eventStream } from '../../../plugin/index.js'
import { open } from '../../helpers/client.js'
import { DONE, errorFrame, sourceServer } from '../../helpers/source-server.js'
import { after, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

const TRUNCATED = errorFrame('FST_SSE_SOURCE_TRUNCATED', 502, 'Bad Gateway')

interface Token {
  text?: string
  finish?: string
}

const map = ({ text }: Token) => text
const isComplete = ({ finish }: Token) => finish !== undefined

/** Makes each kind of source from the same items. */
const kinds: Record<string, (items: Token[]) => unknown> = {
  'an iterable': items => items,
  'an async generator': items =>
    async function* () {
      yield* items
    },
  'a ReadableStream': items => ReadableStream.from(items),
  'a promise': async items => items
}

for (const [kind, make] of Object.entries(kinds)) {
  t.test(`${kind} with isComplete`, async t => {
    const ask = sourceServer(t)
    t.test('ends with done, also if more items follow', async t => {
      const items = [{ text: 'a' }, { finish: 'stop' }, { text: 'usage' }]
      t.equal((await ask(make(items), { map, isComplete })).text, `data: a\n\ndata: usage\n\n${DONE}`)
    })

    t.test('ends with an error if no item completes it', async t => {
      t.equal((await ask(make([{ text: 'a' }]), { map, isComplete })).text, `data: a\n\n${TRUNCATED}`)
      t.equal((await ask(make([{ text: 'a' }]), { map, isComplete, end: false })).text, `data: a\n\n${TRUNCATED}`)
    })

    t.test('is answered with an error if nothing was sent', async t => {
      for (const items of [[], [{}]]) {
        const { status, error } = await ask(make(items), { map, isComplete })
        t.equal(status, 502)
        t.match(error, { statusCode: 502, code: 'FST_SSE_SOURCE_TRUNCATED' })
      }
    })
  })
}

t.test('isComplete must return true itself, not another truthy value', async t => {
  const ask = sourceServer(t)
  for (const yes of ['stop', 1, {}]) {
    t.equal((await ask(['a'], { isComplete: () => yes })).text, `data: a\n\n${TRUNCATED}`)
  }
  t.match(await ask(['a'], { isComplete: () => Promise.resolve(true) }), {
    status: 500,
    error: { code: 'FST_SSE_OPTION_INVALID' }
  })
})

t.test('isComplete is not called again after it has returned true', async t => {
  const seen: string[] = []
  const isComplete = (item: string) => {
    seen.push(item)
    return item === 'b'
  }
  t.equal((await sourceServer(t)(['a', 'b', 'c'], { isComplete })).status, 200)
  t.same(seen, ['a', 'b'])
})

t.test('an error of isComplete ends the stream', async t => {
  const isComplete = () => {
    throw Object.assign(new Error('why'), { statusCode: 429 })
  }
  t.equal((await sourceServer(t)(['a'], { isComplete })).status, 429)
})

t.test('the log says that the source was truncated', async t => {
  const ask = sourceServer(t)
  await ask(['a'], { isComplete: () => false })
  t.match(
    ask.log.filter(({ msg }) => msg === 'stream failed').map(({ err }) => err?.message),
    [/the source ended before its answer was complete/]
  )
})

t.test('isComplete works on a route that declares its events', async t => {
  const schema = { response: { 200: eventStream({ message: Type.String(), done: Type.Object({}) }) } }
  const ask = sourceServer(t, { schema })
  t.equal((await ask([{ text: 'a' }, { finish: 'stop' }], { map, isComplete })).text, `data: a\n\n${DONE}`)
  t.equal((await ask([{ text: 'a' }], { map, isComplete })).text, `data: a\n\n${TRUNCATED}`)
})

t.test('isComplete works for a resumable stream, also when a client reconnects', async t => {
  for (const [item, last] of [
    ['whole', 'done'],
    ['cut', 'error']
  ] as const) {
    const { url, sources } = await node(t, { stream: { isComplete: (item: unknown) => item === 'whole' } })
    const first = open(url)
    await until('the source runs', () => sources.length > 0)
    sources[0]?.give('a', item, undefined)
    await first.end()
    t.match(first.events(), [{ data: 'a' }, { data: item }, { event: last }])
    const again = open(url, after(first.events()[0]?.id))
    await again.end()
    t.match(again.events(), [{ data: item }, { event: last }])
    t.equal(sources.length, 1)
  }
})
