import { STATUS_CODES } from 'node:http'
import Fastify from 'fastify'
import t from 'tap'
import { type Generate, openAiRoutes, streamRoutes } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'

const NAMELESS = Array.from({ length: 200 }, (_, i) => 400 + i).filter(status => !(status in STATUS_CODES))

function refusal(status: number, key = 'status'): Error {
  return Object.assign(new Error('refused'), { [key]: status })
}

/** The words of a 5xx are for the log only. */
function messageOf(status: number): string {
  return status < 500 ? 'refused' : 'Server Error'
}

for (const http2 of [false, true]) {
  t.test(`kind: a status without a name in Node reaches the client over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
    const generate: Generate = async ({ messages }) => {
      throw refusal(Number(messages[0]?.content))
    }
    const { url } = await serve(
      t,
      async app => {
        app.get<{ Querystring: { prompt: string } }>('/plain', ({ query }, reply) =>
          reply.sseFrom(() => {
            throw refusal(Number(query.prompt), 'statusCode')
          })
        )
        app.get<{ Querystring: { prompt: string } }>('/resumable', ({ query }, reply) =>
          reply.sseFrom(
            () => {
              throw refusal(Number(query.prompt), 'status_code')
            },
            { resumable: true }
          )
        )
        await app.register(streamRoutes, { generate })
        await app.register(openAiRoutes, { generate, models: ['a'] })
      },
      { http2 }
    )
    for (const status of [498, 499, 520, 529, 599, 420, 561]) {
      for (const path of ['/plain', '/resumable', '/stream']) {
        const client = await fetchAll(`${url}${path}?prompt=${status}`, { http2 })
        t.equal(client.status, status, path)
        t.match(JSON.parse(client.text()), { statusCode: status, error: /.+/, message: messageOf(status) }, path)
      }
      const headers = { accept: 'application/json' }
      const json = await fetchAll(`${url}/stream?prompt=${status}`, { headers, http2 })
      t.equal(json.status, status)
      t.match(JSON.parse(json.text()), { statusCode: status })
      const body = { model: 'a', messages: [{ role: 'user', content: String(status) }], stream: true }
      const chat = await fetchAll(`${url}/v1/chat/completions`, { body, http2 })
      t.equal(chat.status, status)
      t.match(JSON.parse(chat.text()), { error: { message: /.+/ } })
    }
  })
}

t.test('kind: a status without a name in Node, every one of 400 to 599, reaches the client', async t => {
  const { app } = await serve(t, app => {
    app.get<{ Querystring: { status: number } }>('/', ({ query }, reply) =>
      reply.sseFrom(() => {
        throw refusal(Number(query.status))
      })
    )
  })
  t.ok(NAMELESS.length > 100)
  for (const status of NAMELESS) {
    const response = await app.inject(`/?status=${status}`)
    t.equal(response.statusCode, status)
    t.match(response.json(), { statusCode: status, message: messageOf(status) })
  }
})

t.test('kind: a status without a name in Node is left to an error handler of the app', async t => {
  const { app } = await serve(t, app => {
    app.setErrorHandler((error: Error & { status: number }, _request, reply) =>
      reply.code(error.status).send({ ok: false })
    )
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => {
        throw refusal(530)
      })
    )
  })
  const response = await app.inject('/')
  t.equal(response.statusCode, 530)
  t.same(response.json(), { ok: false })
})

t.test('the error of a ready route whose status nobody has named says what it can', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRequest', async () => {
    throw refusal(531)
  })
  await app.register(streamRoutes, { generate: () => t.fail('generate was called') as never })
  const response = await app.inject('/stream?prompt=hi')
  t.equal(response.statusCode, 531)
  t.match(response.json(), { statusCode: 531, message: 'refused' })
})
