import { Type } from '@sinclair/typebox'
import t from 'tap'
import { eventStream } from '../../../plugin/index.js'
import { build } from '../../helpers/server.js'

const DONE = 'event: done\nid: fastify-sse-from:end\ndata: {}\n\n'

t.test('sends an ArrayBuffer and the bytes of an event as text, with and without a schema', async t => {
  const { app } = build(t)
  await app.after()
  const bytes = new TextEncoder().encode('é')
  const items = [bytes.buffer, { data: bytes }, { event: 'message', data: bytes.buffer }]
  const schema = { response: { 200: eventStream({ message: Type.String() }) } }
  app.get('/plain', (_request, reply) => reply.sseFrom(items))
  app.get('/typed', { schema }, (_request, reply) => reply.sseFrom(items as Iterable<never, void>))
  const text = `data: é\n\ndata: é\n\nevent: message\ndata: é\n\n${DONE}`
  t.equal((await app.inject('/plain')).body, text)
  t.equal((await app.inject('/typed')).body, text)
})

t.test('refuses a promise that was not awaited, and an event without values', async t => {
  const { app } = build(t)
  await app.after()
  app.get('/map', (_request, reply) => reply.sseFrom(['a'], { map: async item => item }))
  app.get('/data', (_request, reply) => reply.sseFrom([{ data: Promise.resolve('a') }]))
  app.get('/event', (_request, reply) => reply.sseFrom([{ event: undefined, comment: undefined }]))
  for (const [path, message] of [
    ['/map', 'invalid event: data must be text or a JSON value, but it is a promise'],
    ['/data', 'invalid event: data must be text or a JSON value, but it is a promise'],
    ['/event', 'invalid event: all its fields are undefined']
  ] as const) {
    const response = await app.inject(path)
    t.equal(response.statusCode, 500)
    t.match(response.json(), { code: 'FST_SSE_EVENT_INVALID', message })
  }
})
