import type OpenAI from 'openai'
import { zodFunction } from 'openai/helpers/zod'
import t from 'tap'
import { z } from 'zod'
import type { AnswerPart, Generate } from '../../../routes/index.js'
import { openAiSource } from '../../../sources/index.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { appOf, chatCompletions, responsesApi, stream as streamApi } from '../every-api.js'
import { api } from './api.js'

const call = (id: string, args: string): AnswerPart => ({ type: 'tool-call', id, name: id, arguments: args })
const tools = ['now', 'city'].map(name =>
  zodFunction({ name, parameters: z.object(name === 'city' ? { name: z.string() } : {}) })
)
const body = { model: 'a', messages: [{ role: 'user' as const, content: 'hi' }], tools }

/** A model whose calls come as they are here. */
const calling = (finishReason: 'tool_calls' | 'length', ...parts: AnswerPart[]): Generate =>
  async function* () {
    yield* parts
    return { finishReason }
  }

t.test('a client of OpenAI parses calls that have no arguments, and calls whose pieces come mixed', async t => {
  for (const parts of [
    [call('now', ''), call('city', '{"name":"Bonn"}')],
    [call('city', ''), call('now', ''), call('city', '{"name":'), call('city', '"Bonn"}')],
    [call('now', ' '), call('city', ''), call('city', '{"name":"Bonn"}')]
  ]) {
    const { client } = await api(t, calling('tool_calls', ...parts))
    const parsed = (completion: OpenAI.ChatCompletion) =>
      Object.fromEntries(
        (completion.choices[0]?.message.tool_calls ?? []).map(called => [
          (called as { id: string }).id,
          (called as { function: { parsed_arguments?: unknown } }).function.parsed_arguments
        ])
      )
    const expected = { now: {}, city: { name: 'Bonn' } }
    t.same(parsed(await client.chat.completions.parse(body)), expected)
    const stream = client.chat.completions.stream(body)
    t.same(parsed(await stream.finalChatCompletion()), expected)
  }
})

t.test('the text of an answer does not wait for the calls before it', async t => {
  const { client } = await api(t, calling('tool_calls', call('a', ''), call('b', '{}'), 'text', call('a', '{}')))
  const seen: unknown[] = []
  for await (const { choices } of await client.chat.completions.create({ ...body, stream: true })) {
    const { content, tool_calls } = choices[0]?.delta ?? {}
    if (content !== undefined || tool_calls !== undefined) seen.push(content ?? tool_calls?.[0]?.function)
  }
  t.same(seen, [{ name: 'a', arguments: '' }, 'text', { arguments: '{}' }, { name: 'b', arguments: '{}' }])
})

t.test('kind: a call without arguments has {} in every API, whole', async t => {
  for (const args of ['', ' \n']) {
    const { post } = await appOf(t, calling('tool_calls', call('now', args)))
    const whole = async (request: typeof chatCompletions) => JSON.parse((await post(request, request.least)).text)
    t.equal((await whole(chatCompletions)).choices[0].message.tool_calls[0].function.arguments, '{}')
    t.equal((await whole(responsesApi)).output[0].arguments.trim(), '{}')
    const { text } = await post(streamApi, { ...streamApi.least })
    t.match(text, 'tool-call')
  }
  const { post } = await appOf(t, calling('length', call('now', '')))
  const cut = JSON.parse((await post(chatCompletions, chatCompletions.least)).text)
  t.equal(cut.choices[0].message.tool_calls[0].function.arguments, '', 'a call that was cut is not completed')
})

t.test('kind: a provider that sends no arguments, in chunks or as a whole', async t => {
  for (const sent of ['', null, undefined, '  ']) {
    const called = (index: number) => ({
      index,
      id: `c${index}`,
      type: 'function',
      function: { name: 'now', arguments: sent }
    })
    const choice = { index: 0, finish_reason: 'tool_calls' }
    const whole = {
      choices: [{ ...choice, message: { role: 'assistant', content: null, tool_calls: [called(0), called(1)] } }]
    }
    const chunk = { choices: [{ ...choice, delta: { tool_calls: [called(0), called(1)] } }] }
    for (const isWhole of [true, false]) {
      const { url } = await openAiServer(t, ({ response }) => {
        response.setHeader('content-type', isWhole ? 'application/json' : 'text/event-stream')
        response.end(isWhole ? JSON.stringify(whole) : `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`)
      })
      const { client } = await api(t, openAiSource({ baseURL: url, model: 'a' }))
      const answer = await client.chat.completions.create(body)
      const streamed = await client.chat.completions.stream(body).finalChatCompletion()
      for (const { choices } of [answer, streamed]) {
        const args = choices[0]?.message.tool_calls?.map(
          call => call.type === 'function' && call.function.arguments.trim()
        )
        t.same(args, ['{}', '{}'], `${JSON.stringify(sent)}, whole: ${isWhole}`)
      }
    }
  }
})
