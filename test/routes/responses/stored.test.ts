import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { MemoryStore } from '../../../plugin/index.js'
import { RedisStore } from '../../../plugin/stores/redis/redis-store.js'
import { type Generate, type GenerateRequest, responsesRoutes } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { redisServer } from '../../helpers/redis-server.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'
import { api, eventsOf } from './api.js'

/** Answers `Hello` with a thought and a call, and keeps what it was asked. */
function greeter() {
  const seen: GenerateRequest[] = []
  const generate: Generate = async function* (request) {
    seen.push(request)
    yield { type: 'reasoning', text: 'Hm.' }
    yield 'Hello'
    yield { type: 'tool-call', id: '1', name: 'f', arguments: '{}' }
    return { finishReason: 'stop' }
  }
  return { generate, seen }
}

const input = 'hi'
const answer = {
  role: 'assistant',
  content: [
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'Hello' },
    { type: 'tool-call', id: '1', name: 'f', arguments: '{}' }
  ]
}

t.test('a conversation goes on over many responses, without its earlier instructions', async t => {
  const { generate, seen } = greeter()
  const { client } = await api(t, generate)
  let previous_response_id: string | undefined
  for (let turn = 1; turn <= 3; turn++) {
    const body = {
      model: 'a',
      input: `turn ${turn}`,
      instructions: `instruct ${turn}`,
      ...(previous_response_id && { previous_response_id })
    }
    const response = await client.responses.create(body)
    t.equal(response.previous_response_id, previous_response_id ?? null)
    previous_response_id = response.id
  }
  t.same(seen[2]?.messages, [
    { role: 'system', content: 'instruct 3' },
    { role: 'user', content: 'turn 1' },
    answer,
    { role: 'user', content: 'turn 2' },
    answer,
    { role: 'user', content: 'turn 3' }
  ])
})

t.test('items of earlier responses are referred to by their ids', async t => {
  const { generate, seen } = greeter()
  const { client, post } = await api(t, generate)
  const { output } = await client.responses.create({ model: 'a', input })
  const [reasoning, message, call] = output.map(({ id }) => id)
  const items = [
    { role: 'user', content: input },
    { type: 'item_reference', id: reasoning },
    { id: message },
    { type: 'item_reference', id: call },
    { type: 'function_call_output', call_id: '1', output: 'done' }
  ]
  const { id } = JSON.parse((await post({ input: items })).text())
  const messages = [{ role: 'user', content: 'hi' }, answer, { role: 'tool', toolCallId: '1', content: 'done' }]
  t.same(seen[1]?.messages, messages)
  await post({ input: 'on', previous_response_id: id })
  t.same(seen[2]?.messages, [...messages, answer, { role: 'user', content: 'on' }], 'they are stored themselves')
})

t.test('an item that is not there is 404 in the form of the API', async t => {
  const { generate } = greeter()
  const { client, post } = await api(t, generate)
  const { output, id } = await client.responses.create({ model: 'a', input })
  const other = await client.responses.create({ model: 'a', input, store: false })
  t.match(other, { store: false })
  await t.rejects(client.responses.retrieve(other.id), { status: 404, code: null })
  const name = id.replace('resp_', '')
  for (const item of [
    `msg_${name}_3`,
    `msg_${'0'.repeat(32)}_0`,
    'msg_1',
    'x',
    other.output[0]?.id,
    `${output[0]?.id}x`
  ]) {
    const refused = await post({ input: [{ type: 'item_reference', id: item }] })
    t.equal(refused.status, 404)
    t.same(JSON.parse(refused.text()), {
      error: {
        message: `Item with id '${item}' not found; send the item itself instead`,
        type: 'invalid_request_error',
        param: 'input',
        code: null
      }
    })
  }
})

