import t, { type Test } from 'tap'
import type { Generate, ResponsesRoutesOptions } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'
import { api, eventsOf } from './api.js'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }

/** Two nodes that share a store. Each step of an answer is one of its tokens, or its end. */
async function nodes(t: Test, options: Partial<ResponsesRoutesOptions> = {}, lease?: number) {
  const stores = FaultyStore.nodes(2, lease === undefined ? {} : { lease }) as [FaultyStore, FaultyStore]
  const steps = new Steps()
  const seen: { aborted: unknown; messages: unknown }[] = []
  const generate: Generate = async function* ({ messages }, { signal }) {
    const call = { aborted: undefined as unknown, messages }
    seen.push(call)
    signal.addEventListener('abort', () => {
      call.aborted = signal.reason?.reason
      steps.go()
    })
    for (const token of ['Hel', 'lo']) {
      await steps.next()
      if (signal.aborted) break
      yield token
    }
    await steps.next()
    return { finishReason: 'stop', usage }
  }
  const [one, other] = await Promise.all(
    stores.map(store => api(t, generate, options, { plugin: { store, heartbeat: false, drainTimeout: 100 } }))
  )
  return { one: one as Node, other: other as Node, steps, seen, stores }
}

type Node = Awaited<ReturnType<typeof api>>

const input = 'hi'
const background = { model: 'a', input, background: true }

for (const where of ['the same node', 'another node']) {
  t.test(`a response runs in the background, and is polled on ${where}`, async t => {
    const { one, other, steps, seen } = await nodes(t)
    const asked = where === 'the same node' ? one : other
    const begun = await one.client.responses.create(background)
    t.match(begun, { status: 'queued', background: true, output: [], store: true })
    t.same((await asked.client.responses.retrieve(begun.id)).status, 'in_progress')
    steps.go()
    await until('the source has begun', () => seen.length)
    steps.go()
    t.match(await asked.client.responses.retrieve(begun.id), { id: begun.id, status: 'in_progress' })
    steps.go()
    await until('the end', async () => (await asked.client.responses.retrieve(begun.id)).status !== 'in_progress')
    const ended = await asked.client.responses.retrieve(begun.id)
    t.match(ended, { id: begun.id, created_at: begun.created_at, status: 'completed', output_text: 'Hello' })
    t.match(ended.usage, { total_tokens: 3 })
    t.equal(seen.length, 1)
  })

  t.test(`a response that runs in the background is followed on ${where}, from anywhere`, async t => {
    const { one, other, steps, seen } = await nodes(t)
    const asked = where === 'the same node' ? one : other
    const client = open(`${one.baseURL}/responses`, { body: { ...background, stream: true } })
    await client.has('response.in_progress')
    t.match(JSON.parse(client.events()[0]?.data ?? '').response, { status: 'queued' })
    const { id } = JSON.parse(client.events()[0]?.data ?? '').response
    steps.go()
    await client.has('"delta":"Hel"')
    client.leave()
    const url = `${asked.baseURL}/responses/${id}?stream=true`
    const late = open(`${url}&starting_after=2`)
    await late.has('"delta":"Hel"')
    steps.go()
    steps.go()
    await late.end()
    t.equal(late.ended, 'clean')
    const all = eventsOf(t, await fetchAll(url))
    t.equal(all.length, 10)
    t.match(all.at(-1), { type: 'response.completed', response: { id, status: 'completed' } })
    t.match(late.text(), /^id: .+:4\nevent: response.content_part.added\n/)
    for (const { sequence_number } of all) {
      const rest = await fetchAll(`${url}&starting_after=${sequence_number}`)
      t.equal(rest.status, 200)
      t.match(rest.headers['content-type'], 'text/event-stream')
      const numbers = rest.events().flatMap(({ data }) => (data === '[DONE]' ? [] : JSON.parse(data).sequence_number))
      t.same(
        numbers,
        all.map(event => event.sequence_number).filter(number => number > sequence_number)
      )
    }
    t.equal((await fetchAll(`${url}&starting_after=100`)).text(), '')
    t.equal(seen.length, 1)
  })

  t.test(`a response in the background is cancelled from ${where}`, async t => {
    const { one, other, steps, seen } = await nodes(t)
    const asked = where === 'the same node' ? one : other
    const client = open(`${one.baseURL}/responses`, { body: { ...background, stream: true } })
    steps.go()
    await client.has('"delta":"Hel"')
    const { id } = JSON.parse(client.events()[0]?.data ?? '').response
    t.match(await asked.client.responses.cancel(id), { id, status: 'cancelled' })
    await client.end()
    const last = eventsOf(t, client).at(-1)
    t.match(last, {
      type: 'response.incomplete',
      response: { status: 'cancelled', incomplete_details: null, error: null }
    })
    t.match(last?.response.output, [{ status: 'incomplete', content: [{ text: 'Hel' }] }])
    await until('the source is stopped', () => seen[0]?.aborted)
    t.equal(seen[0]?.aborted, 'stopped')
    t.match(await asked.client.responses.retrieve(id), { status: 'cancelled', output_text: 'Hel' })
    t.match(await asked.client.responses.cancel(id), { status: 'cancelled' }, 'again')
  })
}

