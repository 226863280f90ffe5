import t, { type Test } from 'tap'
import type { PluginOptions, StreamOptions, StreamSummary } from '../../../../plugin/index.js'
import { node, type Run } from '../../../helpers/stepped.js'
import { until } from '../../../helpers/until.js'
import { wire } from '../../../helpers/wire.js'
import { clients, type ProtocolClient } from './clients.js'

const slowDown = () => Object.assign(new Error('not so fast'), { status: 429, code: 'slow_down' })

for (const [name, client] of Object.entries(clients)) {
  for (const resumable of [false, true]) {
    t.test(`${name}${resumable ? ', of a resumable stream' : ''}`, async t => {
      t.test('gets each token as it comes, past heartbeats, retry and ids', async t => {
        const { texts, run, wire, outcome } = await ask(t, client, resumable, { heartbeat: 1, retry: 5 })
        run.give(...client.opening)
        for (const text of ['Hel', 'lo\n', '👋']) {
          run.give(client.token(text))
          t.equal((await texts.next()).value, text)
          const silent = wire.text().length
          await until('heartbeats', () => wire.text().slice(silent).includes(':\n:\n'))
        }
        run.give(...client.closing, undefined)
        t.same(await texts.next(), { value: undefined, done: true })
        t.match(wire.text(), /^retry: 5\n/m)
        if (resumable) t.match(wire.text(), /^id: .+:1\n/m)
        else t.match(wire.text(), client.last)
        t.equal(await outcome(), 'complete')
      })

      t.test('throws what fails midway, and gets no end of a whole answer', async t => {
        const { texts, run, wire } = await ask(t, client, resumable)
        run.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        run.give(slowDown())
        t.match(await thrownBy(texts.next()), client.failed)
        await until('the error', () => wire.text().endsWith('}\n\n'))
        t.notMatch(wire.text(), client.last)
      })

      t.test('is told of what fails at once by the status of the response', async t => {
        const { texts, run } = await ask(t, client, resumable)
        run.give(slowDown())
        t.match(await thrownBy(texts.next()), client.refused)
      })

      t.test('throws where the server breaks off', async t => {
        const { texts, run, app } = await ask(t, client, resumable, {}, { drainTimeout: 0 })
        run.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        const next = t.rejects(texts.next())
        await app.close()
        await next
      })

      if (client.protocol === 'events') return
      t.test('stops the source when it leaves', async t => {
        const { texts, run, leave } = await ask(t, client, resumable && { onDisconnect: 'abort' })
        run.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        leave()
        await until('the signal of the source', () => run.aborted)
        texts.next().catch(() => {})
      })

      t.test('throws where the source ends too early', async t => {
        const { texts, run, wire } = await ask(t, client, resumable)
        run.give(...client.opening, client.token('half of'))
        t.equal((await texts.next()).value, 'half of')
        run.give(undefined)
        await t.rejects(texts.next(), { message: /Bad Gateway/ })
        t.notMatch(wire.text(), client.last)
      })
    })
  }
}

/** Has a client ask for an answer. Gives what it reads, and the run of the source that it reads from. */
async function ask(
  t: Test,
  client: ProtocolClient,
  resumable: boolean | { onDisconnect: 'abort' },
  stream: StreamOptions<unknown> = {},
  plugin: PluginOptions = {}
) {
  const summaries: StreamSummary[] = []
  const options = { ...stream, protocol: client.protocol, onClose: (summary: StreamSummary) => summaries.push(summary) }
  const { url, runs, app } = await node(t, { plugin, resumable, path: '/*', stream: options })
  const along = wire()
  const leaving = new AbortController()
  const iterator = client.read(url, along.fetch, leaving.signal)[Symbol.asyncIterator]()
  // Most ask only when they are read.
  let first: Promise<IteratorResult<string>> | undefined = iterator.next()
  first.catch(() => {})
  await Promise.race([until('the source was started', () => runs.length > 0), first])
  t.teardown(() => leaving.abort())
  return {
    app,
    run: runs[0] as Run,
    wire: along,
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
