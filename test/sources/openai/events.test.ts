import t from 'tap'
import { Random, seed } from '../../helpers/random.js'
import { chunkOf, DONE, dataOf, replier, STOP } from './harness.js'

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

/** What servers and proxies put between the chunks of a healthy answer, and is not even an event. */
const silent = [
  ': OPENROUTER PROCESSING\n\n',
  ': ping - 2025-01-01 00:00:00\n\n',
  ':\n',
  ':\n\n',
  '\n\n\n',
  'event: ping\n\n',
  'id: 7\n\n',
  'retry: 3000\n\n',
  'retry: soon\n\n'
]

/** What is an event, and no chunk. */
const noise = [
  'data:\n\n',
  'data: \n\n',
  'data\n\n',
  'event: ping\ndata:\n\n',
  'event: ping\ndata: {}\n\n',
  'event: heartbeat\ndata: 1736\n\n',
  'event: message\ndata: {"type":"ping"}\n\n',
  'data: : OPENROUTER PROCESSING\n\n',
  'data: keep-alive\n\n',
  'data: undefined\n\n',
  'data: NaN\n\n',
  'data: <heartbeat>\n\n',
  'data: [DONE]!\n\n',
  'data: null\n\n',
  'data: true\n\n',
  'data: 42\n\n',
  'data: "text"\n\n',
  'data: []\n\n',
  'data: [1, "a", null, [[{}]]]\n\n',
  'data: {}\n\n',
  'data: {"id":"c","object":"chat.completion.chunk"}\n\n',
  'data: {"choices":42}\n\n',
  'data: {"choices":"text"}\n\n',
  'data: {"choices":true}\n\n',
  'data: {"conversation_id":"c-1","message_id":7}\n\n',
  'data: {"status":"processing","message":"queued"}\n\n',
  'keep-alive\n\n',
  'OK\n'
]

/** Chunks that say nothing. */
const empty = [
  { choices: [] },
  { choices: null },
  { choices: {} },
  { choices: [null] },
  { choices: ['text', 7, true, []] },
  { choices: [{}] },
  { choices: [{ delta: null, finish_reason: null }] },
  { choices: [{ delta: {}, finish_reason: '' }] },
  { choices: [{ delta: { role: 'assistant' } }] },
  { choices: [{ delta: { role: '', content: null } }] },
  { choices: [{ delta: 42 }] },
  { choices: [{ delta: true, message: null }] },
  { choices: [{ delta: { content: '' }, logprobs: { content: [] } }] },
  { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{}' } }] } }] },
  { choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] },
  { id: '', choices: [{ index: 0, finish_reason: null, content_filter_offsets: { check_offset: 7 } }] },
  { usage: null },
  { error: null, choices: [] },
  { error: '', choices: [] },
  { error: {}, choices: [] },
  { object: 'chat.completion.chunk', usage: USAGE }
].map(dataOf)

t.test('an event that is no chunk: is passed over in a healthy answer', async t => {
  const reply = await replier(t)
  for (const event of [...silent, ...noise, ...empty]) {
    const { text, finish, error, lines } = await reply(
      event + chunkOf('a') + event + chunkOf('b') + event + STOP + event + DONE + event
    )
    t.equal(text, 'ab', JSON.stringify(event))
    t.equal(finish?.finishReason, 'stop')
    t.equal(error, undefined)
    const logged = lines.filter(([, said]) => said.startsWith('ignored'))
    t.equal(logged.length > 0, noise.includes(event), 'the log has a trace where an event was no chunk')
    t.ok(lines.every(([level]) => level === 'debug'))
  }
})

t.test('an event that is no chunk: the log says what it was, without the key, and not without end', async t => {
  const reply = await replier(t)
  const answer = await reply(`data: sk-secret is alive\n\n${'data: ping\n\n'.repeat(1000)}${chunkOf('a')}${STOP}`, {
    apiKey: 'sk-secret'
  })
  t.equal(answer.text, 'a')
  const text = 'ignored an event of the model provider that is not a chunk'
  t.same(answer.lines[0], ['debug', text, { event: '[key] is alive' }])
  t.same(answer.lines[1], ['debug', text, { event: 'ping' }])
  t.equal(answer.lines.length, 10)
})

