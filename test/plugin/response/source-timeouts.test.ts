import t, { type Test } from 'tap'
import { type PluginOptions, StreamAbort, type StreamOptions } from '../../../plugin/index.js'
import { sendWhole } from '../../../plugin/toolkit.js'
import { type OpenOptions, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const kinds = ['plain', 'resumable', 'whole'] as const

interface TimeoutServerOptions {
  plugin?: PluginOptions
  stream?: StreamOptions<string>
  items?: string[]
  isEndless?: boolean
  onMore?: () => void
  http2?: boolean
}

/** Serves a source that gives items and is then silent, or goes on giving, until it is aborted. */
async function timeoutServer(t: Test, kind: (typeof kinds)[number], options: TimeoutServerOptions) {
  const { plugin = {}, stream = {}, items = [], isEndless = false, http2 = false, onMore = () => {} } = options
  const reasons: unknown[] = []
  const { url, log } = await serve(
    t,
    app => {
      const source = async function* ({ signal }: { signal: AbortSignal }) {
        signal.addEventListener('abort', () => reasons.push(signal.reason))
        yield* items
        while (isEndless && !signal.aborted) {
          onMore()
          yield 'more'
          await new Promise(setImmediate)
        }
        await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
      }
      app.get('/', (_request, reply) =>
        kind === 'whole'
          ? sendWhole(reply, source, ({ text }) => ({ text }))
          : reply.sseFrom(source, {
              ...stream,
              resumable: kind === 'resumable' && (plugin.resumable ?? { onDisconnect: 'abort' })
            })
      )
    },
    { plugin: { heartbeat: 5, ...plugin }, http2 }
  )
  return { url, log, reasons }
}

function isTimeout(t: Test, reasons: unknown[], timeout: string): void {
  t.equal(reasons.length, 1)
  const [reason] = reasons
  t.ok(reason instanceof StreamAbort)
  t.match(reason, { reason: 'timeout', timeout })
}

for (const http2 of [false, true]) {
  const protocol: OpenOptions = { http2 }
  for (const kind of kinds) {
    t.test(`${kind} over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
      t.test('a source without an event is ended, and answered 504', async t => {
        const plugin = { firstEventTimeout: 60, commitAfter: 60_000 }
        const { url, reasons } = await timeoutServer(t, kind, { plugin, http2 })
        const client = open(url, protocol)
        await client.end()
        t.equal(client.status, 504)
        t.match(JSON.parse(client.text()), { statusCode: 504, code: 'FST_SSE_FIRST_EVENT_TIMEOUT' })
        isTimeout(t, reasons, 'firstEvent')
      })

      t.test('a source that falls silent is ended, whatever heartbeats say', async t => {
        const plugin = { idleTimeout: 60, firstEventTimeout: 60_000 }
        const { url, reasons } = await timeoutServer(t, kind, { plugin, items: ['a'], http2 })
        const client = open(url, protocol)
        await client.end()
        isTimeout(t, reasons, 'idle')
        if (kind === 'whole') {
          t.equal(client.status, 504)
          t.match(JSON.parse(client.text()), { code: 'FST_SSE_IDLE_TIMEOUT' })
          return
        }
        t.equal(client.status, 200)
        t.equal(client.ended, 'clean')
        t.match(client.text(), /^(id: \S+\n)?data: a\n\n(:\n)+(id: \S+\n)?event: error\n/)
        t.match(JSON.parse(client.events().at(-1)?.data ?? ''), {
          statusCode: 504,
          code: 'FST_SSE_IDLE_TIMEOUT',
          message: 'Gateway Timeout'
        })
      })

      t.test('a source that runs for too long is ended, however much it gives', async t => {
        const plugin = { maxDuration: 60, idleTimeout: 60_000 }
        const { url, log, reasons } = await timeoutServer(t, kind, { plugin, isEndless: true, http2 })
        const client = open(url, protocol)
        await client.end()
        isTimeout(t, reasons, 'duration')
        const answer = kind === 'whole' ? client.text() : client.events().at(-1)?.data
        t.match(JSON.parse(answer ?? ''), { statusCode: 504, code: 'FST_SSE_DURATION_EXCEEDED' })
        t.equal(log.filter(({ err }) => err?.code === 'FST_SSE_DURATION_EXCEEDED').length, 1)
      })

      t.test('false sets no deadline', async t => {
        const plugin = { firstEventTimeout: false, idleTimeout: false, maxDuration: false } as const
        let given = 0
        const { url, reasons } = await timeoutServer(t, kind, { plugin, isEndless: true, http2, onMore: () => given++ })
        const client = open(url, protocol)
        await until('the source gives', () => given > 10)
        client.leave()
        await until('the source is aborted', () => reasons.length)
        t.match(reasons, [{ reason: kind === 'resumable' ? 'abandoned' : 'left' }])
      })
    })
  }
}

for (const kind of ['plain', 'resumable'] as const) {
  t.test(`a ${kind} stream that has begun without an event fails with an error event`, async t => {
    const { url, reasons } = await timeoutServer(t, kind, { plugin: { firstEventTimeout: 100, commitAfter: 0 } })
    const client = open(url)
    await client.end()
    t.equal(client.status, 200)
    t.match(JSON.parse(client.events()[0]?.data ?? ''), { statusCode: 504, code: 'FST_SSE_FIRST_EVENT_TIMEOUT' })
    isTimeout(t, reasons, 'firstEvent')
  })

  t.test(`a ${kind} stream overrides the deadlines of the plugin`, async t => {
    const plugin = { firstEventTimeout: 1, idleTimeout: 1, maxDuration: 1 }
    const stream = { firstEventTimeout: 60_000, idleTimeout: 60, maxDuration: false } as const
    const { url, reasons } = await timeoutServer(t, kind, { plugin, stream, items: ['a'] })
    await open(url).end()
    isTimeout(t, reasons, 'idle')
  })

  t.test(`items of a ${kind} stream that map skips are no silence, and no event`, async t => {
    const skip = { map: (item: string) => (item === 'more' ? undefined : item) }
    const idle = await timeoutServer(t, kind, {
      plugin: { idleTimeout: 50, maxDuration: 300 },
      stream: skip,
      items: ['a'],
      isEndless: true
    })
    await open(idle.url).end()
    isTimeout(t, idle.reasons, 'duration')
    const first = await timeoutServer(t, kind, { plugin: { firstEventTimeout: 50 }, stream: skip, isEndless: true })
    await open(first.url).end()
    isTimeout(t, first.reasons, 'firstEvent')
  })
}

t.test('a resumable stream without clients is ended too', async t => {
  const plugin = { idleTimeout: 200, resumable: { onDisconnect: 'continue' as const } }
  const { url, reasons, log } = await timeoutServer(t, 'resumable', { plugin, items: ['a'] })
  const client = open(url)
  await client.has('data: a')
  client.leave()
  await until('the source is ended', () => reasons.length)
  isTimeout(t, reasons, 'idle')
  t.equal(log.filter(({ err }) => err?.code === 'FST_SSE_IDLE_TIMEOUT').length, 1, 'the log has it')
})

t.test('what a source gives in time is sent whole', async t => {
  const { url } = await serve(t, app =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(['a', 'b'], { firstEventTimeout: 60_000, idleTimeout: 60_000, maxDuration: 60_000 })
    )
  )
  const client = open(url)
  await client.end()
  t.equal(client.ended, 'clean')
  t.strictSame(
    client.events().map(({ data }) => data),
    ['a', 'b', '{}']
  )
})
