import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { Random, seed } from '../../helpers/random.js'
import { until } from '../../helpers/until.js'
import { ask, choiceOf, chunkOf, DONE, dataOf, endOf, outcomeOf, proxy, replier, STOP, whole } from './harness.js'

t.test('ends where the mark of the end is missing but the reason is not', async t => {
  const provider = await openAiServer(t, ({ write, response }) => {
    write(chunkOf('a') + STOP)
    response.end()
  })
  t.same(await whole(ask({ baseURL: provider.url })), { tokens: ['a'], finishReason: 'stop' })
})

t.test('ends at the mark of the end, whatever the connection does then', async t => {
  for (const after of ['stays open', 'breaks']) {
    const provider = await openAiServer(t, async ({ write, response }) => {
      write(chunkOf('a') + STOP + DONE)
      await until('it is sent', () => response.writableLength === 0)
      if (after === 'breaks') response.destroy()
    })
    t.same(await whole(ask({ baseURL: provider.url })), { tokens: ['a'], finishReason: 'stop' }, `it ${after}`)
    await until('the connection is closed', () => provider.calls[0]?.closed)
  }
})

t.test('the end of the body: the last chunk with any line end, or none', async t => {
  const reply = await replier(t)
  const [a, stop] = [chunkOf('a').trim(), STOP.trim()]
  for (const end of ['', '\n', '\n\n', '\r\n', '\r\n\r\n', '\r', '\r\r', '\n\r\n', '\r\n\r', ' \n']) {
    for (const last of [stop, `${stop}\n\ndata: [DONE]`, `${stop}\n\n: bye`, `${stop}\n\nevent: ping`]) {
      const { text, finish, error } = await reply(`${a}\n\n${last}${end}`)
      t.same([text, finish, error], ['a', { finishReason: 'stop' }, undefined], JSON.stringify(last + end))
    }
  }
  const usage = dataOf({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }).trim()
  const { finish } = await reply(`${a}\n\n${stop}\n\n${usage}`)
  t.same(
    finish?.usage,
    { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
    'usage that comes last of all is taken'
  )
})

t.test('the end of the body: any line ends, a byte order mark, and any pieces', async t => {
  t.comment(`SEED=${seed}`)
  const random = new Random(seed)
  const reply = await replier(t)
  const tokens = ['a', '👋', ' \u2028', 'é', '\r\n', '\r', '']
  for (const lineEnd of ['\n', '\r\n', '\r']) {
    for (const mark of ['', '\ufeff']) {
      for (let round = 0; round < 10; round++) {
        const body = Buffer.from(mark + (tokens.map(chunkOf).join('') + STOP + DONE).replaceAll('\n', lineEnd))
        const { text, finish, error } = await reply(async ({ write, response }) => {
          for (let at = 0; at < body.length; ) {
            const next = at + 1 + random.below(40)
            write(body.subarray(at, next))
            at = next
            await new Promise(setImmediate)
          }
          response.end()
        })
        t.same([text, finish, error], [tokens.join(''), { finishReason: 'stop' }, undefined])
      }
    }
  }
})

t.test('the end of the body: lines that end with CR alone hold no token back', async t => {
  const tokens: string[] = []
  const provider = await openAiServer(t, async ({ write, response }) => {
    for (const token of ['a', 'b', 'c']) {
      write(chunkOf(token).replaceAll('\n', '\r'))
      await until('the token is read', () => tokens.at(-1) === token)
    }
    write('\n')
    response.end(STOP.replaceAll('\n', '\r'))
  })
  t.same(await whole(ask({ baseURL: provider.url }), tokens), { tokens: ['a', 'b', 'c'], finishReason: 'stop' })
})

t.test('the end of the body: half an event is an error before the finish_reason, and nothing after it', async t => {
  const reply = await replier(t)
  const half = await reply(`${chunkOf('a')}data: {"choices":[{"de`)
  t.match(half, { text: 'a', error: { message: 'the model provider sent an event that is not JSON' } })
  for (const rest of ['data: {"choices":[],"usa', 'data: {"id":"chatcmpl', 'data: [DO', 'da']) {
    t.same((await reply(chunkOf('a') + STOP + rest)).finish, { finishReason: 'stop' }, rest)
  }
  const lost = await reply(`${chunkOf('a')}${STOP}data: {"choices":[{"delta":{"content":"b`)
  t.match(lost.error, { status: 502 }, 'where it may have had text, it is one after it too')
})

t.test('the end of the body: a connection that breaks takes nothing from an answer that has ended', async t => {
  const reply = await replier(t)
  const breakOff = (body: string) =>
    reply(async ({ write, response }) => {
      write(body)
      await until('it is sent', () => response.writableLength === 0)
      response.destroy()
    })
  for (const body of [chunkOf('a') + STOP, chunkOf('a') + DONE, `${chunkOf('a')}${STOP}data: {"choi`]) {
    t.match(await breakOff(body), { text: 'a', error: undefined }, body)
  }
  t.match(await breakOff(chunkOf('a')), { text: 'a', error: { status: 502 } })
  const lost = await breakOff(`${chunkOf('a')}${STOP}data: {"choices":[{"delta":{"content":"b`)
  t.match(lost, { text: 'a', error: { status: 502 } }, 'unless half an event with text is left')
})

t.test('an end that never comes: the answer is over a short time after its finish_reason', async t => {
  const provider = await openAiServer(t, call => {
    if (call.body.model === 'late usage') {
      call.write(chunkOf('a') + STOP)
      setTimeout(() => call.write(dataOf({ choices: [], usage: { prompt_tokens: 1, total_tokens: 3 } })), 100)
    } else if (call.body.model === 'pings') {
      call.write(chunkOf('a') + STOP)
      const timer = setInterval(() => call.write(': ping\n\ndata: {"choices":[]}\n\n'), 50)
      call.response.on('close', () => clearInterval(timer))
    } else if (call.body.model === 'late text') {
      const rest = [chunkOf('b'), chunkOf('c')]
      call.write(chunkOf('a') + STOP)
      const timer = setInterval(() => call.write(rest.shift() ?? ':\n'), 700)
      call.response.on('close', () => clearInterval(timer))
    } else if (call.body.model === 'reasoning') {
      // Some servers send a finish_reason with each chunk.
      const thought = choiceOf({ delta: { reasoning_content: 'hm' }, finish_reason: 'stop' })
      const rest = [thought, thought, choiceOf({ delta: { content: 'b' }, finish_reason: 'stop' })]
      call.write(choiceOf({ delta: { content: 'a' }, finish_reason: 'stop' }))
      const timer = setInterval(() => call.write(rest.shift() ?? ':\n'), 700)
      call.response.on('close', () => clearInterval(timer))
    } else call.write(chunkOf('a') + STOP)
  })
  const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
  const cases = {
    silence: {},
    pings: {},
    'late usage': { usage },
    'late text': { tokens: ['a', 'b', 'c'] },
    reasoning: { tokens: ['a', 'b'] }
  }
  await Promise.all(
    Object.entries(cases).map(async ([model, expected]) => {
      const answer = await whole(ask({ baseURL: provider.url, model }))
      t.same(answer, { tokens: ['a'], finishReason: 'stop', ...expected }, model)
    })
  )
  await until('the connections are closed', () => provider.calls.every(({ closed }) => closed))
})

t.test('an end that never comes: a slow reader loses nothing that has come meanwhile', async t => {
  const provider = await openAiServer(t, async call => {
    call.write(STOP + chunkOf('a'))
    await until('it is read', () => isRead)
    call.write(chunkOf('b'))
    call.write(dataOf({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }))
  })
  let isRead = false
  const answer = ask({ baseURL: provider.url })
  t.equal((await answer.next()).value, 'a')
  isRead = true
  await sleep(1500)
  const { tokens, usage } = await whole(answer)
  t.same([tokens, usage?.totalTokens], [['b'], 2])
})

t.test('an end that never comes: a server that goes on sending is left', async t => {
  const provider = await openAiServer(t, call => {
    call.write(chunkOf('a') + STOP + (call.body.model === 'mark' ? DONE : ''))
    const more = () => {
      while (!call.response.destroyed && call.response.write('data: {}\n\n'.repeat(100)));
    }
    call.response.on('drain', more)
    more()
  })
  for (const model of ['mark', 'no mark']) {
    t.same(await whole(ask({ baseURL: provider.url, model })), { tokens: ['a'], finishReason: 'stop' }, model)
  }
  await until('the connections are closed', () => provider.calls.every(({ closed }) => closed))
})

t.test('a mark but no reason: the answer is whole, its reason is unknown, and the log says so', async t => {
  const reply = await replier(t)
  for (const mark of [
    DONE,
    'data:[DONE]\n\n',
    'data: [DONE]',
    '[DONE]\n',
    'data: "[DONE]"\n\n',
    'event: end\ndata: [DONE]\n\n'
  ]) {
    const { text, finish, error, lines } = await reply(chunkOf('a') + chunkOf('b') + mark)
    t.same([text, finish, error], ['ab', { finishReason: 'unknown' }, undefined], mark)
    const said = 'the model provider ended its answer with no finish_reason, which is taken for "unknown"'
    t.same(lines, [['info', said]])
  }
  t.same((await reply(DONE)).finish, { finishReason: 'unknown' })
})

t.test('a mark but no reason: through the route', async t => {
  const { url } = await proxy(t, call => {
    call.write(
      chunkOf('a') + dataOf({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })
    )
    call.response.end(DONE)
  })
  const { status, events } = await fetchAll(`${url}/stream?prompt=hi`)
  t.equal(status, 200)
  const usage = { promptTokens: 3, completionTokens: 2, totalTokens: 5 }
  t.same(
    events().map(({ event, data }) => [event, data]),
    [
      [undefined, 'a'],
      ['done', JSON.stringify({ finishReason: 'unknown', usage })]
    ]
  )
})

t.test('a mark but no reason: a cut without either stays an error', async t => {
  const reply = await replier(t)
  for (const end of [
    '',
    endOf(null),
    endOf(''),
    dataOf({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })
  ]) {
    const { text, error } = await reply(chunkOf('a') + end)
    t.same(
      [text, error],
      ['a', { message: 'the model provider ended its answer too early', status: 502, words: '' }],
      end
    )
  }
  t.match((await reply('')).error, { message: 'the model provider ended its answer too early' })
})

t.test('a mark but no reason: text after the mark shows that it was none', async t => {
  const reply = await replier(t)
  const { text, finish } = await reply(DONE + chunkOf('a') + DONE + chunkOf('b') + STOP + DONE)
  t.same([text, finish], ['ab', { finishReason: 'stop' }])
  t.match((await reply(DONE + chunkOf('a'))).error, { message: 'the model provider ended its answer too early' })
})

t.test('a mark but no reason: usage after the mark is taken', async t => {
  const reply = await replier(t)
  const usage = dataOf({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } })
  for (const body of [STOP + DONE + usage, DONE + usage]) {
    t.equal((await reply(chunkOf('a') + body)).finish?.usage?.totalTokens, 3)
  }
})

