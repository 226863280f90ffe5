import t, { type Test } from 'tap'
import { anthropicRoutes, type GenerateRequest, openAiRoutes, responsesRoutes } from '../../../routes/index.js'
import { type Client, fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { agents } from './agents.js'
import { chats } from './chats.js'
import type { Recorded } from './recorded.js'

/** A server with all the APIs of a gateway, and what its model was asked. */
async function gateway(t: Test) {
  const asked: GenerateRequest[] = []
  const models = ['demo']
  const generate = async function* (request: GenerateRequest) {
    asked.push(request)
    yield { type: 'reasoning' as const, text: 'I think.' }
    yield '{"title":'
    yield '"Marzipan"}'
    return { finishReason: 'stop' as const }
  }
  const { url } = await serve(t, async app => {
    await app.register(openAiRoutes, { generate, models })
    await app.register(responsesRoutes, { generate, models })
    await app.register(anthropicRoutes, { generate })
  })
  return { url, asked }
}

/** The text of a whole answer, and the last event of one that is streamed. */
function answerOf({ body }: Recorded, client: Client): { text: string; last?: string } {
  if (body.stream !== true) return { text: JSON.parse(client.text()).choices[0].message.content }
  const events = client.events()
  const data = events.flatMap(({ data }) => (data === '[DONE]' ? [] : [JSON.parse(data)]))
  const texts = data.map(event => {
    const { type, delta } = event
    if (type === 'response.output_text.delta') return delta
    if (type === 'content_block_delta') return delta.text
    return event.choices?.[0]?.delta.content
  })
  const last = events.at(-1)
  return { text: texts.join(''), last: last?.event ?? last?.data ?? '' }
}

/** How each API ends a stream. */
const ends: Record<string, string> = {
  '/v1/chat/completions': '[DONE]',
  '/v1/responses': '[DONE]',
  '/v1/messages': 'message_stop'
}

for (const { client, models, requests } of [...chats, ...agents]) {
  t.test(`${client} is answered, whatever it sends`, async t => {
    const { url, asked } = await gateway(t)
    if (models !== undefined) {
      const list = await fetchAll(url + models.path, { headers: models.headers })
      t.equal(list.status, 200)
      t.match(JSON.parse(list.text()), { object: 'list', data: [{ id: 'demo', object: 'model' }] })
    }
    for (const recorded of requests) {
      const { name, path, headers = {}, body } = recorded
      const answer = await fetchAll(url + path, { headers, body })
      t.equal(answer.status, 200, answer.status === 200 ? name : answer.text())
      t.equal(answer.ended, 'clean')
      const isStream = body.stream === true
      t.match(answer.headers, { 'content-type': isStream ? 'text/event-stream' : /^application\/json/ })
      const { text, last } = answerOf(recorded, answer)
      t.equal(text, '{"title":"Marzipan"}', name)
      t.equal(last, isStream ? ends[path.split('?')[0] as string] : undefined, name)
      t.match(asked.at(-1), { model: body.model, ...recorded.asked }, name)
    }
    t.equal(asked.length, requests.length)
  })
}