t.test('a response that is being cancelled on another node says so at once', async t => {
  const { one, other, seen, stores } = await nodes(t, {}, 300)
  const begun = await one.client.responses.create(background)
  await until('the source has begun', () => seen.length)
  if (stores[0] !== undefined) stores[0].losesNotifications = true
  t.match(await other.client.responses.cancel(begun.id), { id: begun.id, status: 'cancelled' })
  await until('the source is stopped', () => seen[0]?.aborted === 'stopped')
})

t.test('the SDK openai resumes a stream', async t => {
  const { one, other, steps } = await nodes(t)
  const stream = await one.client.responses.create({ ...background, stream: true })
  let id = ''
  let last = 0
  for await (const event of stream) {
    if (event.type === 'response.created') {
      id = event.response.id
      steps.go()
    }
    last = event.sequence_number
    if (event.type === 'response.output_text.delta') break
  }
  const types: string[] = []
  steps.go()
  steps.go()
  for await (const event of await other.client.responses.retrieve(id, { stream: true, starting_after: last })) {
    types.push(event.type)
  }
  t.equal(types[0], 'response.output_text.delta')
  t.equal(types.at(-1), 'response.completed')
  const helper = other.client.responses.stream({ response_id: id })
  t.equal((await helper.finalResponse()).output_text, 'Hello')
})

t.test('a response in the background that fails says so', async t => {
  for (const stream of [true, false]) {
    const { client, post } = await api(t, () => {
      throw Object.assign(new Error('not so fast'), { status: 429, code: 'slow_down' })
    })
    const begun = await post({ input, background: true, stream })
    t.equal(begun.status, 200)
    if (stream) {
      t.same(
        eventsOf(t, begun).map(({ type }) => type),
        ['response.created', 'response.in_progress', 'error', 'response.failed']
      )
    }
    const [id] = /resp_[0-9a-f]+/.exec(begun.text()) ?? ['']
    await until('the end', async () => (await client.responses.retrieve(id)).status === 'failed')
    t.match(await client.responses.retrieve(id), {
      status: 'failed',
      error: { code: 'rate_limit_exceeded', message: 'not so fast' }
    })
    const url = `${client.baseURL}/responses/${id}?stream=true`
    t.match(eventsOf(t, await fetchAll(url)).at(-1)?.type, 'response.failed')
    t.equal((await fetchAll(`${url}&starting_after=2`)).events().length, 3, 'error and response.failed come together')
    t.equal((await fetchAll(`${url}&starting_after=3`)).text(), '')
    await t.rejects(client.responses.cancel(id), { status: 400, code: 'FST_SSE_NOT_CANCELLABLE' })
  }
})