t.test('a mark but no reason: an answer of which nothing was understood is an error', async t => {
  const reply = await replier(t)
  const { error } = await reply('data: {"response":"Hello"}\n\ndata: {"response":"."}\n\ndata: [DONE]\n\n')
  t.match(error, { message: 'the model provider sent nothing that is an answer', words: '{"response":"Hello"}' })
})

t.test('an end that never comes: the log says what was not waited for', async t => {
  const provider = await openAiServer(t, call => call.write(chunkOf('a') + call.body.model))
  const closed = 'of the model provider, and closed the connection'
  const none = 'the model provider ended its answer with no finish_reason, which is taken for "unknown"'
  await Promise.all(
    Object.entries({
      [STOP]: [['info', `stopped waiting for [DONE] ${closed}`]],
      [DONE]: [
        ['info', `stopped waiting for a finish_reason ${closed}`],
        ['info', none]
      ],
      [STOP + DONE]: [['debug', `stopped waiting for the end of the body ${closed}`]]
    }).map(async ([model, expected]) => {
      const { text, lines, error } = await outcomeOf({ baseURL: provider.url, model })
      t.same([text, lines, error], ['a', expected, undefined])
    })
  )
  const reply = await replier(t)
  t.same((await reply(chunkOf('a') + STOP + DONE)).lines, [], 'nothing of a body that ends')
})

