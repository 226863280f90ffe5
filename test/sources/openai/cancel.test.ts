import { getEventListeners } from 'node:events'
import t, { type Test } from 'tap'
import { open } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import { ask, chunkOf, DONE, muteServer, STOP, serveSource, whole } from './harness.js'

for (const stage of ['thinking', 'streaming']) {
  t.test(`closes the connection to the provider when a client leaves while it is ${stage}`, async t => {
    const provider = await openAiServer(t, call => {
      if (stage === 'streaming') call.token('token')
    })
    const { url } = await serveSource(t, { baseURL: provider.url }, { onDisconnect: 'abort' })
    const client = open(`${url}/stream?prompt=hi`)
    await until('the provider is asked', () => provider.calls.length)
    if (stage === 'streaming') await client.has('token')
    t.notOk(provider.calls[0]?.closed)
    client.leave()
    await until('the connection is closed', () => provider.calls[0]?.closed)
    t.pass()
  })
}

t.test('asks again over the same connection, also where the end comes after the mark', async t => {
  const tokens: string[] = []
  const provider = await openAiServer(t, async ({ write, response }) => {
    write(chunkOf('a') + STOP + DONE)
    await until('the reader is at the mark', () => tokens.includes('a'))
    response.end(': bye\n\n')
  })
  for (let count = 0; count < 10; count++) {
    tokens.length = 0
    await whole(ask({ baseURL: provider.url }), tokens)
  }
  t.equal(provider.calls.length, 10)
  // Fetch opens a second one where the first has not yet noticed that it is free.
  t.ok(new Set(provider.calls.map(({ port }) => port)).size <= 2)
})

t.test('asks nothing for a client that has left already', async t => {
  const provider = await openAiServer(t, call => call.finish())
  const reason = new Error('left')
  await t.rejects(whole(ask({ baseURL: provider.url }, AbortSignal.abort(reason))), reason)
  await whole(ask({ baseURL: provider.url }))
  t.equal(provider.calls.length, 1)
})

t.test('ends at once when it is aborted while connecting', async t => {
  const { sockets, port } = await muteServer(t)
  const client = new AbortController()
  const first = ask({ baseURL: `https://127.0.0.1:${port}` }, client.signal).next()
  await until('it connects', () => sockets.size)
  const reason = new Error('left')
  client.abort(reason)
  await t.rejects(first, reason)
})

t.test('closes the connection at once when it is aborted while the provider stalls', async t => {
  for (const stage of ['before the head', 'after the head', 'after a token']) {
    const provider = await openAiServer(t, ({ response, write }) => {
      if (stage === 'before the head') return
      write(': one moment\n\n')
      if (stage === 'after a token') response.write(chunkOf('a'))
    })
    const client = new AbortController()
    const answer = ask({ baseURL: provider.url }, client.signal)
    if (stage === 'after a token') t.equal((await answer.next()).value, 'a')
    const next = answer.next()
    await until('it is asked', () => provider.calls.length)
    t.notOk(provider.calls[0]?.closed)
    const reason = new Error('left')
    client.abort(reason)
    await t.rejects(next, reason, stage)
    await until('the connection is closed', () => provider.calls[0]?.closed)
  }
})

/** A provider that sends tokens as long as it is connected. */
function endlessProvider(t: Test) {
  return openAiServer(t, call => until('the connection is closed', () => call.closed || call.token('token')))
}

t.test('closes the connection when it is aborted while tokens flow', async t => {
  const provider = await endlessProvider(t)
  const client = new AbortController()
  const answer = ask({ baseURL: provider.url }, client.signal)
  for (let count = 0; count < 3; count++) t.equal((await answer.next()).value, 'token')
  const reason = new Error('left')
  client.abort(reason)
  await t.rejects(whole(answer), reason)
  await until('the connection is closed', () => provider.calls[0]?.closed)
})

t.test('closes the connection when its reader returns between two tokens', async t => {
  const provider = await endlessProvider(t)
  const answer = ask({ baseURL: provider.url })
  for (let count = 0; count < 3; count++) t.equal((await answer.next()).value, 'token')
  t.notOk(provider.calls[0]?.closed)
  await answer.return({ finishReason: 'unknown' })
  await until('the connection is closed', () => provider.calls[0]?.closed)
})

t.test('leaves nothing behind on a signal that outlives the answer', async t => {
  const provider = await openAiServer(t, call => call.finish())
  const { signal } = new AbortController()
  const answer = ask({ baseURL: provider.url }, signal)
  const first = answer.next()
  t.equal(getEventListeners(signal, 'abort').length, 1)
  await first
  t.equal(getEventListeners(signal, 'abort').length, 0)
})
