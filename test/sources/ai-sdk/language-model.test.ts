import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { createOpenAI as createNewestOpenAI } from '@newest/ai-sdk-openai'
import { createOpenAICompatible as createNewestCompatible } from '@newest/ai-sdk-openai-compatible'
import t, { type Test } from 'tap'
import {
  type AnswerPart,
  type Finish,
  type Generate,
  type GenerateContext,
  type GenerateRequest,
  openAiRoutes,
  streamRoutes
} from '../../../routes/index.js'
import { type LanguageModel, languageModelSource } from '../../../sources/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { freePort } from '../../helpers/free-port.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const usage = { promptTokens: 5, completionTokens: 7, totalTokens: 12, cachedPromptTokens: 2, reasoningTokens: 3 }

const messages: GenerateRequest['messages'] = [
  { role: 'system', content: 'Be brief.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is it?' },
      { type: 'image', url: 'data:image/png;base64,AA==' },
      { type: 'image', url: 'https://example.com/a.png' }
    ]
  },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'Let me see.' },
      { type: 'tool-call', id: '1', name: 'look', arguments: '{"at":"it"}' }
    ]
  },
  { role: 'tool', toolCallId: '1', content: 'a cat' },
  { role: 'assistant', content: 'A cat.' },
  { role: 'user', content: 'And now?' }
]

const request: GenerateRequest = {
  messages,
  tools: [{ name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } }],
  toolChoice: 'auto',
  responseFormat: {
    type: 'json',
    schema: { type: 'object', properties: {}, additionalProperties: false },
    name: 'seen'
  },
  temperature: 0.5,
  topP: 0.9,
  maxTokens: 100,
  stop: ['END'],
  seed: 7,
  presencePenalty: 0.1,
  frequencyPenalty: 0.2
}

const answer: AnswerPart[] = [
  { type: 'reasoning', text: 'I need ' },
  { type: 'reasoning', text: 'to look.' },
  'Let me ',
  'see.',
  { type: 'tool-call', id: 'a', name: 'look', arguments: '{"at":' },
  { type: 'tool-call', id: 'b', name: 'look', arguments: '{"at":"me"}' },
  { type: 'tool-call', id: 'a', name: 'look', arguments: '"you"}' }
]

/** A provider that gives this answer, and what it was asked. */
async function provider(t: Test) {
  const asked: GenerateRequest[] = []
  const generate: Generate = async function* (request) {
    asked.push(request)
    yield* answer
    return { finishReason: 'stop', usage }
  }
  const { url } = await serve(t, app => app.register(openAiRoutes, { generate, models: ['a'] }))
  return { asked, baseURL: `${url}/v1` }
}

const context = () => ({ signal: new AbortController().signal }) as unknown as GenerateContext

/** The parts of an answer, pieces of a call joined, and how it ended. */
async function whole(generate: Generate, asked: GenerateRequest = request) {
  const texts = { text: '', reasoning: '' }
  const calls: Record<string, string> = {}
  const parts: AnswerPart[] = []
  const iterator = (await generate(asked, context())) as AsyncGenerator<AnswerPart, Finish>
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return { ...texts, calls, parts, finish: value }
    parts.push(value)
    if (typeof value === 'string') texts.text += value
    else if (value.type === 'reasoning') texts.reasoning += value.text
    else if (value.type === 'tool-call') calls[value.id] = (calls[value.id] ?? `${value.name}: `) + value.arguments
  }
}

// Without `supportsStructuredOutputs` the provider leaves the schema out.
const compatible = { name: 'own', includeUsage: true, supportsStructuredOutputs: true }
type Make = (baseURL: string) => LanguageModel
const models: Record<string, Make> = {
  '@ai-sdk/openai-compatible 2': baseURL => createOpenAICompatible({ ...compatible, baseURL })('a'),
  '@ai-sdk/openai-compatible 3': baseURL => createNewestCompatible({ ...compatible, baseURL })('a'),
  '@ai-sdk/openai 3': baseURL => createOpenAI({ baseURL, apiKey: 'key' }).chat('a'),
  '@ai-sdk/openai 4': baseURL => createNewestOpenAI({ baseURL, apiKey: 'key' }).chat('a')
}

