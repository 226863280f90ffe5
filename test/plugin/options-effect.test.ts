import t, { type Test } from 'tap'
import type { PluginOptions } from '../../plugin/index.js'
import { fetchAll, open } from '../helpers/client.js'
import { serve } from '../helpers/server.js'
import { DONE, errorFrame, sourceServer } from '../helpers/source-server.js'

const NEVER = 2 ** 30

/** A server with two routes, one with options. Their sources yield one event and stay silent until the test ends. */
async function silent(t: Test, plugin: PluginOptions, own: Omit<PluginOptions, 'drainTimeout'>, first: string[]) {
  let stop = () => {}
  const stopped = new Promise<void>(resolve => {
    stop = resolve
  })
  t.teardown(stop)
  const source = async function* () {
    yield* first
    await stopped
  }
  const { url } = await serve(
    t,
    app => {
      app.get('/plugin', (_request, reply) => reply.sseFrom(source))
      app.get('/own', (_request, reply) => reply.sseFrom(source, own))
    },
    { plugin }
  )
  const clients = { plugin: open(`${url}/plugin`), own: open(`${url}/own`) }
  t.teardown(() => {
    clients.plugin.leave()
    clients.own.leave()
  })
  return clients
}

const HEARTBEATS = ':\n'.repeat(20)

t.test('heartbeat', async t => {
  t.test('of the plugin applies to a stream without one', async t => {
    const { plugin, own } = await silent(t, { heartbeat: 1 }, { heartbeat: false }, ['a'])
    await own.has('data: a\n\n')
    await plugin.has(HEARTBEATS)
    t.match(plugin.text(), /^data: a\n\n(:\n)+$/)
    t.equal(own.text(), 'data: a\n\n')
  })

  t.test('of a stream overrides that of the plugin', async t => {
    const { plugin, own } = await silent(t, { heartbeat: false }, { heartbeat: 1 }, ['a'])
    await plugin.has('data: a\n\n')
    await own.has(HEARTBEATS)
    t.match(own.text(), /^data: a\n\n(:\n)+$/)
    t.equal(plugin.text(), 'data: a\n\n')
  })
})

t.test('commitAfter', async t => {
  t.test('of the plugin applies to a stream without one', async t => {
    const { plugin, own } = await silent(t, { commitAfter: 0, heartbeat: 1 }, { commitAfter: NEVER }, [])
    await plugin.has(HEARTBEATS)
    t.equal(plugin.status, 200)
    t.equal(own.status, undefined)
  })

  t.test('of a stream overrides that of the plugin', async t => {
    const { plugin, own } = await silent(t, { commitAfter: NEVER, heartbeat: 1 }, { commitAfter: 0 }, [])
    await own.has(HEARTBEATS)
    t.equal(own.status, 200)
    t.equal(plugin.status, undefined)
  })
})

t.test('retry', async t => {
  t.equal((await sourceServer(t)(['a'])).text, `data: a\n\n${DONE}`)
  const ask = sourceServer(t, { plugin: { retry: 1000 } })
  t.equal((await ask(['a'])).text, `retry: 1000\ndata: a\n\n${DONE}`)
  t.equal((await ask(['a'], { retry: 0 })).text, `retry: 0\ndata: a\n\n${DONE}`)
  t.equal((await sourceServer(t)(['a'], { retry: 5 })).text, `retry: 5\ndata: a\n\n${DONE}`)
})

t.test('maxEventBytes', async t => {
  /** The bytes around the text of an event that has only data. */
  const AROUND = Buffer.byteLength('data: \n\n')
  const LIMIT = 200

  t.test('allows an event of exactly this size, and refuses one that is a byte larger', async t => {
    const ask = sourceServer(t, { plugin: { maxEventBytes: LIMIT } })
    for (const char of ['a', 'é', '中', '😀']) {
      const size = Buffer.byteLength(char)
      const room = LIMIT - AROUND
      const largest = char.repeat(Math.floor(room / size)) + 'b'.repeat(room % size)
      t.equal((await ask([largest], { end: false })).text, `data: ${largest}\n\n`)

      const alone = await ask([`${largest}b`])
      t.equal(alone.status, 500)
      t.match(alone.error, {
        code: 'FST_SSE_EVENT_TOO_LARGE',
        message: `an event of ${LIMIT + 1} bytes is larger than maxEventBytes (${LIMIT})`
      })
      t.equal((await ask(['a', `${largest}b`])).text, `data: a\n\n${errorFrame('FST_SSE_EVENT_TOO_LARGE')}`)
    }
  })

  t.test('counts the whole event on the wire', async t => {
    const ask = sourceServer(t, { plugin: { maxEventBytes: LIMIT } })
    const half = 'a'.repeat(LIMIT / 2)
    const many = '\n'.repeat(LIMIT / 'data: \n'.length)
    const large = [
      { event: half, data: half },
      { id: half, data: half },
      { comment: half + half },
      { data: { a: half, b: half } },
      Buffer.from(half + half),
      many
    ]
    for (const item of large) t.equal((await ask([item])).error.code, 'FST_SSE_EVENT_TOO_LARGE')
    t.equal((await ask([half, half], { event: half })).error.code, 'FST_SSE_EVENT_TOO_LARGE')
    t.equal((await ask([half, half], { end: false })).text, `data: ${half}\n\ndata: ${half}\n\n`)
  })

  t.test('applies to the last event too', async t => {
    const ask = sourceServer(t, { plugin: { maxEventBytes: LIMIT } })
    const tooLarge = `data: a\n\n${errorFrame('FST_SSE_EVENT_TOO_LARGE')}`
    const returning = function* () {
      yield 'a'
      return 'b'.repeat(LIMIT)
    }
    t.equal((await ask(returning)).text, tooLarge)
    t.equal((await ask(['a'], { end: { data: 'b'.repeat(LIMIT) } })).text, tooLarge)
    const failing = function* () {
      yield 'a'
      throw Object.assign(new Error('b'), { statusCode: 422, code: 'B' })
    }
    const { text } = await ask(failing, { onError: () => ({ event: 'error', data: 'c'.repeat(LIMIT) }) })
    t.equal(text, `data: a\n\n${errorFrame('B', 422, 'b')}`)
  })

  t.test('breaks a response off if even the error event is too large', async t => {
    const { url } = await serve(t, app => app.get('/', (_request, reply) => reply.sseFrom(['a'])), {
      plugin: { maxEventBytes: AROUND + 1 }
    })
    const client = await fetchAll(url)
    t.equal(client.text(), 'data: a\n\n')
    t.equal(client.ended, 'broken')
  })

  t.test('of a stream overrides that of the plugin', async t => {
    const ask = sourceServer(t, { plugin: { maxEventBytes: LIMIT } })
    const large = 'a'.repeat(LIMIT)
    t.equal((await ask([large], { maxEventBytes: LIMIT + AROUND })).text, `data: ${large}\n\n${DONE}`)
    t.equal((await ask([large])).error.code, 'FST_SSE_EVENT_TOO_LARGE')
    t.equal((await ask(['a'.repeat(LIMIT - AROUND)], { maxEventBytes: LIMIT - 1 })).status, 500)
  })
})
