import Fastify from 'fastify'
import t, { type Test } from 'tap'
import sseFrom from '../../plugin/index.js'
import {
  agUiRoutes,
  anthropicRoutes,
  chatRoutes,
  type Generate,
  openAiRoutes,
  responsesRoutes,
  streamRoutes
} from '../../routes/index.js'
import { languageModelSource } from '../../sources/index.js'
import { type InjectSseOptions, injectSse } from '../../testing/index.js'
import { until } from '../helpers/until.js'

/** A source that gives one item, hangs whatever its signal says, and knows how it was released. */
function deafSource() {
  const released: string[] = []
  let asked = 0
  const iterator = {
    next: () => {
      asked++
      return asked === 1 ? Promise.resolve({ done: false as const, value: 'a' }) : new Promise<never>(() => {})
    },
    return: () => {
      released.push('return')
      return Promise.resolve({ done: true as const, value: undefined as never })
    }
  }
  const controller = { abort: (reason: Error) => released.push(`abort: ${reason.message}`) }
  const generate: Generate = () => ({ controller, [Symbol.asyncIterator]: () => iterator })
  return { generate, released, hangs: () => asked === 2 }
}

const messages = [{ role: 'user', content: 'hi' }]
const parts = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'hi' }] }]
const agUi = { url: '/agent', body: { threadId: 't', runId: 'r', messages: [{ id: 'm', ...messages[0] }] } }
const chat = { url: '/api/chat', body: { id: 't', messages: parts } }

/** What each route is asked. */
const asks: Record<string, InjectSseOptions> = {
  stream: { url: '/stream', body: { prompt: 'hi' } },
  'stream, in one piece': { url: '/stream', body: { prompt: 'hi' }, headers: { accept: 'application/json' } },
  chat,
  'AG-UI': agUi,
  'chat completions': { url: '/v1/chat/completions', body: { model: 'm', stream: true, messages } },
  'chat completions, in one piece': { url: '/v1/chat/completions', body: { model: 'm', messages } },
  Responses: { url: '/v1/responses', body: { model: 'm', stream: true, input: 'hi' } },
  'Responses, in one piece': { url: '/v1/responses', body: { model: 'm', input: 'hi' } },
  Messages: { url: '/v1/messages', body: { model: 'm', max_tokens: 9, stream: true, messages } },
  'Messages, in one piece': { url: '/v1/messages', body: { model: 'm', max_tokens: 9, messages } }
}

async function appWith(t: Test, generate: Generate, resumable: boolean) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom, { drainTimeout: 0 })
  await app.register(streamRoutes, { generate, resumable })
  await app.register(chatRoutes, { generate, resumable })
  await app.register(agUiRoutes, { generate, resumable })
  await app.register(openAiRoutes, { generate, models: ['m'] })
  await app.register(responsesRoutes, { generate, models: ['m'] })
  await app.register(anthropicRoutes, { generate })
  return app
}

for (const [name, ask] of Object.entries(asks)) {
  t.test(`${name}: releases a source that hangs when the client leaves`, async t => {
    const { generate, released, hangs } = deafSource()
    const app = await appWith(t, generate, false)
    const left = new AbortController()
    const asked = leave(app, ask, left.signal)
    await until('the source hangs', hangs)
    left.abort()
    await asked
    await until('released', () => released.includes('return'))
    t.strictSame(released, ['abort: the client left', 'return'])
  })
}