t.test('an end that never comes: after a mark without a reason, the rest has the same time to come', async t => {
  const provider = await openAiServer(t, async call => {
    const { model } = call.body
    call.write(chunkOf('a') + DONE)
    await sleep(400)
    if (model === 'marks') {
      const timer = setInterval(() => call.write(DONE), 20)
      call.response.on('close', () => clearInterval(timer))
    } else {
      call.write(chunkOf('b') + (model === 'reason' ? STOP : '') + DONE)
      if (model === 'reason') call.response.end()
    }
  })
  const cases = {
    reason: { tokens: ['a', 'b'], finishReason: 'stop' },
    'no reason': { tokens: ['a', 'b'], finishReason: 'unknown' },
    marks: { tokens: ['a'], finishReason: 'unknown' }
  }
  await Promise.all(
    Object.entries(cases).map(async ([model, expected]) => {
      t.same(await whole(ask({ baseURL: provider.url, model })), expected, model)
    })
  )
})

t.test('an end that never comes: a server that goes on with chunks that say nothing is left', async t => {
  const provider = await openAiServer(t, call => {
    call.write(chunkOf('a') + STOP)
    const timer = setInterval(() => call.write(choiceOf({ delta: { content: '', id: 'x' } })), 20)
    call.response.on('close', () => clearInterval(timer))
  })
  t.same(await whole(ask({ baseURL: provider.url })), { tokens: ['a'], finishReason: 'stop' })
})

t.test('a mark but no reason: calls and thoughts after the mark show that it was none', async t => {
  const reply = await replier(t)
  const call = choiceOf({ delta: { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] } })
  for (const more of [call, choiceOf({ delta: { reasoning: 'hm' } }), choiceOf({ delta: { refusal: 'no' } })]) {
    t.match((await reply(chunkOf('a') + DONE + more)).error, { message: 'ended its answer too early' })
    t.equal((await reply(chunkOf('a') + DONE + more + DONE)).finish?.finishReason, 'unknown')
  }
})
