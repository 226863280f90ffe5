import { HttpAgent } from '@ag-ui/client'
import Anthropic from '@anthropic-ai/sdk'
import { fetchEventSource } from '@microsoft/fetch-event-source'
import { DefaultChatTransport, readUIMessageStream } from 'ai'
import { EventSource } from 'eventsource'
import { createEventSource } from 'eventsource-client'
import OpenAI from 'openai'
import type { ProtocolName } from '../../../../plugin/index.js'

type Fetch = typeof globalThis.fetch

/** A client of a protocol, and the items of a source for it. */
export interface ProtocolClient {
  protocol: ProtocolName
  /** The items of an answer: those before its text, for a piece of text, and after the text. */
  opening: readonly unknown[]
  token(text: string): unknown
  closing: readonly unknown[]
  /** Requests an answer, and yields its pieces of text. Throws the error of the client. */
  read(url: string, fetch: Fetch, signal: AbortSignal): AsyncIterable<string>
  /** The error for `{ status: 429, code: 'slow_down', message: 'not so fast' }`, after and before the first token. */
  failed: object
  refused: object
  /** The end of a complete answer on the wire, without ids. */
  last: RegExp
}

interface Reader {
  push(text: string): void
  end(): void
  fail(error: unknown): void
}

/** Turns callbacks into an iterable. */
function texts(start: (reader: Reader) => () => void): ReadableStream<string> {
  let stop = () => {}
  return new ReadableStream<string>({
    start: controller => {
      stop = start({
        push: text => controller.enqueue(text),
        end: () => controller.close(),
        fail: error => controller.error(error)
      })
    },
    cancel: () => stop()
  })
}

const events = {
  protocol: 'events',
  opening: [],
  token: (text: string) => text,
  closing: [],
  last: /^event: done\nid: fastify-sse-from:end\ndata: \{\}\n\n$/m
} as const

const failedEvent = {
  message: JSON.stringify({ statusCode: 429, code: 'slow_down', message: 'not so fast' })
}

const eventSource: ProtocolClient = {
  ...events,
  read: (url, fetch, signal) =>
    texts(({ push, end, fail }) => {
      const source = new EventSource(url, { fetch: fetch as never })
      const close = () => source.close()
      const over = (how: () => void) => {
        close()
        how()
      }
      signal.addEventListener('abort', close)
      source.addEventListener('message', ({ data }) => push(data))
      source.addEventListener('done', () => over(end))
      source.addEventListener('error', event => {
        const { data, code, message } = event as { data?: string; code?: number; message?: string }
        over(() => fail(Object.assign(new Error(data ?? message), { status: code })))
      })
      return close
    }),
  failed: failedEvent,
  refused: { status: 429 }
}

const eventSourceClient: ProtocolClient = {
  ...events,
  read: (url, fetch, signal) =>
    texts(({ push, end, fail }) => {
      const over = (how: () => void) => {
        client.close()
        how()
      }
      let status: number | undefined
      const client = createEventSource({
        url,
        fetch: async (url, init) => {
          const response = await fetch(url, init as RequestInit)
          status = response.status
          return response as never
        },
        onMessage: ({ event, data }) => {
          if (event === 'done') over(end)
          else if (event === 'error') over(() => fail(new Error(data)))
          else push(data)
        },
        onDisconnect: () => over(() => fail(Object.assign(new Error('disconnected'), { status }))),
        onScheduleReconnect: () => over(() => fail(Object.assign(new Error('disconnected'), { status })))
      })
      signal.addEventListener('abort', () => client.close())
      return () => client.close()
    }),
  failed: failedEvent,
  refused: { status: 429 }
}

/**
 * Lets a client for browsers run in Node. It reads whether the page is visible; others look for `window.document` to
 * detect a browser.
 */
Object.assign(globalThis, {
  window: { setTimeout, clearTimeout },
  document: { hidden: false, addEventListener: () => {}, removeEventListener: () => {} }
})

