import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { AnswerParts } from '../../plugin/toolkit.js'
import {
  type AnswerPart,
  anthropicRoutes,
  chatRoutes,
  type Finish,
  type Message,
  openAiRoutes,
  responsesRoutes,
  streamRoutes
} from '../../routes/index.js'
import { openAiSource } from '../../sources/index.js'
import { fetchAll } from '../helpers/client.js'
import { Random, seed } from '../helpers/random.js'
import { serve } from '../helpers/server.js'
import { randomAnswer, randomConversation, toAnthropic } from './conversations.js'
import { toResponses, toUiMessages, withTextResults } from './spoken.js'

const random = new Random(seed)
const question = { role: 'user' as const, content: 'hi' }

t.test(`kind: an answer, generated, reads the same through every API (seed ${seed})`, async t => {
  const { anthropic, openai, answerWith, asked } = await apis(t)
  for (let i = 0; i < 60; i++) {
    const { items, finish } = randomAnswer(random)
    answerWith(items, finish)
    const expected = answerOf(items, finish)
    const ask = { model: 'a', max_tokens: 9, messages: [question] }
    for (const message of [await anthropic.messages.create(ask), await anthropic.messages.stream(ask).finalMessage()]) {
      t.same(fromAnthropic(message), expected, JSON.stringify(items))
      await anthropic.messages.create({ ...ask, messages: [question, message, question] })
      t.same(asked()[1], { role: 'assistant', content: joined(items) }, 'and is taken back as it was')
    }
    const chat = { model: 'a', messages: [question] }
    const whole = await openai.chat.completions.create(chat)
    t.same(fromChat(whole), expected, JSON.stringify(items))
    const streamed = openai.chat.completions.stream({ ...chat, stream_options: { include_usage: true } })
    // The helper of the SDK does not join a field that OpenAI's own API does not have.
    let reasoning = ''
    streamed.on('chunk', ({ choices: [choice] }) => {
      reasoning += (choice?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? ''
    })
    t.same({ ...fromChat(await streamed.finalChatCompletion()), reasoning }, expected, JSON.stringify(items))
  }
})

t.test(`kind: a conversation, generated, reaches generate through every API as it is (seed ${seed})`, async t => {
  const { url, asked, answerWith } = await apis(t)
  answerWith(['Hello'], { finishReason: 'stop' })
  // It says the conversation in the words of chat completions, which the route reads again.
  const viaChat = await serve(t, app =>
    app.register(streamRoutes, { generate: openAiSource({ baseURL: `${url}/v1`, model: 'a' }), resumable: false })
  )
  for (let i = 0; i < 100; i++) {
    const messages = randomConversation(random)
    const { status, text } = await fetchAll(`${url}/v1/messages`, { body: { model: 'a', ...toAnthropic(messages) } })
    t.equal(status, 200, text())
    t.same(asked(), messages)
    const answer = await fetchAll(`${viaChat.url}/stream`, { body: { messages } })
    t.match(answer.text(), 'data: Hello\n', answer.text())
    t.same(asked(), messages)
    const items = toResponses(messages)
    const response = await fetchAll(`${url}/v1/responses`, { body: { model: 'a', input: items, store: false } })
    t.equal(response.status, 200, response.text())
    t.same(asked(), messages, JSON.stringify(items))
    const told = withTextResults(messages)
    const shown = toUiMessages(told)
    const chat = await fetchAll(`${url}/api/chat`, { body: { id: 'c', messages: shown } })
    t.equal(chat.status, 200, chat.text())
    t.same(asked(), told, JSON.stringify(shown))
  }
})

/** A server with every API, whose model gives a prepared answer. */
async function apis(t: Test) {
  let prepared: { items: AnswerPart[]; finish: Finish }
  let conversation: Message[] = []
  const generate = async function* ({ messages }: { messages: Message[] }) {
    conversation = messages
    yield* prepared.items
    return prepared.finish
  }
  const { url } = await serve(t, async app => {
    await app.register(openAiRoutes, { generate, models: ['a'] })
    await app.register(anthropicRoutes, { generate })
    await app.register(responsesRoutes, { generate, models: ['a'] })
    await app.register(chatRoutes, { generate, resumable: false })
  })
  return {
    url,
    anthropic: new Anthropic({ baseURL: url, apiKey: 'key', maxRetries: 0 }),
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key', maxRetries: 0 }),
    answerWith: (items: AnswerPart[], finish: Finish) => {
      prepared = { items, finish }
    },
    asked: () => conversation
  }
}

/** What a client reads of an answer, whatever its API. */
interface Read {
  text: string
  reasoning: string
  calls: { id: string; name: string; input: unknown }[]
  end: string
  tokens: number[]
}

function answerOf(items: AnswerPart[], { finishReason, usage }: Finish): Read {
  const { text, reasoning, toolCalls } = partsOf(items)
  const calls = toolCalls.map(({ id, name, arguments: args }) => ({ id, name, input: JSON.parse(args) }))
  return {
    text,
    reasoning,
    calls,
    end: finishReason,
    tokens: [usage?.promptTokens, usage?.completionTokens] as number[]
  }
}

function partsOf(items: AnswerPart[]): AnswerParts {
  const parts = new AnswerParts()
  for (const item of items) parts.add(item)
  return parts
}

/** The content of the message that an answer is, its arguments as JSON writes them. */
function joined(items: AnswerPart[]): Message['content'] {
  const { parts, text } = partsOf(items)
  return parts.every(({ type }) => type === 'text') ? text : parts
}

function fromAnthropic({ content, stop_reason, usage }: Anthropic.Message): Read {
  const ends = { end_turn: 'stop', max_tokens: 'length', tool_use: 'tool_calls' } as Record<string, string>
  return {
    text: content.map(block => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: content.map(block => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: content.flatMap(block => {
      return block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : []
    }),
    end: ends[String(stop_reason)] ?? String(stop_reason),
    tokens: [usage.input_tokens + (usage.cache_read_input_tokens ?? 0), usage.output_tokens]
  }
}

function fromChat({ choices, usage }: OpenAI.ChatCompletion): Read {
  const { message, finish_reason } = choices[0] as OpenAI.ChatCompletion.Choice
  return {
    text: message.content ?? '',
    reasoning: (message as { reasoning_content?: string }).reasoning_content ?? '',
    calls: (message.tool_calls ?? []).flatMap(call => {
      return call.type === 'function'
        ? [{ id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) }]
        : []
    }),
    end: finish_reason,
    tokens: [usage?.prompt_tokens, usage?.completion_tokens] as number[]
  }
}
