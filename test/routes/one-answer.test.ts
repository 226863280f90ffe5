import { HttpAgent } from '@ag-ui/client'
import Anthropic from '@anthropic-ai/sdk'
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { openStream, type SseStream } from '../../client/index.js'
import { AnswerParts } from '../../plugin/toolkit.js'
import {
  type AnswerPart,
  anthropicRoutes,
  chatRoutes,
  type Finish,
  type Generate,
  openAiRoutes,
  responsesRoutes,
  streamRoutes,
  type Tokens,
  type WholeAnswer
} from '../../routes/index.js'
import { Random, seed } from '../helpers/random.js'
import { serve } from '../helpers/server.js'
import { randomAnswer } from './conversations.js'

/** What a client reads of an answer, whatever its API. */
interface Read {
  text: string
  reasoning: string
  calls: { id: string; name: string; input: unknown }[]
  end: string
  /** Of the question, and of the answer. */
  tokens: unknown[]
}

interface Prepared {
  items: AnswerPart[]
  finish: Finish
}

const usage = { promptTokens: 15, completionTokens: 7, totalTokens: 22, cachedPromptTokens: 2, reasoningTokens: 3 }

/** Thinks, speaks, and calls two tools at once, their arguments in pieces that are mixed. */
const everything: Prepared = {
  items: [
    { type: 'reasoning', text: 'I need ' },
    { type: 'reasoning', text: 'both.\n' },
    'Let me ',
    { type: 'text', text: 'see 👋.' },
    { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":' },
    { type: 'tool-call', id: 'call-2', name: 'time', arguments: '{"zone":"CET"' },
    { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '"Bonn"}' },
    { type: 'tool-call', id: 'call-2', name: 'time', arguments: '}' }
  ],
  finish: { finishReason: 'tool_calls', usage }
}

const ask = { model: 'a', messages: [{ role: 'user' as const, content: 'hi' }] }

/** One model behind every API, and how a client of each API reads its answer. */
async function readers(t: Test): Promise<{ prepare(next: Prepared): void; read: Record<string, () => Promise<Read>> }> {
  let prepared = everything
  const generate: Generate = async function* () {
    yield* prepared.items
    return prepared.finish
  }
  const { url } = await serve(t, async app => {
    await app.register(openAiRoutes, { generate, models: ['a'] })
    await app.register(responsesRoutes, { generate, models: ['a'] })
    await app.register(anthropicRoutes, { generate })
    await app.register(chatRoutes, { generate })
    await app.register(streamRoutes, { generate })
    const source = async function* () {
      yield* prepared.items
      return prepared.finish
    }
    app.post('/ag-ui', (_request, reply) => reply.sseFrom(source, { protocol: 'ag-ui' }))
  })
  const { chat, responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key', maxRetries: 0 })
  const { messages } = new Anthropic({ baseURL: url, apiKey: 'key', maxRetries: 0 })
  const read = {
    'chat completions': async () => fromChat(await chat.completions.create(ask)),
    'chat completions, streamed': async () => {
      const stream = chat.completions.stream({ ...ask, stream_options: { include_usage: true } })
      // The helper of the SDK does not join a field that OpenAI's own API does not have.
      let reasoning = ''
      stream.on('chunk', ({ choices: [choice] }) => {
        reasoning += (choice?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? ''
      })
      return { ...fromChat(await stream.finalChatCompletion()), reasoning }
    },
    Responses: async () => fromResponse(await responses.create({ model: 'a', input: 'hi' })),
    'Responses, streamed': async () =>
      fromResponse(await responses.stream({ model: 'a', input: 'hi' }).finalResponse()),
    Messages: async () => fromMessage(await messages.create({ ...ask, max_tokens: 9 })),
    'Messages, streamed': async () => fromMessage(await messages.stream({ ...ask, max_tokens: 9 }).finalMessage()),
    useChat: () => fromUseChat(url),
    'AG-UI': () => fromAgUi(url),
    '/stream': () => fromStream(url),
    '/stream, as JSON': () => fromWhole(url)
  }
  return { read, prepare: next => (prepared = next) }
}

function expected({ items, finish: { finishReason, usage } }: Prepared): Read {
  const parts = new AnswerParts()
  for (const item of items) parts.add(item)
  return {
    text: parts.text,
    reasoning: parts.reasoning,
    calls: parts.toolCalls.map(({ id, name, arguments: args }) => ({ id, name, input: JSON.parse(args) })),
    end: finishReason,
    tokens: [usage?.promptTokens, usage?.completionTokens]
  }
}

function fromChat({ choices: [choice], usage }: OpenAI.ChatCompletion): Read {
  const { message, finish_reason } = choice as OpenAI.ChatCompletion.Choice
  const { content, tool_calls = [], ...rest } = message
  return {
    text: content ?? '',
    reasoning: (rest as { reasoning_content?: string }).reasoning_content ?? '',
    calls: tool_calls.flatMap(call =>
      call.type === 'function'
        ? [{ id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments) }]
        : []
    ),
    end: finish_reason,
    tokens: [usage?.prompt_tokens, usage?.completion_tokens]
  }
}

function fromResponse({ output, output_text, status, incomplete_details, usage }: OpenAI.Responses.Response): Read {
  const calls = output.flatMap(item =>
    item.type === 'function_call' ? [{ id: item.call_id, name: item.name, input: JSON.parse(item.arguments) }] : []
  )
  const reasoning = output.flatMap(item => (item.type === 'reasoning' ? item.summary.map(({ text }) => text) : []))
  const ended = calls.length > 0 ? 'tool_calls' : 'stop'
  const cutOff = incomplete_details?.reason === 'max_output_tokens' ? 'length' : String(incomplete_details?.reason)
  return {
    text: output_text,
    reasoning: reasoning.join(''),
    calls,
    end: status === 'completed' ? ended : cutOff,
    tokens: [usage?.input_tokens, usage?.output_tokens]
  }
}

const MESSAGE_ENDS: Record<string, string> = { end_turn: 'stop', max_tokens: 'length', tool_use: 'tool_calls' }

function fromMessage({ content, stop_reason, usage }: Anthropic.Message): Read {
  return {
    text: content.map(block => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: content.map(block => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: content.flatMap(block =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : []
    ),
    end: String(MESSAGE_ENDS[String(stop_reason)]),
    tokens: [usage.input_tokens + (usage.cache_read_input_tokens ?? 0), usage.output_tokens]
  }
}

async function fromUseChat(url: string): Promise<Read> {
  const transport = new DefaultChatTransport<UIMessage>({ api: `${url}/api/chat` })
  const chunks = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat',
    messageId: undefined,
    messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    abortSignal: undefined
  })
  const [own, forEnd] = chunks.tee()
  let message: UIMessage | undefined
  for await (const version of readUIMessageStream({ stream: own, terminateOnError: true })) message = version
  let end = ''
  for await (const chunk of forEnd) if (chunk.type === 'finish') end = String(chunk.finishReason)
  const { parts = [], metadata } = message ?? {}
  const { usage } = (metadata ?? {}) as { usage?: Finish['usage'] }
  const textOf = (type: string) => parts.map(part => (part.type === type && 'text' in part ? part.text : '')).join('')
  return {
    text: textOf('text'),
    reasoning: textOf('reasoning'),
    calls: parts.flatMap(part =>
      part.type === 'dynamic-tool' || part.type.startsWith('tool-') ? [callOf(part as unknown as UiCall)] : []
    ),
    end: end.replace('-', '_'),
    tokens: [usage?.promptTokens, usage?.completionTokens]
  }
}

interface UiCall {
  type: string
  toolName?: string
  toolCallId: string
  input: unknown
}

function callOf({ type, toolName = type.slice('tool-'.length), toolCallId, input }: UiCall) {
  return { id: toolCallId, name: toolName, input }
}

async function fromAgUi(url: string): Promise<Read> {
  const agent = new HttpAgent({ url: `${url}/ag-ui` })
  let tokens: unknown[] = []
  const { result } = await agent.runAgent(undefined, {
    onRunFinishedEvent: ({ event }) => {
      const [usage] = (event as unknown as { usage: { inputTokens: number; outputTokens: number }[] }).usage
      tokens = [usage?.inputTokens, usage?.outputTokens]
    }
  })
  const textOf = (role: string) =>
    agent.messages.map(message => (message.role === role && message.content ? String(message.content) : '')).join('')
  return {
    text: textOf('assistant'),
    reasoning: textOf('reasoning'),
    calls: agent.messages.flatMap(message =>
      message.role === 'assistant'
        ? (message.toolCalls ?? []).map(({ id, function: called }) => ({
            id,
            name: called.name,
            input: JSON.parse(called.arguments)
          }))
        : []
    ),
    end: (result as { finishReason: string }).finishReason,
    tokens
  }
}

async function fromStream(url: string): Promise<Read> {
  const stream: SseStream<typeof Tokens> = openStream(`${url}/stream`, { body: { prompt: 'hi' } })
  const parts = new AnswerParts()
  let finish: Finish | undefined
  for await (const { event, data } of stream) {
    if (event === 'message') parts.add(data)
    else if (event === 'reasoning') parts.add({ type: 'reasoning', ...data })
    else if (event === 'tool-call') parts.add({ type: 'tool-call', ...data })
    else if (event === 'done') finish = data
  }
  const whole: WholeAnswer = { text: parts.text, toolCalls: parts.toolCalls, ...(finish as Finish) }
  return { ...fromWholeAnswer(whole), reasoning: parts.reasoning }
}

async function fromWhole(url: string): Promise<Read> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  const response = await fetch(`${url}/stream`, { method: 'POST', headers, body: '{"prompt":"hi"}' })
  return fromWholeAnswer((await response.json()) as WholeAnswer)
}

function fromWholeAnswer({ text, reasoning = [], toolCalls = [], finishReason, usage }: WholeAnswer): Read {
  return {
    text,
    reasoning: reasoning.map(part => part.text).join(''),
    calls: toolCalls.map(({ id, name, arguments: args }) => ({ id, name, input: JSON.parse(args) })),
    end: finishReason,
    tokens: [usage?.promptTokens, usage?.completionTokens]
  }
}

t.test('one answer reads the same through every API, streamed and whole', async t => {
  const { read } = await readers(t)
  for (const [name, answer] of Object.entries(read)) t.same(await answer(), expected(everything), name)
})

t.test(`kind: answers, generated, read the same through every API (seed ${seed})`, async t => {
  const random = new Random(seed)
  const { prepare, read } = await readers(t)
  for (let i = 0; i < 10; i++) {
    const prepared = randomAnswer(random)
    prepare(prepared)
    const said = JSON.stringify(prepared)
    for (const [name, answer] of Object.entries(read)) t.same(await answer(), expected(prepared), `${name}: ${said}`)
  }
})