t.test('a response that cannot be continued is refused', async t => {
  const { generate, seen } = greeter()
  const { client, post } = await api(t, generate, {}, { plugin: { store: new MemoryStore({ keep: 1 }) } })
  const { id } = await client.responses.create({ model: 'a', input })
  await until('it expires', async () => (await post({ input, previous_response_id: id })).status === 400)
  for (const previous_response_id of [id, 'resp_1', 'x']) {
    const refused = await post({ input, previous_response_id, stream: true })
    t.equal(refused.status, 400)
    t.same(JSON.parse(refused.text()), {
      error: {
        message: `Previous response with id '${previous_response_id}' not found`,
        type: 'invalid_request_error',
        param: 'previous_response_id',
        code: 'previous_response_not_found'
      }
    })
  }
  t.ok(seen.length >= 1)
})

t.test('a conversation that has become too long is refused', async t => {
  const { generate } = greeter()
  const { client, post } = await api(t, generate, { maxMessages: 5 })
  const { id } = await client.responses.create({ model: 'a', input })
  t.equal((await post({ input, previous_response_id: id })).status, 200)
  const refused = await post({
    input: [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' }
    ],
    previous_response_id: id
  })
  t.equal(refused.status, 400)
  t.match(JSON.parse(refused.text()), { error: { param: 'previous_response_id', message: /up to 5 items together/ } })
})

t.test('a response that is too large for the store is answered, and not stored', async t => {
  const { generate } = greeter()
  const { client, log } = await api(t, generate, {}, { plugin: { store: new MemoryStore({ maxBytes: 3000 }) } })
  const small = await client.responses.create({ model: 'a', input })
  t.equal((await client.responses.retrieve(small.id)).id, small.id)
  const large = await client.responses.create({ model: 'a', input: 'ä'.repeat(2000) })
  t.equal(large.output_text, 'Hello')
  await t.rejects(client.responses.retrieve(large.id), { status: 404, code: null })
  t.match(
    log.find(({ level }) => level === 40),
    { id: large.id, maxBytes: 3000, msg: /too large to be stored/ }
  )
})

t.test('a server that stores nothing refuses what needs it', async t => {
  const { generate } = greeter()
  const { client, post } = await api(t, generate, { resumable: false })
  const response = await client.responses.create({ model: 'a', input })
  const { id, output } = response
  t.match(response, { store: false })
  t.equal(eventsOf(t, await post({ input, stream: true })).at(-1)?.response.store, false)
  await t.rejects(client.responses.create({ model: 'a', input, background: true }), {
    status: 400,
    message: /background is not supported/
  })
  await t.rejects(client.responses.create({ model: 'a', input, previous_response_id: id }), {
    status: 400,
    code: 'previous_response_not_found'
  })
  t.equal((await post({ input: [{ type: 'item_reference', id: output[0]?.id }] })).status, 404)
  await t.rejects(client.responses.retrieve(id), { status: 404, code: 'FST_SSE_PATH_UNKNOWN' })
})

t.test('a stream that is no response is not found', async t => {
  const id = `resp_${'0'.repeat(32)}`
  const { url } = await serve(t, async app => {
    await app.register(responsesRoutes, { generate: greeter().generate, models: ['a'] })
    app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { id } }))
  })
  await fetchAll(url)
  for (const path of ['', '?stream=true']) {
    t.equal((await fetchAll(`${url}/v1/responses/${id}${path}`)).status, 404)
  }
})

t.test('wrong options are refused', async t => {
  for (const [options, message] of [
    [{ generate: 1 }, /generate/],
    [{ models: [] }, /models/],
    [{ models: 'a' }, /models/],
    [{ models: [''] }, /models/],
    [{ maxMessages: 0 }, /maxMessages/]
  ] as const) {
    await t.rejects(api(t, greeter().generate, options as never), { code: 'FST_SSE_OPTION_INVALID', message })
  }
})

t.test('any model may be asked for where the option says so', async t => {
  const { client } = await api(t, greeter().generate, { anyModel: true })
  t.equal((await client.responses.create({ model: 'x/y', input })).model, 'x/y')
})

