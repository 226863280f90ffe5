import t from 'tap'
import { AnswerParts } from '../../../../plugin/framing/answer/answer-parts.js'
import { AnswerBlocks } from '../../../../plugin/framing/answer/blocks.js'
import type { AnswerPart, Part } from '../../../../plugin/framing/answer/part.js'
import { Random, seed } from '../../../helpers/random.js'

/** Blocks whose events say what happens, and the parts that a reader joins from them. */
function reading() {
  const open: Part[] = []
  const parts: Part[] = []
  const blocks = new AnswerBlocks({
    begin: part => {
      open.push(part)
      return [{ data: `begin ${part.type}` }]
    },
    piece: part => {
      const whole = parts.length < open.length ? undefined : parts.at(-1)
      if (whole === undefined) parts.push({ ...part })
      else if (whole.type === 'tool-call' && part.type === 'tool-call') whole.arguments += part.arguments
      else if ('text' in whole && 'text' in part) Object.assign(whole, part, { text: whole.text + part.text })
      return [{ data: `piece ${'text' in part ? part.text : part.arguments}` }]
    },
    end: ({ type }) => [{ data: `end ${type}` }]
  })
  const words = (events: { data?: unknown }[]) => events.map(({ data }) => data)
  return { blocks, parts, words }
}

const call = (id: string, args: string): Part => ({ type: 'tool-call', id, name: 'a', arguments: args })

t.test('a piece of a part leaves at once, and a part ends when another begins', async t => {
  const { blocks, words } = reading()
  t.same(words(blocks.add('a')), ['begin text', 'piece a'])
  t.same(words(blocks.add({ type: 'text', text: 'b' })), ['piece b'])
  t.same(words(blocks.add({ type: 'reasoning', text: 'hm' })), ['end text', 'begin reasoning', 'piece hm'])
  t.same(words(blocks.add({ type: 'reasoning', text: '', signature: 's' })), ['piece ', 'end reasoning'])
  t.same(words(blocks.add({ type: 'reasoning', text: 'so' })), ['begin reasoning', 'piece so'])
  t.same(words(blocks.add({ type: 'refusal', text: 'no' })), ['end reasoning', 'begin refusal', 'piece no'])
  t.same(words(blocks.finish()), ['end refusal'])
  t.equal(blocks.hasRefused, true)
  t.equal(blocks.hasToolCalls, false)
})

t.test('a call of a tool leaves at once, and what comes while it is incomplete waits', async t => {
  const { blocks, words } = reading()
  t.same(words(blocks.add(call('1', '{"a":{}'))), ['begin tool-call', 'piece {"a":{}'])
  t.same(words(blocks.add(call('2', '{'))), [])
  t.same(words(blocks.add('a')), [])
  t.same(words(blocks.add(call('1', ',"b":1'))), ['piece ,"b":1'])
  t.same(words(blocks.add(call('1', '} '))), ['piece } ', 'end tool-call', 'begin tool-call', 'piece {'])
  t.same(words(blocks.add('b')), [], 'the text behind the second call waits on')
  t.same(words(blocks.add(call('2', '}'))), ['piece }', 'end tool-call', 'begin text', 'piece a', 'piece b'])
  t.same(words(blocks.add(call('1', ' \n'))), [], 'spaces may follow')
  t.throws(() => blocks.add(call('1', '{}')), { code: 'FST_SSE_EVENT_INVALID', message: /"1" has more arguments/ })
  t.same(words(blocks.finish()), ['end text'])
  t.equal(blocks.hasToolCalls, true)
})

t.test('what has waited to the end leaves then, each part whole', async t => {
  const { blocks, words } = reading()
  for (const part of [call('1', ''), call('2', '{"a"'), 'b', call('2', ':1}'), 'c']) blocks.add(part)
  t.same(words(blocks.finish()), [
    'end tool-call',
    'begin tool-call',
    'piece {"a":1}',
    'end tool-call',
    'begin text',
    'piece bc',
    'end text'
  ])
})

t.test('an answer that goes no further ends with its open part', async t => {
  const { blocks, words } = reading()
  t.same(words(blocks.cut()), [])
  for (const part of [call('1', '{'), 'b']) blocks.add(part)
  t.same(words(blocks.cut()), ['end tool-call'])
  t.same(words(blocks.finish()), [])
})

t.test('nothing begins for nothing', async t => {
  const { blocks, words } = reading()
  t.same(words(blocks.add('')), [])
  t.same(words(blocks.add({ type: 'reasoning', text: '' })), [])
  t.same(words(blocks.add('a')), ['begin text', 'piece a'])
  t.throws(() => blocks.add(5 as never), { code: 'FST_SSE_EVENT_INVALID' })
})

t.test(`kind: answers, generated, are read in the same order and words as they are joined (seed ${seed})`, async t => {
  const random = new Random(seed)
  for (let round = 0; round < 300; round++) {
    const ids = ['1', '2', '3'].slice(0, random.below(4))
    const pending = new Map(ids.map(id => [id, [...random.pick(['{}', '{"a":{"b":[1]}}', '{"c":"}"} '])]]))
    const items: AnswerPart[] = []
    for (let i = random.below(30); i > 0 || pending.size > 0; i--) {
      const [id] = pending.size > 0 && (i <= 0 || random.chance(0.5)) ? [random.pick([...pending.keys()])] : []
      if (id === undefined) {
        items.push(
          random.pick<AnswerPart>([
            'a',
            '',
            { type: 'text', text: 'b' },
            { type: 'reasoning', text: 'c' },
            { type: 'reasoning', text: '', signature: 's' },
            { type: 'refusal', text: 'd' }
          ])
        )
        continue
      }
      const rest = pending.get(id) as string[]
      items.push(call(id, rest.splice(0, 1 + random.below(4)).join('')))
      if (rest.length === 0) pending.delete(id)
    }
    const { blocks, parts } = reading()
    const joined = new AnswerParts()
    for (const item of items) {
      blocks.add(item)
      joined.add(item)
    }
    blocks.finish()
    t.same(parts.map(trimmed), joined.parts.map(trimmed), JSON.stringify(items))
  }
})

/** Spaces after whole arguments say nothing, and need not be sent. */
function trimmed(part: Part): Part {
  return part.type === 'tool-call' ? { ...part, arguments: part.arguments.trim() } : part
}