const microsoft: ProtocolClient = {
  ...events,
  read: (url, fetch, signal) =>
    texts(({ push, end, fail }) => {
      const leaving = new AbortController()
      fetchEventSource(url, {
        fetch,
        signal: AbortSignal.any([signal, leaving.signal]),
        openWhenHidden: true,
        onopen: async ({ status }) => {
          if (status !== 200) throw Object.assign(new Error('refused'), { status })
        },
        onmessage: ({ event, data }) => {
          if (event === 'error') throw new Error(data)
          if (event === 'done') leaving.abort()
          else push(data)
        },
        onclose: () => {
          throw new Error('it ended without done')
        },
        onerror: error => {
          throw error
        }
      }).then(end, fail)
      return () => leaving.abort()
    }),
  failed: failedEvent,
  refused: { status: 429 }
}

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'model',
  choices: [{ index: 0, delta, finish_reason }]
})

const openAi = (url: string, fetch: Fetch) => new OpenAI({ baseURL: url, apiKey: 'key', maxRetries: 0, fetch })

const openAiFailed = { error: { message: 'not so fast', type: 'rate_limit_error', param: null, code: 'slow_down' } }

const openAiChat: ProtocolClient = {
  protocol: 'openai',
  opening: [chunk({ role: 'assistant', content: '' })],
  token: content => chunk({ content }),
  closing: [chunk({}, 'stop'), { ...chunk({}), choices: [], usage: { total_tokens: 5 } }],
  read: async function* (url, fetch, signal) {
    const messages = [{ role: 'user', content: 'hi' }] as const
    const stream = openAi(url, fetch).chat.completions.stream({ model: 'model', messages: [...messages] }, { signal })
    for await (const { choices } of stream) if (choices[0]?.delta.content) yield choices[0].delta.content
    await stream.finalChatCompletion()
  },
  failed: { ...openAiFailed, type: 'rate_limit_error', code: 'slow_down', message: 'not so fast' },
  refused: { status: 429, message: /^429 / },
  last: /^data: \[DONE\]\n\n$/m
}

const response = (status: string) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'model',
  status,
  output: [] as unknown[],
  error: null
})

const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const part = { type: 'output_text', text: '', annotations: [] }

const openAiResponses: ProtocolClient = {
  protocol: 'openai',
  opening: [
    { type: 'response.created', sequence_number: 0, response: response('in_progress') },
    { type: 'response.output_item.added', sequence_number: 1, output_index: 0, item },
    { type: 'response.content_part.added', sequence_number: 2, ...place, part }
  ],
  token: delta => ({ type: 'response.output_text.delta', sequence_number: 3, ...place, delta, logprobs: [] }),
  closing: [
    { type: 'response.output_text.done', sequence_number: 4, ...place, text: '', logprobs: [] },
    {
      type: 'response.completed',
      sequence_number: 5,
      response: { ...response('completed'), output: [{ ...item, content: [part] }] }
    }
  ],
  read: async function* (url, fetch, signal) {
    const stream = openAi(url, fetch).responses.stream({ model: 'model', input: 'hi' }, { signal })
    for await (const event of stream) if (event.type === 'response.output_text.delta') yield event.delta
    await stream.finalResponse()
  },
  failed: { ...openAiFailed, type: 'rate_limit_error', code: 'slow_down', message: 'not so fast' },
  refused: { status: 429, message: /^429 / },
  last: /^event: response.completed\ndata: \{.+\}\n\n$/m
}

