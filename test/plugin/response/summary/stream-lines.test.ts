import t, { type Test } from 'tap'
import {
  MemoryStore,
  type ResumableOptions,
  type SourceContext,
  StreamAbort,
  type StreamSummary
} from '../../../../plugin/index.js'
import { findRecord, keepRecord } from '../../../../plugin/toolkit.js'
import { type Client, open } from '../../../helpers/client.js'
import { FaultyStore } from '../../../helpers/faulty-store.js'
import { type LogLine, type ServeOptions, serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

const FIELDS = ['streamId', 'outcome', 'reason', 'events', 'bytes', 'timeToFirstEvent', 'duration']

/** What a source does after its first event. */
type Rest = (context: SourceContext) => unknown

interface Streamed {
  client: Client
  summaries: StreamSummary[]
  /** The lines of the log that say how a stream ended. */
  lines: () => LogLine[]
  app: Awaited<ReturnType<typeof serve>>['app']
  url: string
  id: string
}

/** Begins a stream that sends one event, `Hello`, and then does `rest`. */
async function stream(
  t: Test,
  rest: Rest,
  options: ServeOptions = {},
  resumable = false,
  onDisconnect: ResumableOptions['onDisconnect'] = { grace: 5 }
): Promise<Streamed> {
  const summaries: StreamSummary[] = []
  const { app, url, log } = await serve(
    t,
    app => {
      app.get<{ Params: { id: string } }>('/streams/:id', ({ params }, reply) => reply.sseResume(params.id))
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          async function* (context) {
            yield 'Hello'
            await rest(context)
          },
          { resumable: resumable && { onDisconnect }, onClose: summary => void summaries.push(summary) }
        )
      )
    },
    options
  )
  const client = open(url, { http2: options.http2 === true })
  await client.has('Hello')
  const lines = () => log.filter(line => 'outcome' in line)
  return { client, summaries, lines, app, url, id: String(client.headers['x-stream-id']) }
}

const waits: Rest = ({ signal }) => new Promise(resolve => signal.addEventListener('abort', resolve))

/** A source that goes on to its end when the test says so. */
function steps(): { rest: Rest; finish: () => void } {
  let finish = () => {}
  const finished = new Promise<void>(resolve => {
    finish = resolve
  })
  return { rest: () => finished, finish: () => finish() }
}

/** Checks the one line of a stream without an id. It has the numbers of the summary. */
async function hasOneLine(t: Test, { lines, summaries }: Streamed, expected: object): Promise<void> {
  await until('the response is over', () => summaries.length > 0)
  const [line] = lines()
  t.equal(lines().length, 1)
  t.match(line, { level: 30, reqId: /^req-/, events: 1, timeToFirstEvent: Number, duration: Number, ...expected })
  t.ok((line?.bytes as number) >= Buffer.byteLength('data: Hello\n\n'))
  t.equal(line?.timeToFirstEvent, summaries[0]?.timeToFirstEvent)
  t.equal(line?.outcome, summaries[0]?.outcome)
  const own = Object.keys(line ?? {}).filter(
    key => !['level', 'time', 'pid', 'hostname', 'reqId', 'msg', 'err'].includes(key)
  )
  t.strictSame(
    own.filter(key => !FIELDS.includes(key)),
    [],
    'nothing else'
  )
}

t.test('a stream that is complete', async t => {
  const streamed = await stream(t, () => {})
  await hasOneLine(t, streamed, { msg: 'stream closed', outcome: 'complete', reason: undefined })
  const { bytes, duration } = streamed.summaries[0] as StreamSummary
  t.match(streamed.lines(), [{ bytes, streamId: undefined }])
  t.ok((streamed.lines()[0]?.duration as number) <= duration)
})

for (const http2 of [false, true]) {
  t.test(`a client that leaves, over HTTP/${http2 ? 2 : 1.1}`, async t => {
    const streamed = await stream(t, waits, { http2 })
    streamed.client.leave()
    const msg = http2 ? 'client left' : 'stream closed'
    await hasOneLine(t, streamed, { msg, outcome: 'aborted', reason: 'left' })
  })
}

t.test('a source that fails', async t => {
  const streamed = await stream(t, () => {
    throw Object.assign(new Error('not so fast'), { statusCode: 429 })
  })
  const err = { message: 'not so fast' }
  await hasOneLine(t, streamed, { msg: 'stream failed', outcome: 'error', reason: 'failed', err })
})

t.test('a source that takes too long', async t => {
  const streamed = await stream(t, waits, { plugin: { idleTimeout: 20 } })
  await hasOneLine(t, streamed, { level: 50, msg: 'stream failed', outcome: 'error', reason: 'timeout' })
})

