import { createOpenAI } from '@ai-sdk/openai'
import { GoogleGenAI } from '@google/genai'
import { streamText } from 'ai'
import t from 'tap'
import type { SourceIterable } from '../../plugin/index.js'
import { open } from '../helpers/client.js'
import { geminiWire } from '../helpers/gemini-server.js'
import { openAiWire } from '../helpers/openai-server.js'
import { providerServer, type Wire } from '../helpers/provider-server.js'
import { serve } from '../helpers/server.js'
import { settled, until } from '../helpers/until.js'

interface Call {
  wire: Wire
  /** Calls the model, with the signal of the stream or without. */
  source: (url: string, signal: AbortSignal | undefined) => SourceIterable<unknown> | Promise<SourceIterable<unknown>>
}

const text = (url: string, abortSignal: AbortSignal | undefined) =>
  streamText({
    model: createOpenAI({ baseURL: url, apiKey: 'key' }).chat('m'),
    prompt: 'hi',
    ...(abortSignal && { abortSignal }),
    onError() {}
  })

const calls: Record<string, Call> = {
  'fullStream of ai': { wire: openAiWire, source: (url, signal) => text(url, signal).fullStream },
  'textStream of ai': { wire: openAiWire, source: (url, signal) => text(url, signal).textStream },
  'toUIMessageStream of ai': { wire: openAiWire, source: (url, signal) => text(url, signal).toUIMessageStream() },
  'generateContentStream of @google/genai': {
    wire: geminiWire,
    source: (baseUrl, abortSignal) =>
      new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl } }).models.generateContentStream({
        model: 'm',
        contents: 'hi',
        config: { ...(abortSignal && { abortSignal }) }
      })
  }
}

for (const [name, { wire, source }] of Object.entries(calls)) {
  t.test(`only the signal stops the ${name}`, async t => {
    const provider = await providerServer(t, wire)
    let closed = 0
    const { url } = await serve(t, app => {
      app.get('/:with', ({ params }, reply) =>
        reply.sseFrom(
          context => source(provider.url, (params as { with: string }).with === 'signal' ? context.signal : undefined),
          { map: item => ({ data: JSON.stringify(item) }), onClose: () => closed++ }
        )
      )
    })
    const leave = async (path: string) => {
      const before = closed
      const client = open(`${url}/${path}`)
      const call = await provider.next()
      call.token('first')
      await client.has('first')
      client.leave()
      await until('the stream is over', () => closed > before)
      return call
    }
    const stopped = await leave('signal')
    await until('its call is closed', () => stopped.closed)
    const goesOn = await leave('none')
    await settled('its call is as it was', () => goesOn.closed)
    t.notOk(goesOn.closed, 'without it the model goes on')
    goesOn.finish()
  })
}