t.test('a response whose server is lost has failed', async t => {
  const { one, other, steps, stores } = await nodes(t, {}, 200)
  const begun = await one.client.responses.create(background)
  const client = open(`${other.baseURL}/responses/${begun.id}?stream=true`)
  steps.go()
  await client.has('"delta":"Hel"')
  stores[0]?.goDown()
  await client.end()
  t.match(eventsOfLost(client.text()), ['error', 'response.failed'])
  t.match(await other.client.responses.retrieve(begun.id), { status: 'failed', error: { code: 'server_error' } })
  steps.go()
  steps.go()
})

function eventsOfLost(text: string): string[] {
  return (text.match(/^event: .+$/gm) ?? []).map(line => line.replace('event: ', '')).slice(-2)
}

t.test('the server that closes ends a response in the background', async t => {
  const { one, other, seen } = await nodes(t)
  const begun = await one.client.responses.create(background)
  await until('the source has begun', () => seen.length)
  one.app.server.closeAllConnections()
  await one.app.close()
  await until('the end', async () => (await other.client.responses.retrieve(begun.id)).status !== 'in_progress')
  t.match(await other.client.responses.retrieve(begun.id), { status: 'failed' })
})

t.test('only its owner gets, follows, cancels, deletes or continues a response', async t => {
  const owner = (request: { headers: Record<string, unknown> }) => request.headers['x-user'] as string | undefined
  const { one, other, steps } = await nodes(t, { resumable: { owner, anonymous: true } })
  const headers = { 'x-user': 'me' }
  const running = JSON.parse((await one.post({ input, background: true }, headers)).text()).id
  steps.go()
  steps.go()
  steps.go()
  await until('the end', async () => {
    const polled = await fetchAll(`${one.baseURL}/responses/${running}`, { headers })
    return JSON.parse(polled.text()).status === 'completed'
  })
  for (const { baseURL } of [one, other]) {
    const mine = await fetchAll(`${baseURL}/responses/${running}`, { headers })
    t.match(JSON.parse(mine.text()), { id: running })
    for (const headers of [{}, { 'x-user': 'you' }] as Record<string, string>[]) {
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '?stream=true'],
        ['GET', '/input_items'],
        ['POST', '/cancel'],
        ['DELETE', '']
      ] as const) {
        const url = `${baseURL}/responses/${running}${path}`
        const theirs = await fetchAll(url, { method, headers })
        t.equal(theirs.status, 404, `${method} ${path}`)
        t.same(JSON.parse(theirs.text()), {
          error: {
            message: `Response with id '${running}' not found`,
            type: 'invalid_request_error',
            param: null,
            code: null
          }
        })
      }
      const body = { model: 'a', input, previous_response_id: running }
      const continued = await fetchAll(`${baseURL}/responses`, { body, headers })
      t.equal(continued.status, 400)
      t.match(JSON.parse(continued.text()), {
        error: { param: 'previous_response_id', code: 'previous_response_not_found', type: 'invalid_request_error' }
      })
    }
  }
  const followed = await fetchAll(`${other.baseURL}/responses/${running}?stream=true`, { headers })
  t.equal(eventsOf(t, followed).length, 10)
})