t.test('a server that closes', async t => {
  const streamed = await stream(t, waits, { plugin: { drainTimeout: 0 } })
  await streamed.app.close()
  await hasOneLine(t, streamed, { msg: 'stream closed', outcome: 'closed', reason: 'closing' })
})

t.test('a stream that its signal stops', async t => {
  const controller = new AbortController()
  const summaries: StreamSummary[] = []
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        async function* (context) {
          yield 'Hello'
          await waits(context)
        },
        { signal: controller.signal, onClose: summary => void summaries.push(summary) }
      )
    )
  })
  const client = open(url)
  await client.has('Hello')
  controller.abort(new StreamAbort('stopped'))
  await client.end()
  await until('the response is over', () => summaries.length)
  t.match(
    log.filter(line => 'outcome' in line),
    [{ msg: 'stream stopped', outcome: 'stopped', reason: 'stopped', events: 1, duration: Number }]
  )
})

t.test('a request that is not answered with a stream has no line', async t => {
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.sseFrom(['Hello']))
    app.get('/fails', (_request, reply) =>
      // biome-ignore lint/correctness/useYield: it fails before its first event
      reply.sseFrom(async function* () {
        throw new Error('at once')
      })
    )
  })
  for (const [path, method] of [
    ['/', 'HEAD'],
    ['/fails', 'GET']
  ]) {
    const client = open(`${url}${path}`, { method: method as string })
    await client.end()
  }
  await until('both are over', () => log.filter(({ msg }) => msg === 'request completed').length === 2)
  t.strictSame(
    log.filter(line => 'outcome' in line),
    []
  )
})

