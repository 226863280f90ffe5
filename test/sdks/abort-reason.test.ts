import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { ChatOpenAI } from '@langchain/openai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import t from 'tap'
import { type SourceContext, type SourceSignal, StreamAbort } from '../../plugin/index.js'
import { openAiSource } from '../../sources/index.js'
import { anthropicWire } from '../helpers/anthropic-server.js'
import { open } from '../helpers/client.js'
import { geminiWire } from '../helpers/gemini-server.js'
import { openAiWire } from '../helpers/openai-server.js'
import { providerServer, type Wire } from '../helpers/provider-server.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

const upsets: unknown[] = []
process.on('unhandledRejection', reason => upsets.push(reason))
process.on('uncaughtException', error => upsets.push(error))

type Items = AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>

interface Sdk {
  wire: Wire
  /** Calls the provider. @param onError for SDKs whose iterator does not throw */
  call(url: string, context: SourceContext, onError: (error: unknown) => void): Items
}

const messages = [{ role: 'user' as const, content: 'hi' }]

async function* read(response: Promise<Response>) {
  yield* (await response).body as unknown as AsyncIterable<unknown>
}

const sdks: Record<string, Sdk> = {
  openai: {
    wire: openAiWire,
    call: (baseURL, { signal }) =>
      new OpenAI({ baseURL, apiKey: 'key' }).chat.completions.create(
        { model: 'm', messages, stream: true },
        { signal }
      ) as Items
  },
  '@anthropic-ai/sdk': {
    wire: anthropicWire,
    call: (baseURL, { signal }) =>
      new Anthropic({ baseURL, apiKey: 'key' }).messages.create(
        { model: 'm', max_tokens: 9, messages, stream: true },
        { signal }
      ) as Items
  },
  ai: {
    wire: openAiWire,
    call: (baseURL, { signal: abortSignal }, onError) =>
      streamText({
        model: createOpenAI({ baseURL, apiKey: 'key' }).chat('m'),
        messages,
        abortSignal,
        onError: ({ error }) => onError(error)
      }).fullStream
  },
  '@langchain/openai': {
    wire: openAiWire,
    call: (baseURL, { signal }) =>
      new ChatOpenAI({ model: 'm', apiKey: 'key', configuration: { baseURL } }).stream('hi', { signal })
  },
  '@google/genai': {
    wire: geminiWire,
    call: (baseUrl, { signal: abortSignal }) =>
      new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl } }).models.generateContentStream({
        model: 'm',
        contents: 'hi',
        config: { abortSignal }
      })
  },
  fetch: {
    wire: openAiWire,
    call: (url, { signal }) => read(fetch(url, { method: 'POST', body: '{}', signal }))
  },
  openAiSource: {
    wire: openAiWire,
    call: (baseURL, context) => openAiSource({ baseURL, model: 'm' })({ messages }, context) as Items
  }
}

/** What an SDK may throw where it was cancelled. */
const isCancelled = (error: unknown) =>
  error instanceof StreamAbort ||
  error instanceof OpenAI.APIUserAbortError ||
  error instanceof Anthropic.APIUserAbortError ||
  /abort/i.test(`${(error as Error).name} ${(error as Error).message}`)

for (const [name, { wire, call }] of Object.entries(sdks)) {
  for (const when of ['before the provider has answered', 'between tokens']) {
    t.test(`${name} takes the reason for a cancellation ${when}`, async t => {
      const provider = await providerServer(t, wire)
      const failures: unknown[] = []
      let signal: SourceSignal | undefined
      let over = false
      const { url, log } = await serve(t, app => {
        app.get('/', (_request, reply) =>
          reply.sseFrom(async function* (context) {
            signal = context.signal
            try {
              for await (const item of await call(provider.url, context, error => failures.push(error))) {
                yield { data: JSON.stringify(item) }
              }
            } catch (error) {
              failures.push(error)
              throw error
            } finally {
              over = true
            }
          })
        )
      })
      const client = open(url)
      const asked = await provider.next()
      if (when === 'between tokens') {
        asked.token('one')
        await client.has('data')
      }
      client.leave()
      await until('the signal is aborted', () => signal?.aborted)
      await until('the call is closed', () => asked.closed)
      await until('the source is over', () => over)
      await new Promise(resolve => setImmediate(resolve))
      t.equal(signal?.reason?.reason, 'left')
      t.same(
        failures.filter(error => !isCancelled(error)),
        [],
        'it is no failure'
      )
      t.equal(provider.calls.length, 1, 'it does not try again')
      t.same(
        log.filter(({ level }) => level > 30),
        []
      )
      t.same(upsets, [])
    })
  }
}
