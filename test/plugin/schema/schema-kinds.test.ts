import { inspect } from 'node:util'
import { type TSchema, Type } from '@sinclair/typebox'
import t from 'tap'
import { eventStream } from '../../../plugin/index.js'
import { errorFrame, sourceServer } from '../../helpers/source-server.js'

t.test('every kind of schema can declare data', async t => {
  const Tree = Type.Recursive(This => Type.Object({ name: Type.String(), children: Type.Array(This) }))
  const Shared = Type.Module({
    Part: Type.Object({ text: Type.String() }),
    Answer: Type.Object({ parts: Type.Array(Type.Ref('Part')) })
  })
  const kinds: Record<string, { schema: TSchema; good: [data: unknown, sent: string][]; bad: unknown[] }> = {
    'a literal': { schema: Type.Literal('a'), good: [['a', 'a']], bad: ['b'] },
    'a number': {
      schema: Type.Number(),
      good: [
        [0, '0'],
        [-1.5, '-1.5']
      ],
      bad: ['0', Number.NaN, 1n]
    },
    'a boolean': { schema: Type.Boolean(), good: [[false, 'false']], bad: [0, 'false'] },
    null: { schema: Type.Null(), good: [[null, 'null']], bad: [undefined, 0, {}] },
    'an array': {
      schema: Type.Array(Type.Object({ a: Type.Number() })),
      good: [
        [[], '[]'],
        [[{ a: 1, b: 2 }], '[{"a":1}]']
      ],
      bad: [{}, [1]]
    },
    'a union': {
      schema: Type.Union([Type.String(), Type.Number(), Type.Object({ a: Type.Number() })]),
      good: [
        ['a', 'a'],
        [1, '1'],
        [{ a: 1, b: 2 }, '{"a":1}']
      ],
      bad: [true, { a: 'b' }]
    },
    'a discriminated union': {
      schema: Type.Union([
        Type.Object({ type: Type.Literal('a'), a: Type.Number() }),
        Type.Object({ type: Type.Literal('b'), b: Type.String() })
      ]),
      good: [
        [{ type: 'a', a: 1, secret: 2 }, '{"type":"a","a":1}'],
        [{ type: 'b', b: 'c', secret: 2 }, '{"type":"b","b":"c"}']
      ],
      bad: [{ type: 'a', b: 'c' }, { type: 'c' }]
    },
    'an optional property': {
      schema: Type.Object({ a: Type.Optional(Type.Number()) }),
      good: [
        [{}, '{}'],
        [{ a: 1 }, '{"a":1}'],
        [{ a: undefined }, '{}']
      ],
      bad: [{ a: null }]
    },
    'a property that may be null': {
      schema: Type.Object({ a: Type.Union([Type.String(), Type.Null()]) }),
      good: [
        [{ a: null }, '{"a":null}'],
        [{ a: '' }, '{"a":""}']
      ],
      bad: [{}, { a: 1 }]
    },
    'an intersection': {
      schema: Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })]),
      good: [[{ a: 1, b: 2, c: 3 }, '{"a":1,"b":2}']],
      bad: [{ a: 1 }]
    },
    'a record': {
      schema: Type.Record(Type.String(), Type.Number()),
      good: [[{ a: 1, b: 2 }, '{"a":1,"b":2}']],
      bad: [{ a: 'b' }]
    },
    'an object without other properties': {
      schema: Type.Object({ a: Type.Number() }, { additionalProperties: false }),
      good: [[{ a: 1 }, '{"a":1}']],
      bad: [{ a: 1, b: 2 }]
    },
    'an object with any other properties': {
      schema: Type.Object({ a: Type.Number() }, { additionalProperties: true }),
      good: [[{ a: 1, b: { c: 2 } }, '{"a":1,"b":{"c":2}}']],
      bad: [{ b: 1 }]
    },
    'a recursive schema': {
      schema: Tree,
      good: [
        [
          { name: 'a', children: [{ name: 'b', children: [], secret: 1 }] },
          '{"name":"a","children":[{"name":"b","children":[]}]}'
        ]
      ],
      bad: [{ name: 'a', children: [{}] }]
    },
    'a schema with a reference': {
      schema: Shared.Import('Answer'),
      good: [[{ parts: [{ text: 'a', secret: 1 }] }, '{"parts":[{"text":"a"}]}']],
      bad: [{ parts: [{}] }]
    },
    anything: {
      schema: Type.Unknown(),
      good: [
        ['a', 'a'],
        [null, 'null'],
        [0, '0'],
        [{ a: [1] }, '{"a":[1]}']
      ],
      bad: [undefined, () => 1, Symbol('a'), 1n, [1n]]
    },
    'any value': {
      schema: Type.Any(),
      good: [
        ['a', 'a'],
        [false, 'false'],
        [{ a: [1] }, '{"a":[1]}']
      ],
      bad: [undefined, () => 1, Symbol('a'), 1n, [1n]]
    }
  }
  for (const [kind, { schema, good, bad }] of Object.entries(kinds)) {
    t.test(kind, async t => {
      const map = { message: Type.String(), value: schema }
      const ask = sourceServer(t, { schema: { response: { 200: eventStream(map) } } })
      for (const [data, sent] of good) {
        t.equal((await ask([{ event: 'value', data }], { end: false })).text, `event: value\ndata: ${sent}\n\n`)
      }
      for (const data of bad) {
        const { text } = await ask(['a', { event: 'value', data }])
        t.equal(text, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`, inspect(data))
      }
    })
  }
})