const anthropic: ProtocolClient = {
  protocol: 'anthropic',
  opening: [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'model',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 }
      }
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
  ],
  token: text => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  closing: [
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
    { type: 'message_stop' }
  ],
  read: async function* (url, fetch, signal) {
    const client = new Anthropic({ baseURL: url, apiKey: 'key', maxRetries: 0, fetch })
    const messages = [{ role: 'user', content: 'hi' }] as const
    const stream = client.messages.stream({ model: 'model', max_tokens: 9, messages: [...messages] }, { signal })
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text
    }
    await stream.finalMessage()
  },
  failed: { type: 'rate_limit_error', error: { type: 'error', error: { message: 'not so fast' } } },
  refused: { status: 429, message: /^429 / },
  last: /^event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/m
}

/** The transport of `useChat`, with the reader that makes its messages. */
const useChat: ProtocolClient = {
  protocol: 'ai-sdk',
  opening: [{ type: 'start', messageId: 'message' }, { type: 'start-step' }, { type: 'text-start', id: 'text' }],
  token: delta => ({ type: 'text-delta', id: 'text', delta }),
  closing: [{ type: 'text-end', id: 'text' }, { type: 'finish-step' }, { type: 'finish' }],
  read: async function* (url, fetch, signal) {
    const transport = new DefaultChatTransport({ api: url, fetch })
    const stream = await transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'chat',
      messageId: undefined,
      messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
      abortSignal: signal
    })
    let had = ''
    for await (const { parts } of readUIMessageStream({ stream, terminateOnError: true })) {
      const text = parts.map(part => (part.type === 'text' ? part.text : '')).join('')
      if (text.length > had.length) yield text.slice(had.length)
      had = text
    }
  },
  failed: { message: 'not so fast' },
  refused: { message: /not so fast/ },
  last: /^data: \[DONE\]\n\n$/m
}

/**
 * The agent of AG-UI cancels a response that has broken off, and lets the error of that go unhandled. So the test
 * handles it.
 */
function withQuietEnd(fetch: Fetch): HttpAgent['fetch'] {
  return async (url, init) => {
    const response = await fetch(url, init)
    const { ok, status, headers, body } = response
    const getReader = () => {
      const reader = body?.getReader()
      return { read: () => reader?.read(), cancel: () => reader?.cancel().catch(() => {}) }
    }
    return { ok, status, headers, text: () => response.text(), body: { getReader } } as unknown as Response
  }
}

/** The agent of AG-UI, which checks the order of the events with `verifyEvents`. */
const agUi: ProtocolClient = {
  protocol: 'ag-ui',
  opening: [
    { type: 'RUN_STARTED', threadId: 'thread', runId: 'run' },
    { type: 'TEXT_MESSAGE_START', messageId: 'message', role: 'assistant' }
  ],
  token: delta => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'message', delta }),
  closing: [
    { type: 'TEXT_MESSAGE_END', messageId: 'message' },
    { type: 'RUN_FINISHED', threadId: 'thread', runId: 'run' }
  ],
  read: (url, fetch, signal) =>
    texts(({ push, end, fail }) => {
      const agent = new HttpAgent({ url, fetch: withQuietEnd(fetch) })
      signal.addEventListener('abort', () => agent.abortRun())
      let failure: Error | undefined
      agent
        .runAgent(
          {},
          {
            onTextMessageContentEvent: ({ event }) => push(event.delta),
            onRunErrorEvent: ({ event }) => {
              failure = new Error(event.message)
            },
            onRunFailed: ({ error }) => {
              failure = error
            }
          }
        )
        .then(() => (failure === undefined ? end() : fail(failure)), fail)
      return () => agent.abortRun()
    }),
  failed: { message: 'not so fast' },
  refused: { status: 429 },
  last: /^data: \{"type":"RUN_FINISHED".+\}\n\n$/m
}

export const clients: Record<string, ProtocolClient> = {
  eventsource: eventSource,
  'eventsource-client': eventSourceClient,
  '@microsoft/fetch-event-source': microsoft,
  'openai, chat completions': openAiChat,
  'openai, Responses': openAiResponses,
  '@anthropic-ai/sdk': anthropic,
  'useChat of ai': useChat,
  '@ag-ui/client': agUi
}
