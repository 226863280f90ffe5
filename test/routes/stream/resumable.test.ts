import { EventSource } from 'eventsource'
import t from 'tap'
import { type Generate, type StreamRoutesOptions, streamRoutes } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'

const WORDS = ['to', ' be', ' or', ' not']

async function answering(t: Parameters<typeof serve>[0], resumable?: StreamRoutesOptions['resumable'], steps?: Steps) {
  const calls: { aborted: boolean }[] = []
  const generate: Generate = async function* (_input, { signal }) {
    const call = { aborted: false }
    calls.push(call)
    signal.addEventListener('abort', () => {
      call.aborted = true
      steps?.go()
    })
    for (const word of WORDS) {
      await steps?.next()
      yield word
    }
    return { finishReason: 'stop' }
  }
  const served = await serve(t, app => app.register(streamRoutes, { generate, resumable }))
  return { ...served, calls }
}

t.test('an answer can be followed and stopped by its id', async t => {
  const steps = new Steps()
  const { url, calls } = await answering(t, undefined, steps)
  const first = open(`${url}/stream?prompt=hi`)
  steps.go()
  await first.has('data: to')
  const id = first.headers['x-stream-id']
  const second = open(`${url}/stream/${id}`)
  await second.has('data: to')
  t.equal((await fetchAll(`${url}/stream/${id}`, { method: 'DELETE' })).status, 204)
  await Promise.all([first.end(), second.end()])
  t.equal(second.text(), first.text())
  t.match(first.events().at(-1), { event: 'stopped', data: '{}' })
  t.strictSame(calls, [{ aborted: true }])
})

t.test('EventSource continues its answer after a lost connection, with one call of generate', async t => {
  const steps = new Steps()
  const { url, calls, app } = await answering(t, undefined, steps)
  const source = new EventSource(`${url}/stream?prompt=hi`)
  t.teardown(() => source.close())
  let text = ''
  let done = ''
  source.onmessage = ({ data }) => {
    text += data
  }
  source.addEventListener('done', ({ data }) => {
    done = data
  })
  for (const [i] of WORDS.entries()) {
    steps.go()
    const words = WORDS.slice(0, i + 1).join('')
    await until(`"${words}"`, () => text === words)
    app.server.closeAllConnections()
  }
  await until('the end', () => done)
  await until('EventSource gives up', () => source.readyState === EventSource.CLOSED)
  t.equal(text, WORDS.join(''))
  t.equal(done, '{"finishReason":"stop"}')
  t.equal(calls.length, 1)
})

t.test('only its owner finds an answer', async t => {
  const { url } = await answering(t, { owner: ({ headers }) => headers.authorization })
  const as = (authorization: string) => ({ headers: { authorization } })
  const id = (await fetchAll(`${url}/stream?prompt=hi`, as('me'))).headers['x-stream-id']
  for (const [who, status, stopped] of [
    ['me', 200, 204],
    ['you', 404, 404]
  ] as const) {
    t.equal((await fetchAll(`${url}/stream/${id}`, as(who))).status, status)
    const answer = await fetchAll(`${url}/stream/${id}`, { method: 'DELETE', ...as(who) })
    t.equal(answer.status, stopped)
    if (stopped === 404) t.match(JSON.parse(answer.text()), { code: 'FST_SSE_STREAM_NOT_FOUND' })
  }
})

t.test('answers 400 for a malformed id, and 406 for a client that accepts only JSON', async t => {
  const { url } = await answering(t)
  for (const method of ['GET', 'DELETE']) {
    const answer = await fetchAll(`${url}/stream/a.b`, { method })
    t.equal(answer.status, 400)
    t.match(JSON.parse(answer.text()), { code: 'FST_SSE_INPUT_INVALID', message: /^params\/id takes the x-stream-id/ })
  }
  const headers = { accept: 'application/json' }
  t.equal((await fetchAll(`${url}/stream/abc`, { headers })).status, 406)
  t.equal((await fetchAll(`${url}/stream/abc`)).status, 410)
  t.equal((await fetchAll(`${url}/stream/abc`, { method: 'DELETE' })).status, 404)
})

t.test('has no ids and no /stream/:id if resumable is false', async t => {
  const { url } = await answering(t, false)
  const answer = await fetchAll(`${url}/stream?prompt=hi`)
  t.equal(answer.headers['x-stream-id'], undefined)
  t.match(answer.text(), /^data: to\n\n/)
  const missing = await fetchAll(`${url}/stream/abc`)
  t.equal(missing.status, 404)
  t.match(JSON.parse(missing.text()), { message: /^Route GET:/ })
})

t.test('the last of several lastEventId in the query counts', async t => {
  const { url, calls } = await answering(t)
  const first = await fetchAll(`${url}/stream?prompt=hi`)
  const [one, two, three] = first.events().map(({ id }) => encodeURIComponent(String(id)))
  const body = { prompt: 'hi' }
  for (const [ids, events] of [
    [[one, two], first.events().slice(2)],
    [[three, two, one], first.events().slice(1)],
    [['not an id', '', two], first.events().slice(2)]
  ] as const) {
    const query = ids.map(id => `lastEventId=${id}`).join('&')
    t.same((await fetchAll(`${url}/stream?prompt=hi&${query}`)).events(), events)
    t.same((await fetchAll(`${url}/stream?${query}`, { body })).events(), events)
    t.same((await fetchAll(`${url}/stream/${first.headers['x-stream-id']}?${query}`)).events(), events)
  }
  t.equal(calls.length, 1, 'generate was called once')
  t.equal((await fetchAll(`${url}/stream?prompt=hi&lastEventId=${one}&lastEventId=`)).status, 200)
  t.equal(calls.length, 2, 'an empty one is none')
  t.equal((await fetchAll(`${url}/stream?prompt=hi&prompt=ho`)).status, 400, 'of anything else there is one')
})
