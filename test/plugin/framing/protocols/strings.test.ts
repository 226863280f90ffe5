import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t from 'tap'
import type { ProtocolName } from '../../../../plugin/index.js'
import { fetchAll, open } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'
import { sourceServer } from '../../../helpers/source-server.js'
import { until } from '../../../helpers/until.js'
import { clients } from './clients.js'

const byName = Object.entries(clients).filter(([name, { protocol }]) => protocol !== 'events' && !/Respon/.test(name))

for (const [name, { protocol, read }] of byName) {
  t.test(`plain strings are an answer for ${name}`, async t => {
    const { url } = await serve(t, app => {
      app.all('/*', (_request, reply) => reply.sseFrom(['Hel', '', 'lo\n', '👋'], { protocol }))
    })
    const texts: string[] = []
    for await (const text of read(url, fetch, new AbortController().signal)) texts.push(text)
    t.equal(texts.join(''), 'Hello\n👋')
  })

  t.test(`plain strings that end in an error are no answer for ${name}`, async t => {
    const failing = async function* () {
      yield 'half of'
      throw Object.assign(new Error('not so fast'), { statusCode: 429 })
    }
    const { url } = await serve(t, app => app.all('/*', (_request, reply) => reply.sseFrom(failing, { protocol })))
    const texts: string[] = []
    const reading = async () => {
      for await (const text of read(url, fetch, new AbortController().signal)) texts.push(text)
    }
    await t.rejects(reading(), { message: /not so fast/ })
    t.same(texts, ['half of'])
  })
}

/** Says why it has ended, and calls a tool. */
const call = async function* () {
  yield 'Hi'
  yield { type: 'tool-call', id: '1', name: 'weather', arguments: '{}' }
  return { finishReason: 'tool_calls', usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } }
}

t.test('parts of an answer are served by name too, with the end that the source returns', async t => {
  const { url } = await serve(t, app => {
    app.post('/chat/completions', (_request, reply) => reply.sseFrom(call, { protocol: 'openai' }))
    app.post('/v1/messages', (_request, reply) => reply.sseFrom(call, { protocol: 'anthropic' }))
    app.get('/ui', (_request, reply) => reply.sseFrom(call, { protocol: 'ai-sdk' }))
  })
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const openai = new OpenAI({ baseURL: url, apiKey: 'key' }).chat.completions.stream({ model: 'a', messages })
  t.match(await openai.finalChatCompletion(), {
    id: /^chatcmpl-/,
    choices: [{ message: { content: 'Hi', tool_calls: [{ id: '1' }] }, finish_reason: 'tool_calls' }]
  })
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'key' })
  const message = await anthropic.messages.stream({ model: 'a', max_tokens: 9, messages }).finalMessage()
  t.match(message, {
    id: /^msg_/,
    content: [{ text: 'Hi' }, { type: 'tool_use', id: '1' }],
    stop_reason: 'tool_use',
    usage: { input_tokens: 1, output_tokens: 2 }
  })
  const ui = (await fetchAll(`${url}/ui`)).events().map(({ data }) => data)
  t.match(JSON.parse(ui.at(-2) ?? ''), { type: 'finish', finishReason: 'tool-calls' })
})

t.test('a source without items ends as its return value says', async t => {
  const ask = sourceServer(t)
  const returning = (value: unknown) =>
    function* () {
      yield* []
      return value
    }
  const ends: Partial<Record<ProtocolName, RegExp>> = {
    openai: /"finish_reason":"length".+\[DONE\]\n\n$/s,
    anthropic: /"stop_reason":"max_tokens".+event: message_stop\n/s,
    'ai-sdk': /"finishReason":"length".+\[DONE\]\n\n$/s,
    'ag-ui': /"type":"RUN_FINISHED".+"finishReason":"length".+\n\n$/
  }
  for (const [protocol, end] of Object.entries(ends)) {
    t.match((await ask(returning({ finishReason: 'length' }), { protocol })).text, end)
    const early = await ask(returning(undefined), { protocol })
    if (protocol === 'ai-sdk') t.equal(early.text, 'data: [DONE]\n\n')
    else t.equal(early.error.code, 'FST_SSE_SOURCE_TRUNCATED')
  }
})

t.test('a wrong end of strings is an error', async t => {
  const source = function* () {
    yield 'a'
    return { finishReason: 'tired' }
  }
  for (const protocol of ['openai', 'anthropic', 'ai-sdk', 'ag-ui']) {
    const { text } = await sourceServer(t)(source, { protocol })
    t.match(text, 'Internal Server Error')
    t.notMatch(text, /\[DONE\]|RUN_FINISHED|message_stop/)
  }
})

t.test('an error before the first item has the form of the API, where the response has begun', async t => {
  for (const [protocol, form] of Object.entries({
    openai: /^data: \{"error":\{"message":"no"/,
    anthropic: /^event: error\ndata: \{"type":"error"/,
    'ai-sdk': /^data: \{"type":"error","errorText":"no"\}/,
    'ag-ui': /^data: \{"type":"RUN_ERROR","message":"no"/
  })) {
    let fail = () => {}
    const failing = new Promise<void>(resolve => {
      fail = resolve
    })
    const source = async function* () {
      await failing
      yield* []
      throw Object.assign(new Error('no'), { statusCode: 400 })
    }
    const { url } = await serve(t, app =>
      app.get('/', (_request, reply) =>
        reply.sseFrom(source, { protocol: protocol as ProtocolName, commitAfter: 0, heartbeat: 1 })
      )
    )
    const client = open(url)
    await until('the head', () => client.status === 200)
    fail()
    await client.end()
    t.match(client.text().replace(/^(:\n)+/, ''), form)
  }
})
