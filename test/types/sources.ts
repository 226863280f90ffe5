import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import OpenAI from 'openai'
import sseFrom, { eventStream, type SseSource } from '../../plugin/index.js'

const app = Fastify()
app.register(sseFrom)
const openai = new OpenAI({ apiKey: '' })
const Tokens = eventStream({ message: Type.String(), done: Type.Object({ finishReason: Type.String() }) })
const typed = { schema: { response: { 200: Tokens } } }

function* tokens(): Generator<string> {
  yield 'a'
}
async function* asyncTokens(): AsyncGenerator<string> {
  yield 'a'
}
async function* wholeAnswer(): AsyncGenerator<string, { finishReason: string }> {
  yield 'a'
  return { finishReason: 'stop' }
}
const messages = [{ role: 'user' as const, content: 'Hi' }]

app.get('/array', (_request, reply) => reply.sseFrom(['a', 1, { b: 2 }]))
app.get('/frozen-array', (_request, reply) => reply.sseFrom(['a', 'b'] as const))
app.get('/set', (_request, reply) => reply.sseFrom(new Set(['a'])))
app.get('/map-values', (_request, reply) => reply.sseFrom(new Map([['a', 1]]).values()))
app.get('/generator', (_request, reply) => reply.sseFrom(tokens()))
app.get('/async-generator', (_request, reply) => reply.sseFrom(asyncTokens()))
app.get('/generator-function', (_request, reply) => reply.sseFrom(tokens))
app.get('/async-generator-function', (_request, reply) => reply.sseFrom(asyncTokens))
app.get('/inline-generator-function', (_request, reply) =>
  reply.sseFrom(function* () {
    yield 'a'
  })
)
app.get('/signal', (_request, reply) =>
  reply.sseFrom(async function* ({ signal, lastEventId, request }) {
    signal.throwIfAborted()
    yield { aborted: signal.aborted, after: lastEventId?.toUpperCase(), url: request.url }
  })
)
app.get('/function-that-returns', (_request, reply) => reply.sseFrom(({ signal }) => [signal.aborted]))
app.get('/async-function', (_request, reply) => reply.sseFrom(async ({ signal }) => [signal.aborted]))
app.get('/promise', (_request, reply) => reply.sseFrom(Promise.resolve(['a'])))
app.get('/promise-of-generator', (_request, reply) => reply.sseFrom(Promise.resolve(asyncTokens())))
app.get('/web-stream', (_request, reply) => reply.sseFrom(ReadableStream.from(['a'])))
app.get('/web-stream-of-fetch', (_request, reply) =>
  reply.sseFrom(async ({ signal }) => {
    const { body } = await fetch('http://localhost', { signal })
    if (body === null) throw new Error('no body')
    return body
  })
)
app.get('/readable', (_request, reply) => reply.sseFrom(Readable.from(['a'])))
app.get('/readable-function', (_request, reply) => reply.sseFrom(() => Readable.from(['a'])))

app.get('/typed/array', typed, (_request, reply) => reply.sseFrom(['a'], { end: false }))
app.get('/typed/set', typed, (_request, reply) => reply.sseFrom(new Set(['a']), { end: false }))
app.get('/typed/async-generator', typed, (_request, reply) => reply.sseFrom(wholeAnswer()))
app.get('/typed/async-generator-function', typed, (_request, reply) => reply.sseFrom(wholeAnswer))
app.get('/typed/promise', typed, (_request, reply) => reply.sseFrom(Promise.resolve(wholeAnswer())))
app.get('/typed/async-function', typed, (_request, reply) => reply.sseFrom(async () => wholeAnswer()))
app.get('/typed/web-stream', typed, (_request, reply) => reply.sseFrom(ReadableStream.from(['a']), { end: false }))
app.get('/typed/readable', typed, (_request, reply) => reply.sseFrom(Readable.from(['a']), { end: false }))
app.get('/typed/bytes', typed, (_request, reply) =>
  reply.sseFrom([new Uint8Array(1), Buffer.from('a')], { end: false })
)

app.get('/openai', (_request, reply) =>
  reply.sseFrom(({ signal }) => openai.chat.completions.create({ model: 'm', messages, stream: true }, { signal }))
)
app.get('/openai/map', (_request, reply) =>
  reply.sseFrom(({ signal }) => openai.chat.completions.create({ model: 'm', messages, stream: true }, { signal }), {
    map: chunk => chunk.choices[0]?.delta.content ?? undefined
  })
)
app.get('/openai/complete', (_request, reply) =>
  reply.sseFrom(({ signal }) => openai.chat.completions.create({ model: 'm', messages, stream: true }, { signal }), {
    isComplete: chunk => chunk.choices[0]?.finish_reason != null
  })
)
app.get('/openai/promise', (_request, reply) =>
  reply.sseFrom(openai.chat.completions.create({ model: 'm', messages, stream: true }), {
    map: chunk => chunk.choices[0]?.delta.content ?? undefined
  })
)
app.get('/openai/awaited', async (_request, reply) => {
  const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
  return reply.sseFrom(stream, { map: chunk => chunk.choices[0]?.delta.content ?? undefined })
})
app.get('/openai/runner', (_request, reply) =>
  reply.sseFrom(({ signal }) => openai.chat.completions.stream({ model: 'm', messages }, { signal }), {
    map: chunk => chunk.choices[0]?.delta.content ?? undefined
  })
)
app.get('/openai/responses', (_request, reply) =>
  reply.sseFrom(({ signal }) => openai.responses.create({ model: 'm', input: 'Hi', stream: true }, { signal }), {
    map: event => ({ event: event.type, data: event })
  })
)
app.get('/typed/openai', typed, (_request, reply) =>
  reply.sseFrom(({ signal }) => openai.chat.completions.create({ model: 'm', messages, stream: true }, { signal }), {
    map: chunk => chunk.choices[0]?.delta.content ?? undefined,
    end: false
  })
)
app.get('/typed/openai/end', typed, (_request, reply) =>
  reply.sseFrom(({ signal }) => openai.chat.completions.create({ model: 'm', messages, stream: true }, { signal }), {
    map: chunk => chunk.choices[0]?.delta.content ?? undefined,
    end: { event: 'done', data: { finishReason: 'stop' } }
  })
)

const source: SseSource<string> = asyncTokens
app.get('/declared', (_request, reply) => reply.sseFrom(source))

app.get('/complete/text', (_request, reply) =>
  // @ts-expect-error `isComplete` returns a boolean
  reply.sseFrom(['a'], { isComplete: item => item.toUpperCase() })
)
app.get('/complete/promise', (_request, reply) =>
  // @ts-expect-error `isComplete` is synchronous
  reply.sseFrom(['a'], { map: item => item, isComplete: async () => true })
)

app.get('/text', (_request, reply) =>
  // @ts-expect-error a string is not a source
  reply.sseFrom('text')
)
app.get('/number', (_request, reply) =>
  // @ts-expect-error a number is not a source
  reply.sseFrom(5)
)
app.get('/object', (_request, reply) =>
  // @ts-expect-error an object that is not iterable is not a source
  reply.sseFrom({ data: 'a' })
)
app.get('/nothing', (_request, reply) =>
  // @ts-expect-error undefined is not a source
  reply.sseFrom(undefined)
)
app.get('/function-of-text', (_request, reply) =>
  // @ts-expect-error a function that returns a string is not a source
  reply.sseFrom(() => 'text')
)
app.get('/promise-of-text', (_request, reply) =>
  // @ts-expect-error a promise of a string is not a source
  reply.sseFrom(Promise.resolve('text'))
)