/** Asks, and leaves when it is told to: also before there is a response. */
async function leave(app: Awaited<ReturnType<typeof appWith>>, ask: InjectSseOptions, signal: AbortSignal) {
  const { port } = await listening(app)
  const { url, headers, body } = ask
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, signal }
  try {
    const response = await fetch(`http://127.0.0.1:${port}${url}`, { ...init, body: JSON.stringify(body) })
    await response.text()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function listening(app: Awaited<ReturnType<typeof appWith>>) {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server.address() as { port: number }
}

for (const [name, ask, following] of [
  ['chat', chat, '/api/chat/t/stream'],
  ['AG-UI', agUi, '/agent/t/stream']
] as const) {
  t.test(`${name}: releases a source that hangs when it is stopped`, async t => {
    const { generate, released, hangs } = deafSource()
    const app = await appWith(t, generate, true)
    const stream = await injectSse(app, ask)
    await until('the source hangs', hangs)
    t.equal((await injectSse(app, { url: following, method: 'DELETE' })).status, 204)
    await stream.body()
    t.strictSame(released, ['abort: the stream was stopped on request', 'return'])
  })

  t.test(`${name}: takes what any source may be, and fails as it does`, async t => {
    const failure = Object.assign(new Error('no'), { statusCode: 418 })
    const fails: Record<string, Generate> = {
      'a function': () => {
        throw failure
      },
      'a promise': () => Promise.reject(failure),
      'an iterator': () => ({
        [Symbol.iterator]: () => ({
          next: () => {
            throw failure
          }
        })
      })
    }
    for (const [what, generate] of Object.entries(fails)) {
      const app = await appWith(t, generate, true)
      t.equal((await injectSse(app, ask)).status, 418, what)
      t.equal((await injectSse(app, following)).status, 204, 'no stream is left')
    }
    const app = await appWith(
      t,
      function* () {
        yield 'sync'
        return { finishReason: 'stop' }
      },
      true
    )
    t.match(await (await injectSse(app, ask)).body(), /sync/)
    t.equal((await injectSse(app, following)).status, 204, 'no stream is left')
  })
}

/** A model that does nothing about its signal, and knows whether its stream was cancelled. */
function deafModel(answers: boolean) {
  const cancelled: unknown[] = []
  let answer!: () => void
  const later = new Promise<void>(resolve => {
    answer = resolve
  })
  let signal: AbortSignal | undefined
  const stream = new ReadableStream({
    start: controller => controller.enqueue({ type: 'text-delta', id: '1', delta: 'a' }),
    cancel: reason => void cancelled.push(reason)
  })
  const model = {
    specificationVersion: 'v3',
    provider: 'own',
    modelId: 'deaf',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('only streams')),
    doStream: async ({ abortSignal }: { abortSignal: AbortSignal }) => {
      signal = abortSignal
      if (!answers) await later
      return { stream }
    }
  }
  return { model: model as never, cancelled, answer, isAsked: () => signal, isLeft: () => signal?.aborted }
}

t.test('releases a model of the AI SDK that hangs', async t => {
  const { model, cancelled } = deafModel(true)
  const app = await appWith(t, languageModelSource(model), false)
  const stream = await injectSse(app, chat)
  stream.disconnect()
  await until('cancelled', () => cancelled.length > 0)
  t.match(cancelled, [{ reason: 'left' }])
})

t.test('releases a model of the AI SDK that answers when nobody waits any more', async t => {
  const { model, cancelled, answer, isAsked, isLeft } = deafModel(false)
  const app = await appWith(t, languageModelSource(model), false)
  const left = new AbortController()
  const asked = leave(app, chat, left.signal)
  await until('asked', isAsked)
  left.abort()
  await asked
  await until('left', isLeft)
  answer()
  await until('cancelled', () => cancelled.length > 0)
  t.match(cancelled, [{ reason: 'left' }])
})

for (const name of ['stream', 'chat', 'AG-UI', 'Responses']) {
  t.test(`${name}: reads on for the usage from a source that goes on`, async t => {
    let leftWith: AbortSignal | undefined
    let goOn!: () => void
    const later = new Promise<void>(resolve => {
      goOn = resolve
    })
    const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
    const generate: Generate = async function* (_asked, { signal }) {
      leftWith = signal
      yield 'a'
      await later
      return { finishReason: 'stop', usage }
    }
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(sseFrom, { drainTimeout: 0, drainForUsage: 20_000 })
    const finished: unknown[] = []
    const onFinish = (end: { usage?: unknown }) => void finished.push(end.usage)
    await app.register(streamRoutes, { generate, onFinish, resumable: false })
    await app.register(chatRoutes, { generate, onFinish, resumable: false })
    await app.register(agUiRoutes, { generate, onFinish, resumable: false })
    await app.register(responsesRoutes, { generate, onFinish, models: ['m'] })
    const stream = await injectSse(app, asks[name] as InjectSseOptions)
    stream.disconnect()
    await until('left', () => leftWith?.aborted)
    goOn()
    await until('finished', () => finished.length > 0)
    t.match(finished, [usage])
  })
}
