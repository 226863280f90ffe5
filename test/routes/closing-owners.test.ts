import t, { type Test } from 'tap'
import { type ActiveStreams, agUiRoutes, chatRoutes, responsesRoutes, streamRoutes } from '../../routes/index.js'
import { open } from '../helpers/client.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

const message = { id: 'm', role: 'user', content: 'hi', parts: [{ type: 'text', text: 'hi' }] }
const agent = { threadId: 't', runId: 'r', messages: [message], tools: [], context: [], state: {}, forwardedProps: {} }
const responses = { model: 'a', input: 'hi' }
const byId = `/v1/responses/resp_${'a'.repeat(32)}`

/** Every request that has an owner. */
const requests: Record<string, { body?: object; headers?: Record<string, string> }> = {
  'GET /stream?prompt=hi': {},
  'GET /stream?prompt=hi as JSON': { headers: { accept: 'application/json' } },
  'POST /stream': { body: { prompt: 'hi' } },
  'GET /stream/abc': {},
  'DELETE /stream/abc': {},
  'POST /api/chat': { body: { id: 'c', messages: [message] } },
  'GET /api/chat/c/stream': {},
  'DELETE /api/chat/c/stream': {},
  'POST /agent': { body: agent },
  'GET /agent/t/stream': {},
  'DELETE /agent/t/stream': {},
  'POST /v1/responses': { body: responses },
  'POST /v1/responses as events': { body: { ...responses, stream: true } },
  'POST /v1/responses in the background': { body: { ...responses, background: true } },
  [`GET ${byId}`]: {},
  [`GET ${byId}?stream=true`]: {},
  [`POST ${byId}/cancel`]: { body: {} },
  [`DELETE ${byId}`]: {},
  [`GET ${byId}/input_items`]: {}
}

/** Serves every ready route, with something that hangs. */
async function hanging(t: Test, what: 'owner' | 'get') {
  let asked = 0
  const hang = () => {
    asked++
    return new Promise<never>(() => {})
  }
  const activeStreams: ActiveStreams = { get: hang, set() {}, delete() {} }
  const served = await serve(
    t,
    async app => {
      const generate = async function* () {
        yield 'a'
        return { finishReason: 'stop' as const }
      }
      const options = { generate, resumable: { owner: what === 'owner' ? hang : () => 'ann' } }
      await app.register(streamRoutes, options)
      for (const routes of [chatRoutes, agUiRoutes]) await app.register(routes, { ...options, activeStreams })
      await app.register(responsesRoutes, { ...options, models: ['a'] })
    },
    { plugin: { drainTimeout: 1 } }
  )
  return { ...served, asked: () => asked }
}

function ask(url: string, name: string) {
  const [method, path] = name.split(' ') as [string, string]
  return open(`${url}${path}`, { ...requests[name], method })
}

for (const name of Object.keys(requests)) {
  t.test(`a hanging owner does not keep the server from closing: ${name}`, async t => {
    const { app, url, asked } = await hanging(t, 'owner')
    const client = ask(url, name)
    await until('the owner is asked for', () => asked() === 1)
    await app.close()
    await client.end()
    if (client.status === 200) t.match(client.text(), /^retry: \d+\n$/)
    else t.equal(client.status, 503)
    if (client.status === 503) t.match(client.headers['retry-after'], /^[1-5]$/)
  })
}

for (const name of Object.keys(requests).filter(each => /^(GET|DELETE) \/(api|agent)/.test(each))) {
  t.test(`activeStreams that hang do not keep the server from closing: ${name}`, async t => {
    const { app, url, asked } = await hanging(t, 'get')
    const client = ask(url, name)
    await until('the stream is asked for', () => asked() === 1)
    await app.close()
    await client.end()
    t.equal(client.status, 503)
  })
}

t.test('a client that leaves before its owner is known is no error', async t => {
  const { url, log, asked } = await hanging(t, 'owner')
  const client = ask(url, 'POST /api/chat')
  await until('the owner is asked for', () => asked() === 1)
  client.leave()
  await until('it is logged', () => log.some(({ msg }) => msg === 'client left'))
  t.same(
    log.filter(({ level }) => level > 30),
    []
  )
})
