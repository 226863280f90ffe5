import Fastify from 'fastify'
import t from 'tap'
import sseFrom, { type ResumableOptions } from '../../plugin/index.js'
import {
  ensurePlugin,
  FST_SSE_EVENT_INVALID,
  makeErrorHandler,
  negotiate,
  resumableOptions,
  sendWhole
} from '../../plugin/toolkit.js'
import { build } from '../helpers/server.js'

t.test('ensurePlugin registers the plugin if the app has not', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(async child => {
    await ensurePlugin(child)
    await ensurePlugin(child)
    child.get('/', (_request, reply) => reply.sseFrom(['hi']))
  })
  t.match((await app.inject('/')).body, 'data: hi')
  t.notOk(app.hasReplyDecorator('sseFrom'), 'the app itself stays as it is')
})

t.test('ensurePlugin keeps the plugin that the app has registered, with its options', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(sseFrom, { retry: 7 })
  await ensurePlugin(app)
  app.get('/', (_request, reply) => reply.sseFrom(['hi']))
  t.match((await app.inject('/')).body, 'retry: 7\n')
})

t.test('resumableOptions combines the options of a route with those of the plugin', async t => {
  const owner = () => 'me'
  const cases: [plugin: boolean | ResumableOptions, route: boolean | ResumableOptions | undefined, result: unknown][] =
    [
      [false, undefined, undefined],
      [false, true, {}],
      [{ owner }, undefined, { owner }],
      [{ owner }, false, undefined],
      [{ owner }, { onDisconnect: 'abort' }, { owner, onDisconnect: 'abort' }]
    ]
  for (const [resumable, route, result] of cases) {
    const app = Fastify()
    await app.register(sseFrom, { resumable })
    t.strictSame(resumableOptions(app, route), result)
    await app.close()
  }
})

t.test('negotiate chooses the preferred type, and adds accept to vary if there is a choice', async t => {
  const { app } = build(t)
  app.get('/both', async (_request, reply) => ({ type: negotiate(reply, ['text/event-stream', 'application/json']) }))
  app.get('/one', async (_request, reply) => ({ type: negotiate(reply, ['application/json']) }))
  const ask = async (url: string, accept: string) => {
    const { headers, ...response } = await app.inject({ url, headers: { accept } })
    return { status: response.statusCode, vary: headers.vary, body: response.json() }
  }
  const vary = 'accept'
  t.match(await ask('/both', '*/*'), { status: 200, vary, body: { type: 'text/event-stream' } })
  t.match(await ask('/both', 'application/*, text/*;q=0.9'), { vary, body: { type: 'application/json' } })
  t.match(await ask('/both', 'text/html'), {
    status: 406,
    vary,
    body: {
      code: 'FST_SSE_NOT_ACCEPTABLE',
      message: 'this route answers with text/event-stream or application/json, which the accept header does not allow'
    }
  })
  t.match(await ask('/one', '*/*'), { status: 200, vary: undefined, body: { type: 'application/json' } })
  t.match(await ask('/one', 'text/event-stream'), {
    status: 406,
    vary: undefined,
    body: { message: 'this route answers with application/json, which the accept header does not allow' }
  })
})

t.test('sendWhole answers with the result of toBody for the parts of the answer and its end', async t => {
  const { app } = build(t)
  app.get('/', (_request, reply) =>
    sendWhole(
      reply,
      async function* () {
        yield 'Hel'
        yield { type: 'reasoning', text: 'hm' } as const
        yield 'lo'
        return { finishReason: 'length', unknown: 1 }
      },
      ({ text, reasoning }, finish) => ({ text, reasoning, finish })
    )
  )
  const response = await app.inject('/')
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
  t.strictSame(response.json(), { text: 'Hello', reasoning: 'hm', finish: { finishReason: 'length' } })
})

t.test('sendWhole does not start the source for a HEAD request', async t => {
  const { app } = build(t)
  app.get('/', (_request, reply) =>
    sendWhole(
      reply,
      () => t.fail('the source was started') as never,
      ({ text }) => ({ text })
    )
  )
  const response = await app.inject({ method: 'HEAD', url: '/' })
  t.equal(response.statusCode, 200)
  t.equal(response.headers['content-type'], 'application/json')
  t.equal(response.headers['content-length'], undefined)
})

t.test('sendWhole fails on what is not a part of an answer, without a Finish, and when toBody throws', async t => {
  const tokens: [token: () => unknown, message: string][] = [
    [
      () => 5,
      'invalid event: a part of an answer must be a string, or an object with the type ' +
        'text, reasoning, tool-call, refusal, but it is a number'
    ],
    [
      () => ({ type: 'tool-call', id: '1', name: 'a' }),
      'invalid event: a part with the type tool-call: arguments is missing, it takes a string of JSON, or the next ' +
        'piece of it'
    ],
    [() => Promise.reject(new Error('lost')), 'invalid event: data must be text or a JSON value, but it is a promise'],
    [
      () => 'no finish',
      'invalid event: generate returned a wrong result: result is missing, it takes an object with finishReason and, ' +
        'if known, usage'
    ],
    [() => 'fine', 'invalid event: no result']
  ]
  for (const [token, message] of tokens) {
    const { app, log } = build(t)
    app.get('/', (_request, reply) =>
      sendWhole(
        reply,
        function* () {
          const given = token() as string
          yield given
          return given === 'no finish' ? undefined : { finishReason: 'stop' }
        },
        () => {
          throw new FST_SSE_EVENT_INVALID('no result')
        }
      )
    )
    t.match((await app.inject('/')).json(), { statusCode: 500, code: 'FST_SSE_EVENT_INVALID' })
    t.strictSame(
      log.filter(({ err }) => err).map(({ err }) => err?.message),
      [message]
    )
  }
})

t.test('makeErrorHandler answers in the form of the route, and logs once', async t => {
  const { app, log } = build(t)
  const errorHandler = makeErrorHandler((data, { validation }) => ({ oops: data, validation: validation ?? null }))
  const headers = { 'retry-after': '7' }
  const errors: Record<string, Error> = {
    busy: Object.assign(new Error('try later'), { status: 429, code: 'busy', headers }),
    secret: new Error('secret')
  }
  app.get<{ Params: { name: string } }>('/:name', { errorHandler }, async request => {
    throw errors[request.params.name]
  })
  const busy = await app.inject('/busy')
  t.equal(busy.statusCode, 429)
  t.equal(busy.headers['retry-after'], '7')
  t.strictSame(busy.json(), { oops: { statusCode: 429, code: 'busy', message: 'try later' }, validation: null })
  const secret = await app.inject('/secret')
  t.equal(secret.statusCode, 500)
  t.strictSame(secret.json(), {
    oops: { statusCode: 500, code: 'FST_SSE_SOURCE_FAILED', message: 'Internal Server Error' },
    validation: null
  })
  t.strictSame(
    log.filter(({ err }) => err).map(({ level, err }) => [level, err?.message]),
    [
      [30, 'try later'],
      [50, 'secret']
    ]
  )
})
