import Fastify from 'fastify'
import t from 'tap'
import { type Generate, openAiRoutes, streamRoutes } from '../../routes/index.js'
import { Random, seed } from '../helpers/random.js'

const LIMIT = 1000

const generate: Generate = async function* () {
  yield 'hi'
  return { finishReason: 'stop' }
}

const app = Fastify()
t.teardown(() => app.close())
await app.register(streamRoutes, { generate, maxTextLength: LIMIT })
await app.register(openAiRoutes, { generate, models: ['a'], maxTextLength: LIMIT })

const ids = (role: string) => (role === 'tool' ? { tool_call_id: 'c' } : {})
const idsOfStream = (role: string) => (role === 'tool' ? { toolCallId: 'c' } : {})

/** Sends a message to both routes. */
async function send(role: string, content: unknown) {
  const chat = await app.inject({
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'a', messages: [{ role, content, ...ids(role) }] }
  })
  const stream = await app.inject({
    method: 'POST',
    url: '/stream',
    body: { messages: [{ role, content, ...idsOfStream(role) }] }
  })
  return { chat, stream }
}

const wrongParts: unknown[] = [
  'hi',
  null,
  5,
  true,
  [],
  ['hi'],
  {},
  { type: null },
  { type: 5 },
  { type: 'nope' },
  { text: 'hi' },
  { type: 'text' },
  { type: 'text', text: null },
  { type: 'text', text: 5 },
  { type: 'text', text: ['hi'] },
  { type: 'refusal', refusal: 4 },
  { type: 'image_url' },
  { type: 'image_url', image_url: null },
  { type: 'file', file: null },
  { type: 'input_audio' }
]

for (const role of ['user', 'assistant', 'system', 'tool']) {
  t.test(`wrong parts in the message of a ${role} are 400 and named`, async t => {
    for (const part of wrongParts) {
      for (const content of [[part], [{ type: 'text', text: 'a' }, part]]) {
        const { chat, stream } = await send(role, content)
        t.equal(chat.statusCode, 400, JSON.stringify(content))
        t.match(chat.json().error.param, /^messages\[0\]\.content/)
        t.equal(stream.statusCode, 400, JSON.stringify(content))
        t.match(stream.json().message, /^body\/messages\/0\/content/)
      }
    }
  })

  t.test(`many parts in the message of a ${role} do not get round its limit`, async t => {
    for (const [count, length] of [
      [2, LIMIT - 1],
      [LIMIT + 1, 1],
      [11, 100]
    ] as const) {
      const content = Array.from({ length: count }, () => ({ type: 'text', text: 'x'.repeat(length) }))
      const { chat, stream } = await send(role, content)
      t.equal(chat.statusCode, 400)
      t.match(chat.json().error, { param: 'messages[0].content', message: new RegExp(`up to ${LIMIT} characters`) })
      t.equal(stream.statusCode, 400)
    }
    const { chat } = await send(role, [{ type: 'text', text: 'x'.repeat(LIMIT) }])
    t.equal(chat.statusCode, 200, 'as much as is allowed')
  })
}

t.test(`generated content is never a 500 (seed ${seed})`, async t => {
  const random = new Random(seed)
  const junk = (depth: number): unknown =>
    random.pick<() => unknown>([
      () => null,
      () => random.below(9),
      () => 'text',
      () => random.chance(0.5),
      () => (depth > 2 ? [] : Array.from({ length: random.below(3) }, () => junk(depth + 1))),
      () => {
        const keys = ['type', 'text', 'image_url', 'refusal', 'url', 'extra', 'id', 'name', 'arguments', 'constructor']
        const type = random.pick([
          'text',
          'image_url',
          'refusal',
          'file',
          'image',
          'tool-call',
          'reasoning',
          'input_audio'
        ])
        return {
          type,
          ...(depth > 2 ? {} : { [random.pick(keys)]: junk(depth + 1), [random.pick(keys)]: junk(depth + 1) })
        }
      }
    ])()
  for (let i = 0; i < 300; i++) {
    const content = random.chance(0.8) ? Array.from({ length: 1 + random.below(3) }, () => junk(0)) : junk(0)
    const { chat, stream } = await send(random.pick(['user', 'assistant', 'system', 'tool']), content)
    t.ok([200, 400].includes(chat.statusCode), `${chat.statusCode} ${JSON.stringify(content)}`)
    t.ok([200, 400].includes(stream.statusCode), `${stream.statusCode} ${JSON.stringify(content)}`)
  }
})