for (const [name, make] of Object.entries(models)) {
  t.test(`${name}: the model gets all that a request says, and its whole answer comes back`, async t => {
    const { asked, baseURL } = await provider(t)
    const { text, reasoning, calls, finish } = await whole(languageModelSource(make(baseURL)))
    t.equal(text, 'Let me see.')
    // The provider of OpenAI does not read the reasoning of others.
    if (name.includes('compatible')) t.equal(reasoning, 'I need to look.')
    t.same(calls, { a: 'look: {"at":"you"}', b: 'look: {"at":"me"}' })
    t.match(finish, { finishReason: 'tool_calls', usage: { promptTokens: 5, completionTokens: 7, totalTokens: 12 } })
    const [seen] = asked
    t.match(seen, {
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [{ text: 'What is it?' }, { url: /^data:image\/png;base64,AA==$/ }, { type: 'image' }]
        },
        { role: 'assistant', content: [{ text: 'Let me see.' }, { id: '1', name: 'look', arguments: '{"at":"it"}' }] },
        { role: 'tool', toolCallId: '1', content: 'a cat' },
        { role: 'assistant', content: 'A cat.' },
        { role: 'user', content: 'And now?' }
      ],
      tools: [{ name: 'look', description: 'Looks.' }],
      toolChoice: 'auto',
      responseFormat: { type: 'json' },
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 100,
      stop: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2
    })
  })

  t.test(`${name}: a refusal of the provider keeps its status and its retry-after`, async t => {
    const { url } = await openAiServer(t, call => {
      call.response.writeHead(429, { 'retry-after': '7', 'content-type': 'application/json' })
      call.response.end('{"error":{"message":"slow down","type":"rate_limit_error"}}')
    })
    const generate = languageModelSource(make(url))
    const served = await serve(t, app => app.register(streamRoutes, { generate }))
    const client = await fetchAll(`${served.url}/stream`, { body: { prompt: 'hi' } })
    t.equal(client.status, 429)
    t.equal(client.headers['retry-after'], '7')
  })

  t.test(`${name}: the provider is stopped when the client leaves`, async t => {
    const server = await openAiServer(t, call => call.token('a'))
    const generate = languageModelSource(make(server.url))
    const served = await serve(t, app => app.register(streamRoutes, { generate, resumable: false }))
    const client = open(`${served.url}/stream`, { body: { prompt: 'hi' } })
    await client.has('data: a')
    client.leave()
    await until('the provider is stopped', () => server.calls[0]?.closed)
  })

  t.test(`${name}: an answer that is cut off is no complete one`, async t => {
    const server = await openAiServer(t, call => {
      call.token('a')
      call.response.end()
    })
    await t.rejects(() => whole(languageModelSource(make(server.url))), LOST)
  })
}

/** A model of the test's own, which gives these parts, and what it was asked. */
function scripted(specificationVersion: LanguageModel['specificationVersion'], parts: object[], provider = 'own.chat') {
  const asked: Record<string, unknown>[] = []
  const model: LanguageModel = {
    specificationVersion,
    provider,
    modelId: 'a',
    doStream: async (options: Record<string, unknown>) => {
      asked.push(options)
      return { stream: ReadableStream.from(parts) }
    }
  }
  return { model, asked }
}

const LOST = { code: 'FST_SSE_PROVIDER_LOST', statusCode: 502 }
const end = { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage: {} }

t.test('signed and encrypted reasoning comes back to the provider as it was', async t => {
  const { model, asked } = scripted('v3', [
    { type: 'stream-start', warnings: [] },
    { type: 'reasoning-start', id: '1' },
    { type: 'reasoning-delta', id: '1', delta: 'hm' },
    { type: 'reasoning-delta', id: '1', delta: '', providerMetadata: { own: { signature: 'sig' } } },
    { type: 'reasoning-end', id: '1' },
    { type: 'reasoning-end', id: '2', providerMetadata: { own: { redactedData: 'xyz' } } },
    { type: 'text-delta', id: '3', delta: 'a' },
    end
  ])
  const generate = languageModelSource(model)
  const { parts } = await whole(generate)
  t.same(parts, [
    { type: 'reasoning', text: 'hm' },
    { type: 'reasoning', text: '', signature: 'sig' },
    { type: 'reasoning', text: '', encrypted: 'xyz' },
    'a'
  ])
  const content = [
    { type: 'reasoning' as const, text: 'hm', signature: 'sig' },
    { type: 'reasoning' as const, text: '', encrypted: 'xyz' },
    { type: 'reasoning' as const, text: 'plain' },
    { type: 'refusal' as const, text: 'no' },
    { type: 'tool-call' as const, id: '1', name: 'f', arguments: '{"cut' }
  ]
  await whole(generate, {
    messages: [
      { role: 'assistant', content },
      { role: 'assistant', content: '' }
    ]
  })
  t.match(asked.at(-1)?.prompt, [
    {
      content: [
        { type: 'reasoning', text: 'hm', providerOptions: { own: { signature: 'sig' } } },
        { type: 'reasoning', text: '', providerOptions: { own: { redactedData: 'xyz' } } },
        { type: 'reasoning', text: 'plain' },
        { type: 'text', text: 'no' },
        { type: 'tool-call', toolCallId: '1', toolName: 'f', input: {} }
      ]
    },
    { content: [] }
  ])
})

