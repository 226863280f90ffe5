import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { END_ID } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'

const TOKENS = ['one', ' two', '\nthree', ' fo\r\nur', ' five']

/** A route whose source counts its runs, and can wait before each token. */
function tokens(steps?: Steps) {
  const calls: { aborted: boolean }[] = []
  const setup = (app: FastifyInstance) => {
    app.all('/', (_request, reply) =>
      reply.sseFrom(
        async function* ({ signal }) {
          const call = { aborted: false }
          calls.push(call)
          signal.addEventListener('abort', () => {
            call.aborted = true
          })
          for (const token of TOKENS) {
            await steps?.next()
            yield token
          }
          await steps?.next()
          return { count: TOKENS.length }
        },
        { resumable: true }
      )
    )
  }
  return { calls, setup }
}

const from = (id: string | undefined) => ({ headers: { 'last-event-id': String(id) } })

t.test('numbers its events, and has its id in the headers', async t => {
  const { setup } = tokens()
  const { url } = await serve(t, setup)
  const whole = await fetchAll(url)
  const id = String(whole.headers['x-stream-id'])
  t.match(id, /^[\w-]{22}$/)
  t.strictSame(
    whole.events().map(event => event.id),
    [1, 2, 3, 4, 5].map(sequence => `${id}:${sequence}`).concat(`${id}:6:end`)
  )
  t.not((await fetchAll(url)).headers['x-stream-id'], id)
})

for (const body of [undefined, { prompt: 'hi' }]) {
  t.test(`gives a client the rest from any position: ${body ? 'POST' : 'GET'}`, async t => {
    const { setup, calls } = tokens()
    const { url } = await serve(t, setup)
    const whole = (await fetchAll(url, { body })).events()
    for (const [i, { id }] of whole.slice(0, -1).entries()) {
      const rest = await fetchAll(url, { body, ...from(id) })
      t.equal(rest.status, 200)
      t.strictSame(rest.events(), whole.slice(i + 1))
    }
    t.equal(calls.length, 1)
  })
}

t.test('answers a client that has the last event with 204, without a lookup of the stream', async t => {
  const { setup, calls } = tokens()
  const { url } = await serve(t, setup)
  const last = (await fetchAll(url)).events().at(-1)
  t.equal((await fetchAll(url, from(last?.id))).status, 204)
  t.equal((await fetchAll(url, from('another:7:end'))).status, 204)
  t.equal((await fetchAll(url, from(END_ID))).status, 204)
  t.equal(calls.length, 1)
})

t.test('goes on with a running stream, whose source does not wait for clients', async t => {
  const steps = new Steps()
  const { setup, calls } = tokens(steps)
  const { url } = await serve(t, setup)
  const first = open(url)
  steps.go()
  await first.has('one')
  first.leave()
  steps.go()
  const second = open(url, from(first.events()[0]?.id))
  await second.has('two')
  for (let i = 0; i < 4; i++) steps.go()
  await second.end()
  t.equal(second.ended, 'clean')
  t.strictSame(
    second.events().map(event => event.data),
    [' two', '\nthree', ' fo\nur', ' five', '{"count":5}']
  )
  t.strictSame(calls, [{ aborted: false }])
})

t.test('refuses a malformed Last-Event-ID', async t => {
  const { setup, calls } = tokens()
  const { url } = await serve(t, setup)
  const stream = 'a'.repeat(22)
  for (const id of [
    '5',
    `${stream}:`,
    `${stream}:0:end`,
    `${stream}:01`,
    `${stream}:-1`,
    `${stream}:1:en`,
    `${stream}:1e3`,
    ':1',
    'ä:1'
  ]) {
    const answer = await fetchAll(url, from(Buffer.from(id).toString('latin1')))
    t.equal(answer.status, 400, id)
    t.match(JSON.parse(answer.text()), { code: 'FST_SSE_ID_INVALID', message: /Last-Event-ID/ })
  }
  t.equal(calls.length, 0)
})

t.test('a stream that does not exist or has expired is gone', async t => {
  const { setup, calls } = tokens()
  const { url } = await serve(t, setup)
  const answer = await fetchAll(url, from(`${'a'.repeat(22)}:3`))
  t.equal(answer.status, 410)
  t.match(JSON.parse(answer.text()), { code: 'FST_SSE_STREAM_GONE' })
  t.notMatch(answer.headers, { 'content-type': /event-stream/ })
  t.equal(calls.length, 0)
})

t.test('a position beyond the end of a stream is gone', async t => {
  const { setup } = tokens()
  const { url } = await serve(t, setup)
  const id = (await fetchAll(url)).headers['x-stream-id']
  // The last event has the number 6.
  t.equal((await fetchAll(url, from(`${id}:6`))).status, 204)
  const answer = await fetchAll(url, from(`${id}:7`))
  t.equal(answer.status, 410)
  t.match(JSON.parse(answer.text()), { code: 'FST_SSE_POSITION_GONE' })
})
