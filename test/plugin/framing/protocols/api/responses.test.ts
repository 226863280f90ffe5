import t from 'tap'
import { ResponseBuilder, type ResponseHead, ResponseStep, responses, unseal } from '../../../../../plugin/toolkit.js'
import { fetchAll } from '../../../../helpers/client.js'
import { serve } from '../../../../helpers/server.js'

const head: ResponseHead = { id: 'resp_1', object: 'response', created_at: 1, model: 'a', background: false }
const failure = { statusCode: 503, code: 'GONE', message: 'Service Unavailable' }

/** The type and the number of each event. */
const typesOf = (events: readonly { data?: unknown }[]) =>
  events.map(({ data }) => {
    const { type, sequence_number } = data as { type?: string; sequence_number?: number }
    return type === undefined ? data : `${sequence_number} ${type}`
  })

t.test('a source that knows nothing of steps is framed too', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* () {
          yield 'Hello'
          return { finishReason: 'stop' }
        },
        { protocol: responses(new ResponseBuilder(head)) }
      )
    )
  })
  const events = (await fetchAll(url)).events()
  t.equal(events.length, 10)
  t.equal(events.at(0)?.event, 'response.created')
  t.match(JSON.parse(events.at(-2)?.data ?? ''), {
    type: 'response.completed',
    sequence_number: 8,
    response: { id: 'resp_1', output: [{ id: 'msg_1_0' }] }
  })
  t.ok(events.every(({ id }) => id === undefined))
})

t.test('the beginning is a step of its own, which comes once', async t => {
  const builder = new ResponseBuilder({ ...head, background: true })
  const stream = responses(builder).start()
  const begun = stream.item(new ResponseStep()) as object[]
  t.same(typesOf(begun), ['0 response.created', '1 response.in_progress'])
  t.match(begun, [{ data: { response: { status: 'queued' } } }, { data: { response: { status: 'in_progress' } } }])
  t.same(stream.item(new ResponseStep()), [])
  t.equal(builder.response.status, 'in_progress')
})

t.test('an error of one client changes nothing for the others', async t => {
  const builder = new ResponseBuilder(head)
  const protocol = responses(builder)
  const stream = protocol.start()
  const before = ['0 response.created', '1 response.in_progress']
  const failed = [...before, '2 error', '3 response.failed', '[DONE]']
  t.same(typesOf(protocol.start().error(failure) as object[]), failed)
  t.same(typesOf(protocol.start().error(failure) as object[]), failed)
  stream.item('Hello')
  t.same(typesOf(protocol.start().error(failure) as object[]), ['5 error', '6 response.failed', '[DONE]'])
  const stopped = protocol.start().stopped?.() as object[]
  t.same(typesOf(stopped), ['5 response.incomplete', '[DONE]'])
  t.match(stopped[0], { data: { response: { status: 'cancelled', output: [{ status: 'incomplete' }] } } })
  t.same(typesOf(stream.item(new ResponseStep({ finishReason: 'stop' })) as object[]), [
    '5 response.output_text.done',
    '6 response.content_part.done',
    '7 response.output_item.done'
  ])
  t.same(typesOf(stream.end({ finishReason: 'stop' }) as object[]), ['8 response.completed', '[DONE]'])
})

t.test('a response whose events another server sends goes on with their numbers', async t => {
  const followed = responses(new ResponseBuilder(head, 7)).start()
  t.same(typesOf(followed.error(failure) as object[]), ['7 error', '8 response.failed', '[DONE]'])
})

t.test('a part that is none is refused', async t => {
  const stream = responses(new ResponseBuilder(head)).start()
  t.throws(() => stream.item({ type: 'video' } as never), { code: 'FST_SSE_EVENT_INVALID' })
  t.throws(() => stream.end({ finishReason: 'tired' }), { code: 'FST_SSE_EVENT_INVALID' })
})

t.test('what is no seal of ours is encrypted reasoning', async t => {
  t.same(unseal('signature'), { encrypted: 'signature' })
  t.same(unseal('signature:ä'), { encrypted: 'signature:ä' })
  t.same(unseal(''), { encrypted: '' })
})