t.test('files, recordings and results of tools have the form of each version', async t => {
  const file = 'data:application/pdf;base64,AA=='
  const conversation: GenerateRequest['messages'] = [
    {
      role: 'user',
      content: [
        { type: 'file', url: file, name: 'a.pdf' },
        { type: 'file', url: 'https://example.com/b' },
        { type: 'audio', data: 'AA==', format: 'mp3' },
        { type: 'image', url: 'data:;base64,AA==' }
      ]
    },
    {
      role: 'tool',
      toolCallId: '1',
      content: [
        { type: 'text', text: 'a' },
        { type: 'image', url: file },
        { type: 'image', url: 'https://example.com/c' }
      ]
    },
    { role: 'tool', toolCallId: '2', content: 'failed', isError: true }
  ]
  const url = new URL('https://example.com/b')
  for (const [version, inline, linked, contents] of [
    [
      'v2',
      'AA==',
      url,
      [
        { type: 'media', data: 'AA==' },
        { type: 'file-url', url: 'https://example.com/c' }
      ]
    ],
    [
      'v3',
      'AA==',
      url,
      [
        { type: 'file-data', data: 'AA==' },
        { type: 'file-url', url: 'https://example.com/c' }
      ]
    ],
    ['v4', { type: 'data', data: 'AA==' }, { type: 'url', url }, [{ type: 'file' }, { type: 'file' }]]
  ] as const) {
    const { model, asked } = scripted(version, [end])
    await whole(languageModelSource(model), { messages: conversation })
    t.match(asked[0]?.prompt, [
      {
        content: [
          { type: 'file', filename: 'a.pdf', mediaType: 'application/pdf', data: inline },
          { type: 'file', mediaType: 'application/octet-stream', data: linked },
          { type: 'file', mediaType: 'audio/mp3', data: inline },
          { type: 'file', mediaType: 'image/*', data: inline }
        ]
      },
      {
        content: [
          {
            type: 'tool-result',
            toolCallId: '1',
            toolName: '1',
            output: { type: 'content', value: [{ type: 'text', text: 'a' }, ...contents] }
          }
        ]
      },
      { content: [{ output: { type: 'error-text', value: 'failed' } }] }
    ])
  }
})

t.test('what only some providers know is in their options, and those of the application win', async t => {
  const asks = { messages, reasoningEffort: 'low', parallelToolCalls: false, user: 'u1' }
  for (const [version, reasoning] of [
    ['v3', undefined],
    ['v4', 'low']
  ] as const) {
    const { model, asked } = scripted(version, [end])
    const providerOptions = { own: { user: 'u2' }, other: { a: 1 } }
    await whole(languageModelSource(model, { providerOptions }), asks)
    t.equal(asked[0]?.reasoning, reasoning)
    t.same(asked[0]?.providerOptions, {
      own: { reasoningEffort: 'low', parallelToolCalls: false, user: 'u2' },
      other: { a: 1 }
    })
    await whole(languageModelSource(model), { messages })
    t.same(asked[1]?.providerOptions, {})
  }
})

t.test('tools and forms of the answer', async t => {
  const { model, asked } = scripted('v3', [end], 'plain')
  const generate = languageModelSource(() => model)
  await whole(generate, {
    messages,
    tools: [{ name: 'f' }],
    toolChoice: { tool: 'f' },
    responseFormat: { type: 'text' }
  })
  t.match(asked[0], {
    tools: [{ type: 'function', name: 'f', inputSchema: { type: 'object' } }],
    toolChoice: { type: 'tool', toolName: 'f' },
    responseFormat: { type: 'text' }
  })
})

