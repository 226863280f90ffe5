import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { type Generate, openAiRoutes, streamRoutes, textGenerate } from '../../routes/index.js'
import { build } from '../helpers/server.js'

const messages = [{ role: 'user', content: 'hi' }]

/** Asks the same `generate` for a whole answer through each route. */
const routes: Record<string, (app: FastifyInstance) => Promise<{ status: number; answer: unknown }>> = {
  '/stream': async app => {
    const headers = { accept: 'application/json' }
    const response = await app.inject({ method: 'POST', url: '/stream', body: { messages }, headers })
    const { text, finishReason, usage, ...rest } = response.json()
    return { status: response.statusCode, answer: text === undefined ? rest : { text, finishReason, usage } }
  },
  '/v1/chat/completions': async app => {
    const body = { model: 'a', messages }
    const response = await app.inject({ method: 'POST', url: '/v1/chat/completions', body })
    const { choices, usage, error } = response.json()
    if (error !== undefined) return { status: response.statusCode, answer: error }
    const [{ message, finish_reason: finishReason }] = choices
    const { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens } = usage ?? {}
    return {
      status: response.statusCode,
      answer: {
        text: message.content,
        finishReason,
        usage: usage && { promptTokens, completionTokens, totalTokens }
      }
    }
  }
}

function serveGenerate(t: Test, generate: unknown) {
  const { app, log } = build(t)
  app.register(streamRoutes, { generate: generate as Generate })
  app.register(openAiRoutes, { generate: generate as Generate, models: ['a'] })
  return { app, log }
}

for (const [path, ask] of Object.entries(routes)) {
  t.test(`${path}: generate may yield its tokens in any way that a source may`, async t => {
    const finish = { finishReason: 'stop', usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 } }
    const tokens = function* () {
      yield 'Hel'
      yield 'lo'
      return finish
    }
    const asyncTokens = async function* () {
      return yield* tokens()
    }
    const ways: Record<string, unknown> = {
      'an async generator': asyncTokens,
      'a generator': tokens,
      'a promise of an iterable': async () => asyncTokens()
    }
    for (const [way, generate] of Object.entries(ways)) {
      const { app } = serveGenerate(t, generate)
      t.strictSame(await ask(app), { status: 200, answer: { text: 'Hello', ...finish } }, way)
    }
  })

  t.test(`${path}: a wrong result of generate is an error, and the log names the field`, async t => {
    const usage = { promptTokens: 1, completionTokens: 2 }
    // `/stream` checks the result as the data of its event `done`.
    for (const [result, message, ofDone] of [
      [
        undefined,
        'result is missing, it takes an object with finishReason and, if known, usage',
        'Expected required property at /finishReason, but it is undefined'
      ],
      ['stop', 'result takes an object with finishReason and, if known, usage', 'Expected object, but it is a string'],
      [
        {},
        'result/finishReason is missing, it takes one of ' +
          'stop, length, tool_calls, function_call, content_filter, unknown',
        'Expected required property at /finishReason, but it is undefined'
      ],
      [
        { finishReason: 'stop', usage: 3 },
        'result/usage takes an object with promptTokens, completionTokens and totalTokens',
        'Expected object at /usage, but it is a number'
      ],
      [
        { finishReason: 'stop', usage },
        'result/usage/totalTokens is missing, it takes a whole number, 0 or more',
        'Expected required property at /usage/totalTokens, but it is undefined'
      ],
      [
        { finishReason: 'stop', usage: { ...usage, totalTokens: -1 } },
        'result/usage/totalTokens takes a whole number, 0 or more',
        'Expected integer to be greater or equal to 0 at /usage/totalTokens, but it is a number'
      ]
    ]) {
      const { app, log } = serveGenerate(t, async function* () {
        yield 'Hello'
        return result
      })
      t.match(await ask(app), { status: 500, answer: { code: 'FST_SSE_EVENT_INVALID' } })
      t.strictSame(
        log.filter(({ err }) => err).map(({ err }) => err?.message),
        path === '/stream'
          ? [`invalid event: the data of "done" is not what the route declares: ${ofDone}`]
          : [`invalid event: generate returned a wrong result: ${message}`]
      )
    }
  })
}

t.test('providerKey is that of the server or that of the user', async t => {
  const wrong = { code: 'FST_SSE_OPTION_INVALID', message: /"providerKey" takes 'server' or 'user'/ }
  const generate = textGenerate(() => [] as never)
  const options = { generate, providerKey: 'mine' as 'user' }
  const streaming = build(t).app
  streaming.register(streamRoutes, options)
  await t.rejects(async () => streaming.ready(), wrong)
  const completing = build(t).app
  completing.register(openAiRoutes, { ...options, models: ['a'] })
  await t.rejects(async () => completing.ready(), wrong)
})

t.test('a hook of the app may change the body after it was checked', async t => {
  const seen: unknown[] = []
  const { app } = build(t)
  app.addHook('preHandler', async request => {
    request.body = { ...(request.body as object), temperature: 0 }
  })
  app.register(openAiRoutes, {
    models: ['a'],
    generate: async function* ({ temperature, messages }) {
      seen.push(temperature, messages)
      yield 'a'
      return { finishReason: 'stop' }
    }
  })
  const body = { model: 'a', messages, temperature: 1 }
  t.equal((await app.inject({ method: 'POST', url: '/v1/chat/completions', body })).statusCode, 200)
  t.same(seen, [0, messages])
})

t.test('a textGenerate that is called without a route passes over messages of tools', async t => {
  let given: unknown
  const generate = textGenerate(async function* ({ messages }) {
    given = messages
    yield 'a'
    return { finishReason: 'stop' }
  })
  const context = {} as Parameters<Generate>[1]
  const messages: Parameters<Generate>[0]['messages'] = [
    { role: 'user', content: 'hi' },
    { role: 'tool', toolCallId: 'c', content: 'result' }
  ]
  for await (const part of await generate({ messages }, context)) t.equal(part, 'a')
  t.strictSame(given, [{ role: 'user', content: 'hi' }])
})
