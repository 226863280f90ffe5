import t from 'tap'
import { CallOrder } from '../../../../plugin/framing/answer/call-order.js'
import type { ToolCallPart } from '../../../../plugin/framing/answer/part.js'

const piece = (id: string, args: string, extra?: Record<string, unknown>): ToolCallPart => ({
  type: 'tool-call',
  id,
  name: 'f',
  arguments: args,
  ...(extra && { extra })
})
const shown = (pieces: ToolCallPart[]) => pieces.map(({ id, arguments: args }) => `${id} ${args}`)

/** What comes out for each piece, and at the end. */
function through(pieces: ToolCallPart[], isCut = false): string[][] {
  const order = new CallOrder()
  return [...pieces.map(piece => shown(order.add(piece))), shown(order.finish(isCut))]
}

t.test('pieces of one call, or of calls one after the other, never wait', async t => {
  t.same(through([piece('a', ''), piece('a', '{"x"'), piece('a', ':1}'), piece('a', ' '), piece('b', '{}')]), [
    ['a '],
    ['a {"x"'],
    ['a :1}'],
    ['a '.concat(' ')],
    ['b {}'],
    []
  ])
})

t.test('pieces of other calls wait until the open one is complete', async t => {
  const heads = [piece('a', ''), piece('b', ''), piece('c', '')]
  t.same(through([...heads, piece('c', '{}'), piece('b', '{"x":1}'), piece('a', '{"y"'), piece('a', ':2}')]), [
    ['a '],
    [],
    [],
    [],
    [],
    ['a {"y"'],
    ['a :2}', 'b ', 'b {"x":1}', 'c ', 'c {}'],
    []
  ])
})

t.test('calls without arguments have {} at the end, in order', async t => {
  t.same(through([piece('a', ''), piece('b', ' '), piece('c', '{"x":1}'), piece('b', ' ')]).at(-1), [
    'a {}',
    'b ',
    'b ',
    'b {}',
    'c {"x":1}'
  ])
  t.same(through([]), [[]])
  t.same(through([piece('a', ''), piece('b', '')], true).at(-1), ['b '], 'but not in an answer that was cut')
})

t.test('a complete call takes spaces and an extra, and no more arguments', async t => {
  const order = new CallOrder()
  t.equal(order.hasCalls, false)
  order.add(piece('a', '{}'))
  order.add(piece('b', ''))
  t.equal(order.hasCalls, true)
  t.same(order.add(piece('a', ' ')), [])
  t.same(order.finish(false), [piece('b', '{}')], 'nor do spaces that have waited come out')
  const next = new CallOrder()
  next.add(piece('a', '{}'))
  next.add(piece('b', '{}'))
  t.same(next.add(piece('a', ' ', { x: 1 })), [piece('a', '', { x: 1 })])
  t.throws(() => next.add(piece('a', '{}')), { code: 'FST_SSE_EVENT_INVALID' })
})
