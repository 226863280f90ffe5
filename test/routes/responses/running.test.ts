import type OpenAI from 'openai'
import t from 'tap'
import type { Generate } from '../../../routes/index.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'
import { api } from './api.js'

const ask = { model: 'a', input: 'hi', stream: true } as const

/** A model that says `Hel` and `lo`, one step for each and one for its end, which may be a failure. */
function stepped() {
  const steps = new Steps()
  const seen = { aborted: false, fails: false }
  const generate: Generate = async function* (_request, { signal }) {
    signal.addEventListener('abort', () => {
      seen.aborted = true
    })
    for (const token of ['Hel', 'lo']) {
      await steps.next()
      yield token
    }
    await steps.next()
    if (seen.fails) throw Object.assign(new Error('no'), { statusCode: 429 })
    return { finishReason: 'stop' }
  }
  return { generate, steps, seen }
}

type Events = AsyncIterator<OpenAI.Responses.ResponseStreamEvent>

/** Reads events up to one of a type. */
async function readTo(events: Events, type: string) {
  for (;;) {
    const { value, done } = await events.next()
    if (done || value.type === type) return value
  }
}

const statusOf = (response: PromiseLike<{ status?: unknown }>) =>
  response.then(
    ({ status }) => status,
    (error: { status: number }) => error.status
  )

/** Begins an answer, and reads its first token. */
async function begin(client: OpenAI, steps: Steps, body: object = {}) {
  steps.go()
  const stream = await client.responses.create({ ...ask, ...body })
  const events = stream[Symbol.asyncIterator]()
  const { response } = await readTo(events, 'response.created')
  await readTo(events, 'response.output_text.delta')
  return { id: response.id as string, stream, events }
}

t.test('a response that a client reads is in progress for those who ask for it, and completed at its end', async t => {
  const { generate, steps } = stepped()
  const { client } = await api(t, generate)
  const { id, events } = await begin(client, steps)
  t.match(await client.responses.retrieve(id), {
    id,
    status: 'in_progress',
    background: false,
    output_text: 'Hel',
    usage: null
  })
  steps.go()
  await readTo(events, 'response.output_text.delta')
  t.match(await client.responses.retrieve(id), { status: 'in_progress', output_text: 'Hello' })
  steps.go()
  await readTo(events, 'response.completed')
  t.match(await client.responses.retrieve(id), { id, status: 'completed', output_text: 'Hello' })
})

t.test('only its owner sees a response that runs', async t => {
  const { generate, steps } = stepped()
  const owner = { resumable: { owner: ({ headers }: { headers: object }) => (headers as { me?: string }).me ?? 'x' } }
  const { client } = await api(t, generate, owner as object)
  const mine = client.withOptions({ defaultHeaders: { me: 'me' } })
  const { id, stream } = await begin(mine, steps)
  t.equal(await statusOf(mine.responses.retrieve(id)), 'in_progress')
  for (const me of ['you', 'x']) {
    const other = client.withOptions({ defaultHeaders: { me } })
    t.equal(await statusOf(other.responses.retrieve(id)), 404)
    t.equal(await statusOf(other.responses.cancel(id)), 404)
    t.equal(await statusOf(other.responses.delete(id).then(() => ({}))), 404)
  }
  t.equal(await statusOf(mine.responses.retrieve(id)), 'in_progress')
  stream.controller.abort()
})

t.test('a response is no longer there when its client has left, or it has failed', async t => {
  const { generate, steps, seen } = stepped()
  const { client } = await api(t, generate)
  const left = await begin(client, steps)
  left.stream.controller.abort()
  await until('the source is aborted', () => seen.aborted)
  await until('it is gone', async () => (await statusOf(client.responses.retrieve(left.id))) === 404)
  steps.go()
  steps.go()

  seen.fails = true
  const failed = await begin(client, steps)
  t.equal(await statusOf(client.responses.retrieve(failed.id)), 'in_progress')
  steps.go()
  steps.go()
  await readTo(failed.events, 'response.failed').catch(() => {})
  t.equal(await statusOf(client.responses.retrieve(failed.id)), 404)
})

t.test('a response that is not to be stored is not found while it runs', async t => {
  for (const [options, body] of [
    [{}, { store: false }],
    [{ resumable: false }, {}]
  ] as const) {
    const { generate, steps } = stepped()
    const { client } = await api(t, generate, options)
    const { id, stream } = await begin(client, steps, body)
    t.equal(await statusOf(client.responses.retrieve(id)), 404)
    stream.controller.abort()
  }
})

t.test('a response that a client reads is not cancelled by others, and is not followed', async t => {
  const { generate, steps, seen } = stepped()
  const { client, baseURL } = await api(t, generate)
  const { id, events } = await begin(client, steps)
  await t.rejects(client.responses.cancel(id), {
    status: 400,
    code: 'FST_SSE_NOT_CANCELLABLE',
    message: /Cannot cancel a response that does not run in the background/
  })
  t.equal((await fetch(`${baseURL}/responses/${id}?stream=true`)).status, 404)
  await client.responses.delete(id)
  t.equal(await statusOf(client.responses.retrieve(id)), 404, 'one that is deleted is found no more')
  steps.go()
  steps.go()
  t.match(await readTo(events, 'response.completed'), { response: { status: 'completed' } }, 'its client has it')
  t.equal(await statusOf(client.responses.retrieve(id)), 404)
  t.notOk(seen.aborted)
})

t.test('another server does not know a response that it does not answer', async t => {
  const { generate, steps } = stepped()
  const { client } = await api(t, generate)
  const other = await api(t, generate)
  const { id, stream } = await begin(client, steps)
  t.equal(await statusOf(other.client.responses.retrieve(id)), 404)
  stream.controller.abort()
})