t.test('the model can follow from what the client asks for', async t => {
  const seen: unknown[] = []
  const { model } = scripted('v3', [end])
  const generate = languageModelSource(asked => {
    seen.push(asked)
    return model
  })
  await whole(generate, { messages, model: 'big' })
  await whole(generate, { messages })
  t.same(seen, ['big', undefined])
})

t.test('a provider that cannot be reached is a 502, and one that is no longer needed is silent', async t => {
  const port = await freePort()
  const generate = languageModelSource(
    createOpenAICompatible({ name: 'own', baseURL: `http://127.0.0.1:${port}` })('a')
  )
  await t.rejects(() => whole(generate), LOST)
  const left = new Error('left')
  const signal = AbortSignal.abort(left)
  const { model } = scripted('v3', [{ type: 'error', error: left }])
  const answer = (await languageModelSource(model)(request, {
    ...context(),
    signal
  } as GenerateContext)) as AsyncGenerator
  await t.rejects(() => answer.next(), left)
})

t.test('a call of a tool that comes whole is given once', async t => {
  const { model } = scripted('v3', [
    { type: 'tool-call', toolCallId: '1', toolName: 'f', input: '{}' },
    { type: 'tool-input-start', id: '2', toolName: 'g' },
    { type: 'tool-input-delta', id: '2', delta: '{}' },
    { type: 'tool-input-end', id: '2' },
    { type: 'tool-call', toolCallId: '2', toolName: 'g', input: '{}' },
    end
  ])
  t.same((await whole(languageModelSource(model))).calls, { 1: 'f: {}', 2: 'g: {}' })
})

t.test('how an answer ended, and how many tokens it took, in each version', async t => {
  const v3 = { inputTokens: { total: 5, cacheRead: 2 }, outputTokens: { total: 7, reasoning: 3 } }
  const v2 = { inputTokens: 5, outputTokens: 7, totalTokens: 13, cachedInputTokens: 2, reasoningTokens: 3 }
  const plain = { inputTokens: { total: 5 }, outputTokens: { total: 7 } }
  for (const [finishReason, given, expected] of [
    [{ unified: 'stop', raw: 'stop' }, v3, { finishReason: 'stop', usage }],
    ['stop', v2, { finishReason: 'stop', usage: { ...usage, totalTokens: 13 } }],
    [
      { unified: 'length', raw: 'max_tokens' },
      plain,
      { finishReason: 'length', usage: { promptTokens: 5, completionTokens: 7, totalTokens: 12 } }
    ],
    ['content-filter', undefined, { finishReason: 'content_filter' }],
    [{ unified: 'tool-calls', raw: undefined }, {}, { finishReason: 'tool_calls' }],
    [{ unified: 'other', raw: 'pause_turn' }, {}, { finishReason: 'unknown' }]
  ] as const) {
    const { model } = scripted('v3', [{ type: 'finish', finishReason, usage: given }])
    t.same((await whole(languageModelSource(model))).finish, expected)
  }
})

t.test('an answer that ends in an error, or in nothing, is an error', async t => {
  const own = Object.assign(new Error('overloaded'), { statusCode: 529 })
  const text = { type: 'text-delta', id: '1', delta: 'a' }
  const endings: [parts: object[], code: string | undefined, message: string][] = [
    [[text, { type: 'error', error: own }], undefined, 'overloaded'],
    [[{ type: 'error', error: null }], LOST.code, 'the model provider could not be reached, or broke off'],
    [[{ type: 'error', error: 'boom' }], LOST.code, 'the model provider could not be reached, or broke off'],
    [[text], LOST.code, 'the model provider ended its answer too early'],
    ...['error', 'interrupted', 'other'].map((unified): (typeof endings)[number] => [
      [text, { ...end, finishReason: { unified, raw: undefined } }],
      LOST.code,
      'the model provider ended its answer with a failure'
    ])
  ]
  for (const [parts, code, message] of endings) {
    await t.rejects(() => whole(languageModelSource(scripted('v3', parts).model)), { code, message })
  }
})