t.test('the owner of a request is asked for once', async t => {
  let calls = 0
  const owner = async () => {
    calls++
    return 'me'
  }
  const { client } = await api(t, greeter().generate, { resumable: { owner } })
  const { id } = await client.responses.create({ model: 'a', input })
  t.equal(calls, 1)
  await client.responses.create({ model: 'a', input, previous_response_id: id, background: true })
  t.equal(calls, 2)
  await client.responses.retrieve(id)
  t.equal(calls, 3)
})

t.test('responses are found on every server, by way of Redis', async t => {
  const redis = await redisServer(t)
  const { generate, seen } = greeter()
  const [one, other] = await Promise.all([redisApi(t, redis.port, generate), redisApi(t, redis.port, generate)])
  const first = await one.client.responses.create({ model: 'a', input })
  t.same(await other.client.responses.retrieve(first.id), first)
  const stream = other.client.responses.stream({ model: 'a', input: 'on', previous_response_id: first.id })
  const second = await stream.finalResponse()
  t.same(seen[1]?.messages, [{ role: 'user', content: 'hi' }, answer, { role: 'user', content: 'on' }])
  const begun = await one.client.responses.create({
    model: 'a',
    input,
    background: true,
    previous_response_id: second.id
  })
  const followed = await fetchAll(`${other.baseURL}/responses/${begun.id}?stream=true`)
  t.match(eventsOf(t, followed).at(-1), { type: 'response.completed', response: { id: begun.id } })
  await one.client.responses.delete(begun.id)
  await t.rejects(other.client.responses.retrieve(begun.id), { status: 404, code: null })
})

function redisApi(t: Test, port: number, generate: Generate) {
  const client = new Redis(port)
  const subscriber = client.duplicate()
  t.teardown(() => {
    client.disconnect()
    subscriber.disconnect()
  })
  return api(t, generate, {}, { plugin: { store: new RedisStore({ client, subscriber }) } })
}

t.test('what is kept of a response is no stream that a client can name, read or forge', async t => {
  const { generate } = greeter()
  const { app, client, url, post } = await api(t, generate, {}, { plugin: { resumable: true } }, app => {
    app.get<{ Params: { id: string } }>('/streams/:id', ({ params }, reply) => reply.sseResume(params.id))
    app.get<{ Params: { id: string }; Querystring: { text: string } }>('/named/:id', ({ params, query }, reply) =>
      reply.sseFrom(() => [query.text], { resumable: { id: params.id } })
    )
  })
  const { id } = await client.responses.create({ model: 'a', input: 'a secret' })
  for (const name of [`stored_${id}`, `record.stored_${id}`, `stored.${id}`]) {
    const status = (await fetchAll(`${url}/streams/${name}`)).status as number
    t.ok(status >= 400 && status < 500, `${name} is ${status}`)
    t.equal(await app.sseStreams.read(name), undefined)
  }

  const item = { type: 'message', role: 'assistant', content: 'forged' }
  const forgeries = [
    'hello',
    '{',
    'null',
    '[]',
    '5',
    '{"response":null}',
    '{"sequence_number":0,"response":5}',
    '{"sequence_number":"0","response":{"id":"x","status":"completed","output":[]}}',
    '{"sequence_number":0,"response":{"id":"x"}}',
    JSON.stringify({ response: { output: [item] }, items: [item], inputCount: 1 })
  ]
  for (const [n, text] of forgeries.entries()) {
    const forged = `resp_${String(n).padStart(32, '0')}`
    for (const name of [forged, `stored_${forged}`]) {
      t.equal((await fetchAll(`${url}/named/${name}?text=${encodeURIComponent(text)}`)).status, 200)
    }
    t.notOk(await app.sseStreams.read(`record.stored_${forged}`))
    for (const path of ['', '/input_items', '?stream=true']) {
      t.equal((await fetchAll(`${url}/v1/responses/${forged}${path}`)).status, 404, `${text} at ${path}`)
    }
    t.equal((await post({ input, previous_response_id: forged })).status, 400, text)
  }
})
