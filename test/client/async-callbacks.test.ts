import t, { type Test } from 'tap'
import { type OpenStreamOptions, openStream, type SseStream, SseStreamError } from '../../client/index.js'
import { all, broken, DONE, events, type Script, scriptedServer, status } from '../helpers/scripted-server.js'
import { until } from '../helpers/until.js'

const reason = new Error('no')
const tick = () => new Promise(resolve => setImmediate(resolve))

/** A promise that the test resolves. */
function gate() {
  let go = () => {}
  const passed = new Promise<void>(resolve => {
    go = resolve
  })
  return { go, passed }
}

async function read(stream: SseStream): Promise<unknown[]> {
  const given: unknown[] = []
  for await (const { data } of stream) given.push(data)
  return given
}

/** Opens a stream at a server of these scripts. Retries come at once. */
async function opened(t: Test, options: OpenStreamOptions, ...scripts: [Script, ...Script[]]) {
  const { url, calls } = await scriptedServer(t, ...scripts)
  return { calls, stream: openStream(`${url}/stream`, { retryDelay: 0, ...options }) }
}

t.test('events wait for onOpen, which may be async', async t => {
  const { go, passed } = gate()
  let isOpened = false
  const onOpen = async () => {
    isOpened = true
    await passed
  }
  const { stream } = await opened(t, { onOpen }, all(`data: a\n\n${DONE}`))
  let given: unknown[] | undefined
  const over = read(stream).then(all => {
    given = all
  })
  await until('the response begins', () => isOpened)
  await tick()
  t.equal(given, undefined)
  go()
  await over
  t.strictSame(given, ['a', {}])
})

t.test('the next connection waits for onReconnect, which may be async', async t => {
  const { go, passed } = gate()
  let isTold = false
  const onReconnect = async () => {
    isTold = true
    await passed
  }
  const { stream, calls } = await opened(t, { onReconnect }, status(503), all(`data: a\n\n${DONE}`))
  const over = read(stream)
  await until('the connection is lost', () => isTold)
  for (let i = 0; i < 10; i++) await tick()
  t.equal(calls.length, 1)
  go()
  t.strictSame(await over, ['a', {}])
  t.equal(calls.length, 2)
})

t.test('a wait for another connection ends at once when onReconnect fails', async t => {
  const slow = { retryDelay: 2 ** 30, maxRetryDelay: 2 ** 30 }
  const { stream, calls } = await opened(t, { ...slow, onReconnect: () => Promise.reject(reason) }, status(503))
  await t.rejects(read(stream), reason)
  t.equal(calls.length, 1)
})

t.test('what an async callback throws ends the stream, like what it throws at once', async t => {
  const reject = async () => {
    await tick()
    throw reason
  }
  t.test('onOpen', async t => {
    const { stream, calls } = await opened(t, { onOpen: reject }, events('data: a\n\n'))
    await t.rejects(read(stream), reason)
    await until('the request is over', () => calls[0]?.isOver)
  })

  t.test('onReconnect', async t => {
    const { stream, calls } = await opened(t, { onReconnect: reject }, broken())
    await t.rejects(read(stream), reason)
    t.equal(calls.length, 1)
  })

  t.test('validate', async t => {
    const { stream, calls } = await opened(t, { validate: reject }, events('data: a\n\n'))
    await t.rejects(read(stream), {
      code: 'SSE_EVENT_INVALID',
      cause: reason,
      message: 'invalid event message: Error: no'
    })
    await until('the request is over', () => calls[0]?.isOver)
  })

  t.test('headers and streamUrl: the connection counts as failed', async t => {
    for (const options of [{ headers: reject }, { streamUrl: reject, resume: 'abc' }] as OpenStreamOptions[]) {
      const { stream, calls } = await opened(t, { ...options, maxRetries: 0 }, all(DONE))
      const error = await read(stream).catch(error => error)
      t.ok(error instanceof SseStreamError)
      t.match(error, { code: 'SSE_UNREACHABLE', cause: reason })
      t.equal(calls.length, 0)
    }
  })

  t.test('streamUrl of a stop, which never rejects', async t => {
    const head = { 'x-stream-id': 'abc' }
    const { stream, calls } = await opened(t, { streamUrl: reject }, events('data: a\n\n', head))
    for await (const _ of stream) t.equal(await stream.stop(), false)
    t.equal(calls.length, 1)
  })
})

t.test('an async check gives the data that it resolves with, in order', async t => {
  const validate = async (event: string, data: unknown) => {
    // The first takes longest.
    for (let i = 0; i < (data === 'a' ? 20 : 1); i++) await tick()
    return `${event} ${typeof data === 'string' ? data : JSON.stringify(data)}`
  }
  const { stream } = await opened(t, { validate }, all(`id: 1\ndata: a\n\nid: 2\ndata: b\n\n${DONE}`))
  t.strictSame(await read(stream), ['message a', 'message b', 'done {}'])
  t.ok(stream.complete)
})

t.test('data with a then of its own is data', async t => {
  const { stream } = await opened(t, {}, all(`event: x\ndata: {"then":"done"}\n\n${DONE}`))
  t.strictSame(JSON.stringify(await read(stream)), '[{"then":"done"},{}]')
})

t.test('the URL of a stream may come later', async t => {
  const streamUrl = async (id: string) => {
    await tick()
    return new URL(`http://127.0.0.1:${port}/by-id/${id}`)
  }
  const { url, calls } = await scriptedServer(
    t,
    broken(':\n', { 'x-stream-id': 'abc' }),
    events('id: 1\ndata: a\n\n', { 'x-stream-id': 'abc' }),
    status(204)
  )
  const { port } = new URL(url)
  const stream = openStream(`${url}/stream`, { streamUrl, retryDelay: 0 })
  for await (const _ of stream) t.equal(await stream.stop(), true)
  t.strictSame(
    calls.map(({ method, url }) => `${method} ${url}`),
    ['GET /stream', 'GET /by-id/abc', 'DELETE /by-id/abc']
  )
})

t.test('a stream that is closed does not wait for a callback, nor for its failure', async t => {
  const never = new Promise<never>(() => {})
  const kinds: Record<string, (callback: () => Promise<never>) => OpenStreamOptions> = {
    onOpen: onOpen => ({ onOpen }),
    onReconnect: onReconnect => ({ onReconnect }),
    validate: validate => ({ validate })
  }
  for (const [name, make] of Object.entries(kinds)) {
    for (const isFailing of [false, true]) {
      let fail = (_: Error) => {}
      const pending = isFailing
        ? new Promise<never>((_resolve, reject) => {
            fail = reject
          })
        : never
      let isAsked = false
      const options = make(() => {
        isAsked = true
        return pending
      })
      const { stream } = await opened(t, options, name === 'onReconnect' ? status(503) : events('data: a\n\n'))
      const over = read(stream)
      await until(`${name} is called`, () => isAsked)
      stream.close()
      t.strictSame(await over, [], name)
      fail(reason)
      await tick()
    }
  }
})
