import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { ChatOpenAI } from '@langchain/openai'
import { streamText } from 'ai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import t from 'tap'
import type { SourceContext, SseSource, StreamFinish, StreamOptions } from '../../plugin/index.js'
import { openAiSource } from '../../sources/index.js'
import { anthropicWire } from '../helpers/anthropic-server.js'
import { fetchAll, open } from '../helpers/client.js'
import { geminiWire } from '../helpers/gemini-server.js'
import { ollamaWire } from '../helpers/ollama-server.js'
import { openAiResponsesWire, openAiWire } from '../helpers/openai-server.js'
import { providerServer, sse, type Wire } from '../helpers/provider-server.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

interface Sdk {
  wire: Wire
  call(url: string, context: SourceContext): unknown
  options?: StreamOptions<never>
  usage: object
}

const messages = [{ role: 'user' as const, content: 'hi' }]
const text = (url: string, abortSignal: AbortSignal) =>
  streamText({ model: createOpenAI({ baseURL: url, apiKey: 'key' }).chat('m'), messages, abortSignal, onError() {} })

const sdks: Record<string, Sdk> = {
  'openai, chat completions, of which only the text is sent': {
    wire: openAiWire,
    call: (baseURL, { signal }) =>
      new OpenAI({ baseURL, apiKey: 'key' }).chat.completions.create(
        { model: 'm', messages, stream: true },
        { signal }
      ),
    options: { map: (chunk: OpenAI.ChatCompletionChunk) => chunk.choices[0]?.delta.content || undefined },
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  },
  'openai, Responses': {
    wire: openAiResponsesWire,
    call: (baseURL, { signal }) =>
      new OpenAI({ baseURL, apiKey: 'key' }).responses.create({ model: 'm', input: 'hi', stream: true }, { signal }),
    options: { protocol: 'openai' },
    usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
  },
  '@anthropic-ai/sdk': {
    wire: anthropicWire,
    call: (baseURL, { signal }) =>
      new Anthropic({ baseURL, apiKey: 'key' }).messages.create(
        { model: 'm', max_tokens: 9, messages, stream: true },
        { signal }
      ),
    options: { protocol: 'anthropic' },
    usage: { input_tokens: 3, output_tokens: 2 }
  },
  'fullStream of ai': {
    wire: openAiWire,
    call: (url, { signal }) => text(url, signal).fullStream,
    options: {
      map: (part: { type: string; text?: string }) => (part.type === 'text-delta' ? part.text : undefined)
    },
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }
  },
  'toUIMessageStream of ai': {
    wire: openAiWire,
    call: (url, { signal }) =>
      text(url, signal).toUIMessageStream({
        messageMetadata: ({ part }) => (part.type === 'finish' ? { totalUsage: part.totalUsage } : undefined)
      }),
    options: { protocol: 'ai-sdk' },
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }
  },
  '@langchain/openai': {
    wire: openAiWire,
    call: (baseURL, { signal }) =>
      new ChatOpenAI({ model: 'm', apiKey: 'key', configuration: { baseURL } }).stream('hi', { signal }),
    options: { map: (chunk: { text: string }) => chunk.text || undefined },
    usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
  },
  '@google/genai': {
    wire: geminiWire,
    call: (baseUrl, { signal: abortSignal }) =>
      new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl } }).models.generateContentStream({
        model: 'm',
        contents: 'hi',
        config: { abortSignal }
      }),
    options: { map: (chunk: { text?: string }) => chunk.text || undefined },
    usage: { totalTokenCount: 5 }
  },
  ollama: {
    wire: ollamaWire,
    call: host => new Ollama({ host }).chat({ model: 'm', messages, stream: true }),
    options: { map: ({ message }: { message: { content: string } }) => message.content || undefined },
    usage: { prompt_eval_count: 3, eval_count: 2 }
  },
  openAiSource: {
    wire: openAiWire,
    call: (baseURL, context) => openAiSource({ baseURL, model: 'm' })({ messages }, context),
    usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 }
  }
}

for (const [name, { wire, call, options = {}, usage }] of Object.entries(sdks)) {
  t.test(`onFinish gets the text and the usage of ${name}`, async t => {
    const provider = await providerServer(t, wire, call => {
      call.token('Hel')
      call.token('lo')
      call.finish()
    })
    const finishes: StreamFinish[] = []
    const { url } = await serve(t, app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          ((context: SourceContext) => call(provider.url, context)) as SseSource<never>,
          {
            ...options,
            onFinish: finish => void finishes.push(finish)
          } as StreamOptions<never>
        )
      )
    })
    await fetchAll(url)
    await until('onFinish is called', () => finishes.length)
    t.match(finishes[0], { outcome: 'complete', text: 'Hello' })
    t.match(finishes[0]?.usage, usage)
  })
}

t.test('openAiSource gives the usage so far of a provider that counts with every chunk', async t => {
  const chunk = (content: string, usage: object) =>
    sse({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage })
  const count = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  const provider = await providerServer(t, openAiWire, call => call.write(chunk('Hello', count)))
  const finishes: StreamFinish[] = []
  const { url } = await serve(t, app => {
    const generate = openAiSource({ baseURL: provider.url, model: 'm' })
    app.get('/', (_request, reply) =>
      reply.sseFrom(context => generate({ messages }, context), {
        drainForUsage: 60_000,
        onFinish: finish => void finishes.push(finish)
      })
    )
  })
  const client = open(url)
  await client.has('Hello')
  client.leave()
  await until('onFinish is called', () => finishes.length)
  t.match(finishes, [{ outcome: 'aborted', text: 'Hello', usage: { totalTokens: 5 } }])
  await until('the call is closed', () => provider.calls[0]?.closed)
})
