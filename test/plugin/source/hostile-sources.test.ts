import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import sseFrom, { END_ID, type SseSource } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

const MISSING = '/there/is/no/such/file'

/** Collects the warnings of the process (E7). Uncaught errors fail a test anyway, but tap ignores warnings. */
function watchWarnings(t: Test): Error[] {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  return warnings
}

t.test('ends a stream whose error cannot be read or logged', async t => {
  const throwing = (key: string) =>
    Object.defineProperty(new Error('hidden'), key, {
      get: () => {
        throw new Error('from a getter')
      }
    })
  const errors: Record<string, unknown> = {
    frozen: Object.freeze(Object.assign(new Error('frozen'), { statusCode: 429 })),
    message: throwing('message'),
    stack: throwing('stack'),
    statusCode: throwing('statusCode'),
    code: throwing('code'),
    proxy: new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('from a trap')
        }
      }
    )
  }
  const { url } = await serve(t, app => {
    app.get<{ Params: { name: string } }>('/:name', (request, reply) =>
      reply.sseFrom(async function* () {
        yield 'a'
        throw errors[request.params.name]
      })
    )
  })
  for (const name of Object.keys(errors)) {
    const client = await fetchAll(`${url}/${name}`)
    t.equal(client.ended, 'clean', name)
    t.match(client.text(), /^data: a\n\nevent: error\n/)
  }
})

t.test('reports a source that fails before it is read, and does not crash', async t => {
  const { url } = await serve(t, app => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      await sleep(20)
      return payload
    })
    app.get('/promise', (_request, reply) =>
      reply.sseFrom(sleep(1).then(() => Promise.reject(Object.assign(new Error('no'), { statusCode: 404 }))))
    )
    app.get('/file', (_request, reply) => reply.sseFrom(createReadStream(MISSING)))
  })
  t.equal((await fetchAll(`${url}/promise`)).status, 404)
  t.equal((await fetchAll(`${url}/file`)).status, 500)
  t.equal((await fetchAll(`${url}/file`, { headers: { 'last-event-id': END_ID } })).status, 204)
})

t.test('survives a file that fails after the client has left', async t => {
  let opened = false
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(async ({ signal }) => {
        await new Promise(resolve => signal.addEventListener('abort', resolve))
        opened = true
        return createReadStream(MISSING, { signal })
      })
    )
  })
  const client = open(url)
  await until('the request is there', () => log.some(({ msg }) => msg === 'incoming request'))
  client.leave()
  await until('the file is opened', () => opened)
  await sleep(20)
  t.equal((await fetchAll(`${url}/none`)).status, 404)
})

t.test('survives rejected promises in place of values', async t => {
  const reject = () => Promise.reject(new Error('rejected'))
  const { url } = await serve(t, app => {
    app.get('/item', (_request, reply) => reply.sseFrom([reject()]))
    app.get('/data', (_request, reply) => reply.sseFrom([{ data: reject() }]))
    app.get('/map', (_request, reply) => reply.sseFrom(['a'], { map: reject }))
    app.get('/on-error', (_request, reply) =>
      reply.sseFrom(
        function* () {
          yield 'a'
          throw new Error('midway')
        },
        { onError: reject as unknown as () => undefined }
      )
    )
  })
  for (const path of ['/item', '/data', '/map']) t.equal((await fetchAll(url + path)).status, 500, path)
  t.match((await fetchAll(`${url}/on-error`)).text(), /event: error\n/)
})

t.test('ends the stream properly when map or a write aborts the signal', async t => {
  const { url, log } = await serve(t, app => {
    app.get('/map', (_request, reply) => {
      const controller = new AbortController()
      return reply.sseFrom(['a'], {
        commitAfter: 0,
        signal: controller.signal,
        map: item => {
          controller.abort()
          return item
        }
      })
    })
    app.get('/result', (_request, reply) => {
      const controller = new AbortController()
      const toJSON = () => {
        controller.abort()
        return {}
      }
      return reply.sseFrom(
        (async function* () {
          yield 'a'
          return { toJSON }
        })(),
        { signal: controller.signal }
      )
    })
  })
  t.equal((await fetchAll(`${url}/map`)).status, 503)
  const client = await fetchAll(`${url}/result`)
  t.equal(client.ended, 'clean')
  t.match(client.text(), /^data: a\n\nevent: error\n/)
  t.notOk(log.some(({ msg }) => msg.includes('headers already sent')))
})

t.test('warns of no leak when an error handler answers with a stream', async t => {
  const warnings = watchWarnings(t)
  const { url } = await serve(t, app => {
    app.setErrorHandler((_error, _request, reply) => reply.type('text/plain').send(Readable.from(['fallback'])))
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        await sleep(1)
        yield* []
        throw new Error('a')
      })
    )
  })
  t.equal((await fetchAll(url)).text(), 'fallback')
  t.same(warnings, [])
})

t.test('breaks off a response whose head the handler has sent', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) => {
      reply.raw.flushHeaders()
      return reply.sseFrom(async function* () {
        await sleep(1)
        yield* []
        throw new Error('a')
      })
    })
  })
  t.equal((await fetchAll(url)).ended, 'broken')
})

t.test('cuts off HTTP/1.0 clients, such as nginx, over TCP and a Unix socket', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'sse-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const listen of [{ port: 0, host: '127.0.0.1' }, { path: join(folder, 'socket') }]) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(sseFrom, { drainTimeout: 20 })
    const source: SseSource<string> = async function* ({ signal }) {
      yield 'a'
      await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
    }
    app.get('/', (_request, reply) => reply.sseFrom(source))
    await app.listen(listen)
    const address = app.server.address() as { port: number } | string
    const socket = typeof address === 'string' ? connect(address) : connect(address.port, '127.0.0.1')
    let failure: NodeJS.ErrnoException | undefined
    let text = ''
    socket.on('error', error => {
      failure = error
    })
    socket.on('data', chunk => {
      text += chunk
    })
    socket.write('GET / HTTP/1.0\r\nhost: x\r\n\r\n')
    await until('the first token', () => text.includes('data: a'))
    await app.close()
    await until('the connection is closed', () => socket.destroyed)
    if (typeof address !== 'string') t.equal(failure?.code, 'ECONNRESET')
  }
})
