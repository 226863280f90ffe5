import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import { ask, limit, muteServer, serveSource, serveWith, whole } from './harness.js'

t.test('answers 502 where no provider listens', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  const url = await serveWith(t, { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` })
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.equal(client.status, 502)
  t.match(JSON.parse(client.text()), { code: 'FST_SSE_PROVIDER_LOST' })
})

t.test('answers 502 where the provider does not begin its answer in time', async t => {
  const provider = await openAiServer(t, () => {})
  const { url } = await serveSource(t, { baseURL: provider.url, timeout: 20 })
  const client = await fetchAll(`${url}/stream?prompt=hi`)
  t.equal(client.status, 502)
  t.match(JSON.parse(client.text()), { message: 'the model provider did not answer in time' })
})

t.test('cuts no answer that has begun in time, however long it takes', async t => {
  const timeout = 100
  let isOver = false
  const provider = await openAiServer(t, async call => {
    if (provider.calls.length === 2) return
    call.write(': one moment\n\n')
    await until('another answer was given up', () => isOver)
    for (const token of ['a', 'b']) call.token(token)
    call.finish()
  })
  const long = whole(ask({ baseURL: provider.url, timeout }))
  await until('it has begun', () => provider.calls[0]?.response.headersSent)
  const stalled = whole(ask({ baseURL: provider.url, timeout: timeout * 2 }))
  await t.rejects(stalled, { code: 'FST_SSE_PROVIDER_LOST', message: 'the model provider did not answer in time' })
  isOver = true
  t.match(await long, { tokens: ['a', 'b'], finishReason: 'stop' })
})

t.test('waits for as long as it is told to, not for as long as fetch does', async t => {
  limit(t, { headersTimeout: 50, bodyTimeout: 50 })
  for (const stage of ['head', 'body']) {
    let isOver = false
    const provider = await openAiServer(t, async call => {
      if (stage === 'body') call.write(': one moment\n\n')
      await until('fetch has given up', () => isOver)
      call.token('a')
      call.finish()
    })
    const answer = whole(ask({ baseURL: provider.url }))
    await until('it is asked', () => provider.calls.length)
    const plain = fetch(provider.url, { method: 'POST', body: '{}' }).then(response => response.text())
    await t.rejects(plain, { cause: { code: `UND_ERR_${stage === 'head' ? 'HEADERS' : 'BODY'}_TIMEOUT` } })
    isOver = true
    t.match(await answer, { tokens: ['a'], finishReason: 'stop' })
  }
})

t.test('says that it was not in time where connecting takes too long', async t => {
  limit(t, { connect: { timeout: 50 } })
  const { port } = await muteServer(t)
  await t.rejects(whole(ask({ baseURL: `https://127.0.0.1:${port}` })), {
    code: 'FST_SSE_PROVIDER_LOST',
    message: 'the model provider did not answer in time',
    cause: { cause: { code: 'UND_ERR_CONNECT_TIMEOUT' } }
  })
})