t.test('an event that is no chunk: any of them, between any tokens, in any pieces', async t => {
  t.comment(`SEED=${seed}`)
  const random = new Random(seed)
  const reply = await replier(t)
  for (let round = 0; round < 100; round++) {
    const tokens = Array.from({ length: random.below(8) }, (_, index) =>
      random.pick(['', ' ', '\n', '👋', `t${index}`])
    )
    const some = () => random.pick([...silent, ...noise, ...empty]).repeat(random.below(3))
    const body = Buffer.from(
      tokens.map(token => some() + chunkOf(token)).join('') + some() + STOP + some() + (random.chance(0.8) ? DONE : '')
    )
    const { text, finish } = await reply(async ({ write, response }) => {
      for (let at = 0; at < body.length; ) {
        const next = at + 1 + random.below(body.length)
        write(body.subarray(at, next))
        at = next
        await new Promise(setImmediate)
      }
      response.end()
    })
    t.equal(text, tokens.join(''), `round ${round}`)
    t.equal(finish?.finishReason, 'stop')
  }
})

t.test('an event that is no chunk: an error is one, whatever it looks like', async t => {
  const reply = await replier(t)
  const errors: [string, status: number, words: string][] = [
    ['event: error\ndata: {"error":{"message":"busy","code":503}}\n\n', 503, '{"message":"busy","code":503}'],
    ['event: error\ndata: {"message":"busy","status_code":429}\n\n', 429, '{"message":"busy","status_code":429}'],
    ['event: error\ndata: the model is overloaded\n\n', 502, 'the model is overloaded'],
    ['event: error\ndata:\n\n', 502, ''],
    [`event: error\n${chunkOf('c')}`, 502, '{"choices":[{"delta":{"content":"c"}}]}'],
    ['error: {"code":400,"message":"too long"}\n\ndata: [DONE]\n\n', 400, '{"code":400,"message":"too long"}'],
    ['data: {"error":"busy"}\n\n', 502, '"busy"'],
    ['data: [{"error":{"code":429,"message":"quota"}}]\n\n', 429, '{"code":429,"message":"quota"}'],
    ['data: {"choices":[],"error":true}\n\n', 502, 'true']
  ]
  for (const [event, status, words] of errors) {
    for (const end of [STOP + DONE, DONE, '']) {
      const { text, error } = await reply(chunkOf('a') + event + end)
      t.equal(text, 'a', JSON.stringify(event))
      t.match(error, { status, words })
    }
  }
})

t.test('an event that is no chunk: events that a proxy has put together, or packed once more', async t => {
  const reply = await replier(t)
  const [a, b, stop] = [chunkOf('a'), chunkOf('b'), STOP].map(event => event.trim()) as [string, string, string]
  const json = (event: string) => event.slice('data: '.length)
  const bodies: Record<string, string> = {
    'without blank lines': `${a}\n${b}\n${stop}\ndata: [DONE]\n`,
    'without framing': `${json(a)}\n${json(b)}\n${json(stop)}\n`,
    'without framing, with blank lines': `${json(a)}\n\n${json(b)}\n\n${json(stop)}\n\n[DONE]\n`,
    'with spaces before data': ` ${a}\n\n\t${b}\n\n  ${stop}\n\n`,
    'without the space behind the colon': `${a}\n\n${b}\n\n${stop}\n\n`.replaceAll('data: ', 'data:'),
    'over several lines of data': [a, b, stop].map(event => `${event.replaceAll(',', ',\ndata: ')}\n\n`).join(''),
    'over several lines without framing': [a, b, stop]
      .map(event => `${JSON.stringify(JSON.parse(json(event)), null, 2)}\n`)
      .join('\n'),
    'as lists of chunks': `data: [${json(a)},${json(b)}]\n\ndata: [${json(stop)}]\n\n`,
    'as JSON in a string': [a, b, stop].map(event => `data: ${JSON.stringify(json(event))}\n\n`).join(''),
    'with names': `event: completion\n${a}\n\nevent: chunk\n${b}\n\nevent: done\n${stop}\n\nevent: end\n${DONE}`
  }
  for (const [name, body] of Object.entries(bodies)) {
    const { text, finish, error } = await reply(body)
    t.same([text, finish, error], ['ab', { finishReason: 'stop' }, undefined], name)
  }
})

t.test('an event that is no chunk: broken JSON may have held text, and is an error', async t => {
  const reply = await replier(t)
  const line = chunkOf('lost').trim()
  for (let at = 1; at < line.length; at++) {
    for (const end of ['\n', '\n\n']) {
      const { text, finish, error } = await reply(
        `${chunkOf('a')}${line.slice(0, at)}${end}${line.slice(at)}\n\n${STOP}${DONE}`
      )
      // Before and behind the colon of "data:", the rest of the line is whole.
      if (finish !== undefined) t.same([text, error], ['alost', undefined], `broken at ${at}`)
      else {
        t.equal(text, 'a')
        t.equal(error?.message, 'the model provider sent an event that is not JSON')
        t.match(line, error?.words ?? 'nothing')
      }
    }
  }
})