t.test('a resumable stream: its response, and its source where no response reports that', async t => {
  t.test('that nobody comes back to', async t => {
    const { client, lines, id } = await stream(t, waits, {}, true)
    client.leave()
    await until('the source is abandoned', () => lines().length === 2)
    t.match(lines(), [
      {
        level: 30,
        msg: 'client left, and the source goes on',
        streamId: id,
        outcome: 'aborted',
        reason: 'left',
        events: 1
      },
      {
        msg: 'the last client left, and none came back in time',
        streamId: id,
        outcome: 'aborted',
        reason: 'abandoned',
        events: 1,
        bytes: Buffer.byteLength('data: Hello\n\n'),
        timeToFirstEvent: Number,
        duration: Number
      }
    ])
  })

  for (const http2 of [false, true]) {
    t.test(`that goes on to its end without a client, over HTTP/${http2 ? 2 : 1.1}`, async t => {
      const { rest, finish } = steps()
      const streamed = await stream(t, rest, { http2 }, true, 'continue')
      streamed.client.leave()
      await until('the client has left', () => streamed.summaries.length)
      finish()
      await until('the source has ended', () => streamed.lines().length === 2)
      const [left, ended] = streamed.lines()
      t.match(left, { level: 30, msg: 'client left, and the source goes on', outcome: 'aborted', reason: 'left' })
      t.match(ended, {
        level: 30,
        reqId: left?.reqId as string,
        msg: 'the source has ended without a client',
        streamId: streamed.id,
        outcome: 'complete',
        reason: undefined,
        events: 1,
        bytes: Buffer.byteLength('data: Hello\n\n'),
        timeToFirstEvent: Number,
        duration: Number
      })
    })
  }

  t.test('that its last client ends by leaving', async t => {
    const streamed = await stream(t, waits, {}, true, 'abort')
    streamed.client.leave()
    await until('the source is abandoned', () => streamed.lines().length === 2)
    const lines = streamed.lines().map(({ msg, reason }) => [msg, reason])
    t.strictSame(new Map(lines as [string, string][]).get('stream closed'), 'left', 'not that the source goes on')
    t.strictSame(
      new Map(lines as [string, string][]).get('the last client left, and none came back in time'),
      'abandoned'
    )
  })

  t.test('that another client follows when its first one leaves', async t => {
    const { rest, finish } = steps()
    const streamed = await stream(t, rest, {}, true, 'abort')
    const other = open(`${streamed.url}/streams/${streamed.id}`)
    await other.has('Hello')
    streamed.client.leave()
    await until('the first client has left', () => streamed.summaries.length)
    finish()
    await other.end()
    await until('both responses are over', () => streamed.lines().length === 2)
    t.match(streamed.lines(), [
      { msg: 'client left, and the source goes on', outcome: 'aborted' },
      { msg: 'stream closed', outcome: 'complete', streamId: streamed.id, events: 1 }
    ])
    t.equal(streamed.lines().length, 2, 'the source needs no line of its own')
  })

  t.test('that ended while its client was still reading', async t => {
    const streamed = await stream(t, () => {}, {}, true, 'continue')
    await streamed.client.end()
    await until('the response is over', () => streamed.summaries.length)
    t.match(streamed.lines(), [{ msg: 'stream closed', outcome: 'complete' }])
    t.equal(streamed.lines().length, 1)
  })

  t.test('that a client of another server leaves', async t => {
    const store = new MemoryStore()
    const { rest, finish } = steps()
    const producing = await stream(t, rest, { plugin: { store } }, true, 'continue')
    const other = await serve(
      t,
      app => {
        app.get<{ Params: { id: string } }>('/streams/:id', ({ params }, reply) => reply.sseResume(params.id))
      },
      { plugin: { store } }
    )
    const follower = open(`${other.url}/streams/${producing.id}`)
    await follower.has('Hello')
    follower.leave()
    const lines = () => other.log.filter(line => 'outcome' in line)
    await until('its response is over', () => lines().length)
    t.match(lines(), [{ msg: 'stream closed', outcome: 'aborted', reason: 'left' }], 'it cannot know of the source')
    finish()
    await producing.client.end()
    t.equal(lines().length, 1)
  })

  t.test('that was started without a client', async t => {
    const { app, url, log } = await serve(t, app => {
      app.post('/', (_request, reply) => reply.sseStart(() => ['a', 'b']))
    })
    await fetch(url, { method: 'POST' })
    const lines = () => log.filter(line => 'outcome' in line)
    await until('the source has ended', () => lines().length)
    await app.close()
    t.match(lines(), [{ level: 30, msg: 'the source has ended without a client', outcome: 'complete', events: 2 }])
    t.equal(lines().length, 1)
  })

  t.test('that is a record of the ready routes', async t => {
    const { url, log } = await serve(t, app => {
      app.post('/', async (_request, reply) => {
        await keepRecord(reply, { id: 'mine', owner: undefined }, 'x')
        return 'kept'
      })
      app.get('/', request => findRecord(request.server, { id: 'mine', owner: undefined }))
    })
    await fetch(url, { method: 'POST' })
    await until('it is kept', async () => (await (await fetch(url)).text()) === 'data: x\n\n')
    t.strictSame(
      log.filter(line => 'outcome' in line),
      []
    )
  })

  t.test('that is stopped', async t => {
    const { client, lines, id, app, summaries } = await stream(t, waits, {}, true)
    t.equal(await app.sseStreams.stop(id), true)
    await client.end()
    await until('the response is over', () => summaries.length)
    t.match(lines(), [
      { msg: 'stream stopped', streamId: id, outcome: 'stopped', reason: 'stopped', events: 1 },
      { msg: 'stream closed', streamId: id, outcome: 'stopped', reason: 'stopped', events: 1 }
    ])
  })

  t.test('whose source fails after its client has left', async t => {
    let fail = () => {}
    const failing = new Promise<void>(resolve => {
      fail = resolve
    })
    const server = await stream(
      t,
      async () => {
        await failing
        throw new Error('late')
      },
      { plugin: {} },
      true
    )
    server.client.leave()
    await until('the client has left', () => server.lines().length)
    fail()
    await until('the source is over', () => server.lines().length === 2)
    t.match(server.lines()[1], { streamId: server.id, events: 1, duration: Number })
  })

  t.test('that its server closes without a client', async t => {
    const summaries: StreamSummary[] = []
    const { app, url, log } = await serve(
      t,
      app => {
        app.get('/', (_request, reply) =>
          reply.sseFrom(
            async function* (context) {
              await waits(context)
              yield 'never'
            },
            { resumable: true, commitAfter: 0, onClose: summary => void summaries.push(summary) }
          )
        )
      },
      { plugin: { drainTimeout: 0 } }
    )
    const client = open(url)
    await client.head()
    client.leave()
    await until('it has left', () => summaries.length)
    await app.close()
    const lines = log.filter(line => 'outcome' in line)
    t.match(lines.at(-1), {
      msg: 'the server has closed before the stream was complete',
      outcome: 'closed',
      reason: 'closing',
      events: 0,
      bytes: 0
    })
    t.equal(lines.at(-1)?.timeToFirstEvent, undefined)
  })
})

t.test('an event store that is away: the client is asked to come back', async t => {
  const store = new FaultyStore()
  store.goDown()
  const { url, log } = await serve(
    t,
    app => {
      app.get<{ Params: { id: string } }>('/:id', ({ params }, reply) => reply.sseResume(params.id))
    },
    { plugin: { store } }
  )
  const client = open(`${url}/${'a'.repeat(22)}`)
  await client.end()
  await until('it is over', () => log.some(({ msg }) => msg === 'request completed'))
  t.match(
    log.filter(line => 'outcome' in line),
    [{ msg: 'stream closed', outcome: 'closed', reason: 'failed', events: 0 }]
  )
})