t.test('what is not there is 404 in the form of the API', async t => {
  const { client, baseURL } = await api(t, async function* () {
    yield 'Hello'
    return { finishReason: 'stop' }
  })
  const unknown = `resp_${'0'.repeat(32)}`
  const error = { status: 404, code: null }
  for (const id of [unknown, 'resp_1', 'x', '%2F']) {
    await t.rejects(client.responses.retrieve(id), error)
    await t.rejects(client.responses.retrieve(id, { stream: true }), error)
    await t.rejects(client.responses.cancel(id), error)
    await t.rejects(client.responses.delete(id), error)
    await t.rejects(client.responses.inputItems.list(id), error)
  }
  const { id } = await client.responses.create({ model: 'a', input })
  const wrong = await fetchAll(`${baseURL}/responses/${id}?stream=true&starting_after=one`)
  t.equal(wrong.status, 400)
  t.match(JSON.parse(wrong.text()), { error: { param: 'starting_after' } })
  const head = await fetchAll(`${baseURL}/responses/${id}`, { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.text(), '')
})

t.test('a response that was answered at once cannot be followed or cancelled', async t => {
  const { client } = await api(t, async function* () {
    yield 'Hello'
    return { finishReason: 'stop' }
  })
  const { id } = await client.responses.create({ model: 'a', input })
  t.match(await client.responses.retrieve(id), { id, status: 'completed', output_text: 'Hello' })
  await t.rejects(client.responses.retrieve(id, { stream: true }), { status: 404, code: null })
  await t.rejects(client.responses.cancel(id), { status: 400, message: /Cannot cancel a response that is completed/ })
})

t.test('a response that is deleted is found no more, and stops if it runs', async t => {
  const { one, other, seen } = await nodes(t)
  const begun = await one.client.responses.create(background)
  await until('the source has begun', () => seen.length)
  const deleted = await fetchAll(`${other.baseURL}/responses/${begun.id}`, { method: 'DELETE' })
  t.same(JSON.parse(deleted.text()), { id: begun.id, object: 'response', deleted: true })
  await until('the source is stopped', () => seen[0]?.aborted === 'stopped')
  const plain = await api(t, async function* () {
    yield 'Hello'
    return { finishReason: 'stop' }
  })
  const { id } = await plain.client.responses.create({ model: 'a', input })
  await plain.client.responses.delete(id)
  await t.rejects(plain.client.responses.create({ model: 'a', input, previous_response_id: id }), {
    status: 400,
    code: 'previous_response_not_found'
  })
  for (const [client, gone] of [
    [one.client, begun.id],
    [other.client, begun.id],
    [plain.client, id]
  ] as const) {
    await t.rejects(client.responses.retrieve(gone), { status: 404, code: null })
    await t.rejects(client.responses.delete(gone), { status: 404, code: null })
    await t.rejects(client.responses.retrieve(gone, { stream: true }), { status: 404, code: null })
    await t.rejects(client.responses.cancel(gone), { status: 404, code: null })
    await t.rejects(client.responses.inputItems.list(gone), { status: 404, code: null })
    const item = { type: 'item_reference' as const, id: `${gone.replace('resp_', 'msg_')}_0` }
    await t.rejects(client.responses.create({ model: 'a', input: [item] }), { status: 404, code: null })
    await t.rejects(client.responses.create({ model: 'a', input, previous_response_id: gone }), {
      status: 400,
      code: 'previous_response_not_found'
    })
  }
})

t.test('the items of the input are listed', async t => {
  const { client, baseURL } = await api(t, async function* () {
    yield 'Hello'
    return { finishReason: 'stop' }
  })
  const first = await client.responses.create({ model: 'a', input })
  const second = await client.responses.create({
    model: 'a',
    previous_response_id: first.id,
    input: [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { type: 'function_call_output', call_id: '1', output: 'three', id: 'fco_1' }
    ]
  })
  const list = client.responses.inputItems.list(second.id, { order: 'asc', limit: 2 })
  const items: unknown[] = []
  for await (const item of list) items.push(item)
  t.match(items, [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'one' }], id: /^item_.+_0$/ },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'two' }] },
    { type: 'function_call_output', id: 'fco_1' }
  ])
  const newest = (await client.responses.inputItems.list(second.id)) as unknown as { data: unknown[] }
  t.match(newest.data, [{ id: 'fco_1' }, {}, {}])
  const empty = await client.responses.create({ model: 'a', previous_response_id: second.id })
  t.match((await client.responses.inputItems.list(empty.id)).data, [])
  for (const query of ['order=up', 'limit=0', 'limit=a', 'after=x']) {
    const wrong = await fetchAll(`${baseURL}/responses/${first.id}/input_items?${query}`)
    t.equal(wrong.status, 400)
    t.match(JSON.parse(wrong.text()).error.param, query.split('=')[0])
  }
})
