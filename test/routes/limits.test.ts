import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { type Generate, type InputLimits, openAiRoutes, streamRoutes } from '../../routes/index.js'
import { Random, seed } from '../helpers/random.js'

async function appWith(t: Test, limits: InputLimits = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'a', version: '1' } } })
  const generate: Generate = async function* () {
    yield 'Hello'
    return { finishReason: 'stop' }
  }
  await app.register(streamRoutes, { generate, ...limits })
  await app.register(openAiRoutes, { generate, models: ['a'], ...limits })
  const post = async (url: string, body: object) => {
    const response = await app.inject({ method: 'POST', url, body })
    return { status: response.statusCode, text: response.body }
  }
  const chat = (messages: object[]) => post('/v1/chat/completions', { model: 'a', messages })
  return { app, post, chat }
}

const user = (content: unknown) => ({ role: 'user', content })
const parts = (...texts: string[]) => texts.map(text => ({ type: 'text', text }))

t.test('kind: a limit of the text of a message is an option', async t => {
  for (const [limits, most] of [
    [{}, 100_000],
    [{ maxTextLength: 150_000 }, 150_000],
    [{ maxTextLength: 1_000_000 }, 1_000_000],
    [{ maxTextLength: 1 }, 1]
  ] as const) {
    const { post, chat, app } = await appWith(t, limits)
    const fits = 'x'.repeat(most)
    const long = `${fits}x`
    for (const [text, status] of [
      [fits, 200],
      [long, 400]
    ] as const) {
      const answers = [
        await post('/stream', { prompt: text }),
        await post('/stream', { messages: [user(text)] }),
        await chat([user(text)]),
        await chat([user(parts(text))]),
        await chat([user(parts(text.slice(1), text.slice(0, 1)))]),
        await chat([{ role: 'assistant', content: null, refusal: text }, user('a')])
      ]
      for (const answer of answers) {
        t.equal(answer.status, status, answer.text.slice(0, 200))
        if (status === 400) t.match(answer.text, String(most), 'the message says how long it may be')
      }
    }
    if (most < 10) t.equal((await app.inject(`/stream?prompt=${long}`)).statusCode, 400)
  }
})

t.test('kind: a limit of the text of a message holds for any number of parts, generated', async t => {
  const random = new Random(seed)
  const { chat } = await appWith(t, { maxTextLength: 1000 })
  for (let i = 0; i < 100; i++) {
    const texts = Array.from({ length: 1 + random.below(40) }, () => 'x'.repeat(random.below(60)))
    const { status, text } = await chat([user('a'), user(parts(...texts))])
    t.equal(status, texts.join('').length > 1000 ? 400 : 200, text)
    if (status === 400) t.match(JSON.parse(text), { error: { param: 'messages[1].content' } })
  }
  t.equal((await chat([user(parts(...Array.from({ length: 1001 }, () => 'x')))])).status, 400)
})

t.test('kind: a limit of messages is an option', async t => {
  for (const [limits, most] of [
    [{}, 1000],
    [{ maxMessages: 3 }, 3],
    [{ maxMessages: 2000 }, 2000]
  ] as const) {
    const { post, chat } = await appWith(t, limits)
    for (const [count, status] of [
      [most, 200],
      [most + 1, 400]
    ] as const) {
      const messages = Array.from({ length: count }, () => user('a'))
      const answers = [await post('/stream', { messages }), await chat(messages)]
      for (const answer of answers) {
        t.equal(answer.status, status)
        if (status === 400) t.match(answer.text, `1 to ${most} messages`)
      }
    }
  }
})

t.test('kind: a limit of the body is an option', async t => {
  for (const [limits, most] of [
    [{}, 4 * 1024 * 1024],
    [{ maxBodyBytes: 500 }, 500],
    [{ maxBodyBytes: 8_000_000, maxTextLength: 8_000_000 }, 8_000_000]
  ] as const) {
    const { app } = await appWith(t, limits)
    const post = (url: string, bytes: number) =>
      app.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json' },
        payload: '"'.padEnd(bytes, 'x')
      })
    for (const url of ['/stream', '/v1/chat/completions']) {
      t.equal((await post(url, most)).statusCode, 400, 'it is read')
      t.equal((await post(url, most + 1)).statusCode, 413)
    }
  }
})

t.test('the OpenAPI document shows the limits of the app', async t => {
  const { app } = await appWith(t, { maxTextLength: 77, maxMessages: 7 })
  await app.ready()
  const paths = JSON.stringify((app.swagger() as { paths: object }).paths)
  t.match(paths, '"maxLength":77')
  t.match(paths, '"maxItems":7')
  t.notMatch(paths, '100000')
})

t.test('a wrong limit is refused by name at registration', async t => {
  for (const name of ['maxTextLength', 'maxMessages', 'maxBodyBytes']) {
    for (const value of [0, -1, 1.5, '5', null, Number.NaN, Number.POSITIVE_INFINITY]) {
      await t.rejects(appWith(t, { [name]: value }), {
        code: 'FST_SSE_OPTION_INVALID',
        message: `option "${name}" takes a positive whole number`
      })
    }
  }
})
