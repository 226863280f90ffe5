import type { FastifyInstance, FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import type { StreamSummary } from '../../../plugin/index.js'
import { openAiRoutes } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

/** What an app may say of the body of a stream. */
const OF_THE_BODY = {
  'accept-ranges': 'none',
  'content-digest': 'sha-256=:AA==:',
  'content-disposition': 'attachment',
  'content-encoding': 'identity',
  'content-language': 'de',
  'content-length': '3',
  'content-location': '/other',
  'content-md5': 'AA==',
  'content-range': 'bytes 0-2/3',
  'content-type': 'text/event-stream; charset=utf-8',
  digest: 'sha-256=AA==',
  etag: '"a"',
  'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
  'repr-digest': 'sha-256=:AA==:'
}
const OF_THE_STREAM = ['incremental', 'x-stream-id', 'x-vercel-ai-ui-message-stream']
const OWN = { 'x-own': 'a', 'set-cookie': 'a=b', vary: 'accept', link: '</a>; rel=b' }

const slow = () => {
  throw Object.assign(new Error('slow down'), { status: 429 })
}

const one = async function* () {
  yield 'a'
}

const withHead = (reply: FastifyReply) => reply.headers({ ...OF_THE_BODY, ...OWN })

/** The places where a request for a stream can fail, each with its status. */
const routes: Record<string, [status: number, (app: FastifyInstance) => unknown]> = {
  'the source': [429, app => app.get('/', (_request, reply) => withHead(reply).sseFrom(slow))],
  'the source of a resumable stream': [
    429,
    app => app.get('/', (_request, reply) => withHead(reply).sseFrom(slow, { resumable: true, protocol: 'ai-sdk' }))
  ],
  'an option': [500, app => app.get('/', (_request, reply) => withHead(reply).sseFrom(one, { retry: -1 }))],
  'the owner': [
    429,
    app => app.get('/', (_request, reply) => withHead(reply).sseFrom(one, { resumable: { owner: async () => slow() } }))
  ],
  'a stream that is gone': [410, app => app.get('/', (_request, reply) => withHead(reply).sseResume('gone'))],
  'an onSend hook': [
    429,
    app => {
      const onSend = async (_request: unknown, _reply: unknown, payload: unknown) =>
        payload !== null && typeof payload === 'object' ? slow() : payload
      app.get('/', { onSend }, (_request, reply) =>
        withHead(reply).sseFrom(one, { protocol: 'ai-sdk', resumable: true })
      )
    }
  ],
  'the handler, after sseFrom': [
    429,
    app =>
      app.get('/', async (_request, reply) => {
        withHead(reply).sseFrom(one, { resumable: true })
        return slow()
      })
  ]
}

function checkHead(t: Test, headers: Record<string, unknown>, name: string): void {
  for (const key of [...Object.keys(OF_THE_BODY), ...OF_THE_STREAM]) {
    if (!['content-length', 'content-type'].includes(key)) t.notOk(key in headers, `${name}: ${key}`)
  }
  t.equal(headers['content-type'], 'application/json; charset=utf-8', name)
}

for (const http2 of [false, true]) {
  const over = http2 ? 'HTTP/2' : 'HTTP/1.1'
  for (const [name, [status, setup]] of Object.entries(routes)) {
    t.test(`an error of ${name} says nothing of the stream, over ${over}`, async t => {
      const { url } = await serve(t, setup, { http2 })
      const { headers, text, ...client } = await fetchAll(url, { http2 })
      t.equal(client.status, status)
      t.equal(client.ended, 'clean')
      t.equal(JSON.parse(text()).statusCode, status)
      checkHead(t, headers, name)
      t.match(headers, { 'x-own': 'a', 'set-cookie': /a=b/, vary: 'accept', link: OWN.link }, 'others reach the client')
    })
  }
}

for (const isSlow of [false, true]) {
  t.test(
    `a handler that fails after sseFrom ends its source, with a ${isSlow ? 'slow' : 'quick'} error handler`,
    async t => {
      const summaries: StreamSummary[] = []
      const reasons: unknown[] = []
      const { url, log } = await serve(t, app => {
        app.setErrorHandler(async (error: Error) => {
          if (isSlow) await new Promise(resolve => setTimeout(resolve, 10))
          return { mine: error.message }
        })
        app.get('/', async (_request, reply) => {
          reply.sseFrom(
            async function* ({ signal }) {
              signal.addEventListener('abort', () => reasons.push(signal.reason?.reason))
              for (;;) {
                yield 'a'
                await new Promise(resolve => setImmediate(resolve))
              }
            },
            { onClose: summary => summaries.push(summary) }
          )
          return slow()
        })
      })
      const client = await fetchAll(url)
      t.match(client, { status: 429, ended: 'clean', headers: { incremental: undefined } })
      t.same(JSON.parse(client.text()), { mine: 'slow down' })
      await until('onClose was called', () => summaries.length)
      t.match(summaries, [{ outcome: 'error', statusCode: 429, events: Number, error: { message: 'slow down' } }])
      t.ok(reasons.every(reason => reason === 'failed'))
      t.notOk(log.some(({ msg }) => msg.includes('headers already sent')))
    }
  )
}

t.test('an error of a route without a stream is left alone', async t => {
  const { url } = await serve(t, app =>
    app.get('/', (_request, reply) => {
      reply.header('etag', '"a"')
      return slow()
    })
  )
  t.match(await fetchAll(url), { status: 429, headers: { etag: '"a"' } })
})

t.test('an error handler may say what it likes of its own body, and may stream', async t => {
  const { url } = await serve(t, app => {
    app.setErrorHandler((_error, request, reply) =>
      request.url === '/stream' ? reply.sseFrom(one) : reply.headers({ etag: '"own"' }).send({ mine: true })
    )
    app.get('/*', (_request, reply) => withHead(reply).sseFrom(slow))
  })
  t.match(await fetchAll(url), { status: 429, headers: { etag: '"own"', incremental: undefined } })
  const stream = await fetchAll(`${url}/stream`)
  t.match(stream.headers, { 'content-type': 'text/event-stream', incremental: '?1', etag: undefined })
  t.match(stream.text(), /^data: a\n\nevent: done\n/)
})

t.test('an error of a ready route says nothing of a stream', async t => {
  const { url } = await serve(t, async app => {
    app.addHook('onRequest', async (_request, reply) => {
      withHead(reply)
    })
    await app.register(openAiRoutes, { generate: slow, models: ['m'] })
  })
  const body = { model: 'm', messages: [{ role: 'user', content: 'a' }], stream: true }
  const client = await fetchAll(`${url}/v1/chat/completions`, { body })
  t.equal(client.status, 429)
  checkHead(t, client.headers, 'chat completions')
})
