import type { FastifyInstance, FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import { END_ID, type StreamSummary } from '../../../../plugin/index.js'
import { fetchAll } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'
import { after } from '../../../helpers/stepped.js'
import { until } from '../../../helpers/until.js'

/** Requests a route whose handler gets an `onClose`. Returns all summaries of the request. */
async function summariesOf(
  t: Test,
  handler: (reply: FastifyReply, options: { onClose: (summary: StreamSummary) => void }) => FastifyReply,
  request: { method?: string; headers?: Record<string, string> } = {},
  http2 = false
): Promise<StreamSummary[]> {
  const summaries: StreamSummary[] = []
  const { url } = await serve(
    t,
    (app: FastifyInstance) => {
      app.route({
        method: ['GET', 'HEAD'],
        url: '/',
        exposeHeadRoute: false,
        handler: (_request, reply) => handler(reply, { onClose: summary => summaries.push(summary) })
      })
    },
    { http2 }
  )
  const { status } = await fetchAll(url, { ...request, http2 })
  await until('the summary', () => summaries.length)
  t.equal(summaries.length, 1, 'there is one')
  t.equal(summaries[0]?.statusCode, status, 'it has the status that the client got')
  return summaries
}

for (const http2 of [false, true]) {
  t.test(`the summary has the status of the response, over HTTP/${http2 ? 2 : 1.1}`, async t => {
    const unknown = 'a'.repeat(22)

    t.test('204: the client had the whole answer', async t => {
      const [summary] = await summariesOf(t, (reply, options) => reply.sseFrom(['a'], options), after(END_ID), http2)
      t.match(summary, { outcome: 'skipped', statusCode: 204, events: 0, error: undefined })
    })

    t.test('204 of a resumable stream', async t => {
      const source = async function* () {}
      const [summary] = await summariesOf(
        t,
        (reply, options) => reply.sseFrom(source, { ...options, resumable: true }),
        after(`${unknown}:3:end`),
        http2
      )
      t.match(summary, { outcome: 'skipped', statusCode: 204 })
    })

    t.test('410: there is no such stream', async t => {
      const [summary] = await summariesOf(t, (reply, options) => reply.sseResume(unknown, options), {}, http2)
      t.match(summary, { outcome: 'error', statusCode: 410, error: { code: 'FST_SSE_STREAM_GONE' } })
    })

    t.test('404: there is no such stream for this owner', async t => {
      const [summary] = await summariesOf(
        t,
        (reply, options) => reply.sseResume(unknown, { ...options, owner: () => 'me' }),
        {},
        http2
      )
      t.match(summary, { outcome: 'error', statusCode: 404, error: { code: 'FST_SSE_STREAM_NOT_FOUND' } })
    })

    t.test('200 to a HEAD', async t => {
      const [summary] = await summariesOf(
        t,
        (reply, options) => reply.sseFrom(['a'], options),
        { method: 'HEAD' },
        http2
      )
      t.match(summary, { outcome: 'skipped', statusCode: 200 })
    })

    t.test('the status of an error of the source', async t => {
      const failing = () => Promise.reject(Object.assign(new Error('too many'), { statusCode: 429 }))
      const [summary] = await summariesOf(t, (reply, options) => reply.sseFrom(failing, options), {}, http2)
      t.match(summary, { outcome: 'error', statusCode: 429, error: { message: 'too many' } })
    })
  })
}
