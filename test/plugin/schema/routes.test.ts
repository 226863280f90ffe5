import { Type } from '@sinclair/typebox'
import t from 'tap'
import { eventStream } from '../../../plugin/index.js'
import { build } from '../../helpers/server.js'
import { DONE, errorFrame } from '../../helpers/source-server.js'

const Tokens = eventStream({ message: Type.String(), usage: Type.Object({ tokens: Type.Integer() }) })
const schema = { response: { 200: Tokens } }
const usage = { event: 'usage', data: { tokens: 1, secret: 2 } } as const
const SENT = `data: a\n\nevent: usage\ndata: {"tokens":1}\n\n${DONE}`
const wrong = { event: 'usage', data: { tokens: 'a' } }

t.test('two routes of an app can share a schema', async t => {
  const { app } = build(t)
  await app.after()
  app.get('/one', { schema }, (_request, reply) => reply.sseFrom(['a', usage]))
  app.post('/two', { schema }, (_request, reply) => reply.sseFrom(['a', usage]))
  app.get('/wrong', { schema }, (_request, reply) => reply.sseFrom(['a', wrong] as string[]))
  for (let times = 0; times < 2; times++) {
    t.equal((await app.inject('/one')).body, SENT)
    t.equal((await app.inject({ method: 'POST', url: '/two' })).body, SENT)
    t.equal((await app.inject('/wrong')).body, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
  }
})

t.test('two apps can share a schema', async t => {
  for (let times = 0; times < 2; times++) {
    const { app } = build(t)
    await app.after()
    app.get('/', { schema }, (_request, reply) => reply.sseFrom(['a', usage]))
    app.get('/wrong', { schema }, (_request, reply) => reply.sseFrom(['a', wrong] as string[]))
    t.equal((await app.inject('/')).body, SENT)
    t.equal((await app.inject('/wrong')).body, `data: a\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
  }
})

t.test('no app uses its serializer compiler for events, since it may not know their schemas', async t => {
  const schema = { response: { 200: eventStream({ usage: Type.Object({ tokens: Type.Integer() }) }) } }
  for (const name of ['one', 'two']) {
    const { app } = build(t)
    await app.after()
    app.setSerializerCompiler(() => data => `${name}: ${JSON.stringify(data)}`)
    app.get('/', { schema }, (_request, reply) =>
      reply.sseFrom([{ event: 'usage', data: { tokens: 1 } }], { end: false })
    )
    t.equal((await app.inject('/')).body, 'event: usage\ndata: {"tokens":1}\n\n')
  }
})

t.test('a route can declare other responses beside the stream', async t => {
  const { app } = build(t)
  await app.after()
  const Refusal = Type.Object({ message: Type.String() })
  app.get<{ Querystring: { refuse?: string } }>(
    '/',
    { schema: { response: { 200: Tokens, 404: Refusal } } },
    (request, reply) =>
      request.query.refuse === undefined
        ? reply.sseFrom(['a', usage])
        : reply.code(404).send({ message: 'none', secret: 1 })
  )
  t.equal((await app.inject('/')).body, SENT)
  t.equal((await app.inject('/?refuse=1')).body, '{"message":"none"}')
})

t.test('a route can declare the stream for a range of statuses', async t => {
  const { app } = build(t)
  await app.after()
  app.get('/', { schema: { response: { '2xx': Tokens } } }, (_request, reply) => reply.code(201).sseFrom(['a', usage]))
  const { statusCode, body } = await app.inject('/')
  t.equal(statusCode, 201)
  t.equal(body, SENT)
})

t.test('a route can answer with JSON beside the stream', async t => {
  const { app } = build(t)
  await app.after()
  const Text = Type.Object({ text: Type.String() })
  const Both = { ...Tokens, content: { ...Tokens.content, 'application/json': { schema: Text } } }
  app.get('/', { schema: { response: { 200: Both } } }, (request, reply) =>
    request.headers.accept === 'application/json'
      ? reply.send({ text: 'a', secret: 1 })
      : reply.sseFrom(['a', usage, wrong] as string[])
  )
  const json = await app.inject({ url: '/', headers: { accept: 'application/json' } })
  t.match(json.headers['content-type'], 'application/json')
  t.equal(json.body, '{"text":"a"}')
  const stream = await app.inject('/')
  t.equal(stream.headers['content-type'], 'text/event-stream')
  t.equal(stream.body, `data: a\n\nevent: usage\ndata: {"tokens":1}\n\n${errorFrame('FST_SSE_EVENT_INVALID')}`)
})

t.test('the error handler gets an undeclared first event', async t => {
  const { app } = build(t)
  await app.after()
  app.setErrorHandler((error: Error & { code?: string }, _request, reply) => reply.code(502).send({ code: error.code }))
  app.get('/', { schema }, (_request, reply) => reply.sseFrom([wrong] as unknown as string[]))
  const { statusCode, body } = await app.inject('/')
  t.equal(statusCode, 502)
  t.equal(body, '{"code":"FST_SSE_EVENT_INVALID"}')
})
