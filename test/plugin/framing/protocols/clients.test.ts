import t, { type Test } from 'tap'
import type { PluginOptions, StreamOptions, StreamSummary } from '../../../../plugin/index.js'
import { recordingFetch } from '../../../helpers/recording-fetch.js'
import { node, type SteppedSource } from '../../../helpers/stepped.js'
import { until } from '../../../helpers/until.js'
import { clients, type ProtocolClient } from './clients.js'

const slowDown = () => Object.assign(new Error('not so fast'), { status: 429, code: 'slow_down' })

for (const [name, client] of Object.entries(clients)) {
  for (const resumable of [false, true]) {
    t.test(`${name}${resumable ? ', of a resumable stream' : ''}`, async t => {
      t.test('gets each token at once, and ignores heartbeats, retry and ids', async t => {
        const { texts, source, wire, outcome } = await ask(t, client, resumable, { heartbeat: 1, retry: 5 })
        source.give(...client.opening)
        for (const text of ['Hel', 'lo\n', '👋']) {
          source.give(client.token(text))
          t.equal((await texts.next()).value, text)
          const silent = wire.text().length
          await until('heartbeats', () => wire.text().slice(silent).includes(':\n:\n'))
        }
        source.give(...client.closing, undefined)
        t.same(await texts.next(), { value: undefined, done: true })
        t.match(wire.text(), /^retry: 5\n/m)
        if (resumable) t.match(wire.text(), /^id: .+:1\n/m)
        else t.match(wire.text(), client.last)
        t.equal(await outcome(), 'complete')
      })

      t.test('throws an error that occurs midway, and does not see a complete answer', async t => {
        const { texts, source, wire } = await ask(t, client, resumable)
        source.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        source.give(slowDown())
        t.match(await thrownBy(texts.next()), client.failed)
        await until('the error', () => wire.text().endsWith('}\n\n'))
        t.notMatch(wire.text(), client.last)
      })

      t.test('gets the status of an error that occurs before the first event', async t => {
        const { texts, source } = await ask(t, client, resumable)
        source.give(slowDown())
        t.match(await thrownBy(texts.next()), client.refused)
      })

      t.test('throws when the server breaks the response off', async t => {
        const { texts, source, app } = await ask(t, client, resumable, {}, { drainTimeout: 0 })
        source.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        const next = t.rejects(texts.next())
        await app.close()
        await next
      })

      if (client.protocol === 'events') return
      t.test('stops the source when it leaves', async t => {
        const { texts, source, leave } = await ask(t, client, resumable && { onDisconnect: 'abort' })
        source.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        leave()
        await until('the signal of the source', () => source.aborted)
        texts.next().catch(() => {})
      })

      t.test('throws when the source ends too early', async t => {
        const { texts, source, wire } = await ask(t, client, resumable)
        source.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        source.give(undefined)
        await t.rejects(texts.next(), { message: /Bad Gateway/ })
        t.notMatch(wire.text(), client.last)
      })
    })
  }
}

/** Makes a client request an answer. Returns what it reads, and the source behind it. */
async function ask(
  t: Test,
  client: ProtocolClient,
  resumable: boolean | { onDisconnect: 'abort' },
  stream: StreamOptions<unknown> = {},
  plugin: PluginOptions = {}
) {
  const summaries: StreamSummary[] = []
  const options = { ...stream, protocol: client.protocol, onClose: (summary: StreamSummary) => summaries.push(summary) }
  const { url, sources, app } = await node(t, { plugin, resumable, path: '/*', stream: options })
  const recording = recordingFetch()
  const leaving = new AbortController()
  const iterator = client.read(url, recording.fetch, leaving.signal)[Symbol.asyncIterator]()
  // Most clients send the request only when they are read.
  let first: Promise<IteratorResult<string>> | undefined = iterator.next()
  first.catch(() => {})
  await Promise.race([until('the source was started', () => sources.length > 0), first])
  t.teardown(() => leaving.abort())
  return {
    app,
    source: sources[0] as SteppedSource,
    wire: recording,
    leave: () => leaving.abort(),
    outcome: async () => {
      await until('the end of the response', () => summaries.length > 0)
      return summaries[0]?.outcome
    },
    texts: {
      next: () => {
        const next = first ?? iterator.next()
        first = undefined
        return next
      }
    }
  }
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it threw nothing')
}
