import { DefaultChatTransport } from 'ai'
import t from 'tap'
import type { StreamOptions, StreamSummary } from '../../../../plugin/index.js'
import { fetchAll } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

const protocols = ['events', 'openai', 'anthropic', 'ai-sdk', 'ag-ui'] as const

for (const owner of [undefined, () => 'me']) {
  for (const protocol of protocols) {
    const isAiSdk = protocol === 'ai-sdk'
    t.test(`kind: nothing to resume (${protocol}, ${owner ? 'with' : 'without'} an owner)`, async t => {
      const outcomes: StreamSummary['outcome'][] = []
      const { url } = await serve(t, app => {
        app.get<{ Params: { id: string } }>('/:id', ({ params }, reply) =>
          reply.sseResume(params.id, { protocol, owner, onClose: ({ outcome }) => outcomes.push(outcome) })
        )
        app.get('/begin/other', (_request, reply) =>
          reply.sseFrom(() => ['a'], { resumable: { id: 'other-protocol', ...(owner && { owner }) } })
        )
        app.get('/begin/theirs', (_request, reply) =>
          reply.sseFrom(() => [], {
            protocol,
            isComplete: () => false,
            resumable: { id: 'theirs', owner: () => 'you' }
          })
        )
      })
      await fetchAll(`${url}/begin/other`)
      await fetchAll(`${url}/begin/theirs`)
      const missing = owner ? 404 : 410
      for (const id of [
        'none',
        'a'.repeat(100),
        'x_-1',
        'theirs',
        ...(protocol === 'events' ? [] : ['other-protocol'])
      ]) {
        const client = await fetchAll(`${url}/${id}`)
        // Where owners are told apart, a stream of another protocol is there all the same.
        t.ok(
          isAiSdk ? client.status === 204 : [missing, 410].includes(client.status as number),
          `${id} ${client.status}`
        )
        if (isAiSdk) t.equal(client.text(), '')
      }
      await until('every summary', () => outcomes.length === (protocol === 'events' ? 4 : 5))
      t.same(new Set(outcomes), new Set([isAiSdk ? 'skipped' : 'error']))
      t.equal((await fetchAll(`${url}/a.b`)).status, 400, 'a malformed id')
      const headers = { 'last-event-id': 'none:7' }
      t.equal((await fetchAll(`${url}/none`, { headers })).status, isAiSdk ? 204 : missing, 'with a Last-Event-ID')
    })
  }
}

t.test('kind: nothing to resume, for the chat transport of the AI SDK, is no error', async t => {
  const { url } = await serve(t, app => {
    const options: { protocol: StreamOptions['protocol'] } = { protocol: 'ai-sdk' }
    app.get<{ Params: { id: string } }>('/chat/:id/stream', ({ params }, reply) => reply.sseResume(params.id, options))
  })
  const transport = new DefaultChatTransport({ api: `${url}/chat` })
  t.equal(await transport.reconnectToStream({ chatId: 'none' }), null)
})
