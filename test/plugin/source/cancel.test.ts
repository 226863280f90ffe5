import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import type { SourceContext, SseSource, StreamSummary } from '../../../plugin/index.js'
import { type OpenOptions, open } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { serve } from '../../helpers/server.js'
import { settled, until } from '../../helpers/until.js'

const never = () => new Promise<never>(() => {})

/** A source that yields one token and then stays silent, like a slow model. */
interface Stalled {
  source: SseSource<unknown>
  map?: (item: never) => unknown
  /** Whether it waits for its second token, and whether its resources were released. */
  waiting: () => boolean
  released: () => boolean
}

const sources: Record<string, (t: Test) => Promise<Stalled> | Stalled> = {
  'an async generator': () => {
    let waiting = false
    let released = false
    return {
      source: async function* ({ signal }) {
        try {
          yield 'token'
          waiting = true
          await once(signal, 'abort')
        } finally {
          released = true
        }
      },
      waiting: () => waiting,
      released: () => released
    }
  },

  'a hand-written iterator': () => {
    let calls = 0
    let returned = false
    return {
      source: {
        [Symbol.asyncIterator]: () => ({
          next: () => (++calls === 1 ? Promise.resolve({ done: false, value: 'token' }) : never()),
          return: () => {
            returned = true
            return never()
          }
        })
      },
      waiting: () => calls === 2,
      released: () => returned
    }
  },

  'a Node Readable': () => {
    let reads = 0
    const readable = new Readable({
      objectMode: true,
      read() {
        if (++reads === 1) this.push('token')
      }
    })
    return { source: readable, waiting: () => reads >= 2, released: () => readable.destroyed }
  },

  'a web ReadableStream': () => {
    let pulls = 0
    let cancelled = false
    const source = new ReadableStream(
      {
        pull: controller => {
          if (++pulls > 1) return never()
          controller.enqueue('token')
          return undefined
        },
        cancel: () => {
          cancelled = true
        }
      },
      { highWaterMark: 0 }
    )
    return { source, waiting: () => pulls === 2, released: () => cancelled }
  },

  'an openai SDK stream made with the signal': async t => {
    const provider = await openAiServer(t, call => call.token('token'))
    const client = new OpenAI({ baseURL: provider.url, apiKey: 'key', maxRetries: 0 })
    return {
      source: ({ signal }) => client.chat.completions.create({ model: 'm', messages: [], stream: true }, { signal }),
      map: (chunk: OpenAI.ChatCompletionChunk) => chunk.choices[0]?.delta.content || undefined,
      waiting: () => provider.calls.length === 1,
      released: () => provider.calls[0]?.closed === true
    }
  },

  'an openai SDK stream made without the signal': async t => {
    const provider = await openAiServer(t, call => call.token('token'))
    const client = new OpenAI({ baseURL: provider.url, apiKey: 'key', maxRetries: 0 })
    return {
      source: () => client.chat.completions.create({ model: 'm', messages: [], stream: true }),
      map: (chunk: OpenAI.ChatCompletionChunk) => chunk.choices[0]?.delta.content || undefined,
      waiting: () => provider.calls.length === 1,
      released: () => provider.calls[0]?.closed === true
    }
  }
}

const transports: Record<string, OpenOptions> = {
  'HTTP/1.1 GET': {},
  'HTTP/1.1 POST with a body': { body: { prompt: 'hi' } },
  'HTTP/2 GET': { http2: true },
  'HTTP/2 POST with a body': { http2: true, body: { prompt: 'hi' } }
}

for (const [transport, options] of Object.entries(transports)) {
  for (const [name, make] of Object.entries(sources)) {
    t.test(`aborts ${name} while next() is pending, over ${transport}`, async t => {
      const stalled = await make(t)
      const outcomes: string[] = []
      const { url, log } = await serve(
        t,
        app => {
          app.route({
            method: ['GET', 'POST'],
            url: '/',
            handler: (_request, reply) =>
              reply.sseFrom(stalled.source as SseSource<never>, {
                map: stalled.map ?? (item => item),
                onClose: ({ outcome }) => outcomes.push(outcome)
              })
          })
        },
        { http2: options.http2 === true }
      )
      const client = open(url, options)
      await client.has('token')
      await until('the source waits', stalled.waiting)
      t.notOk(stalled.released(), 'it runs while the client is there')
      client.leave()
      await until('the source is released', stalled.released)
      await until('onClose was called', () => outcomes.length > 0)
      t.same(outcomes, ['aborted'])
      t.same(
        log.filter(({ level }) => level > 30),
        [],
        'a client that leaves is no error'
      )
      t.equal(log.filter(({ msg }) => msg === 'stream closed prematurely' || msg === 'client left').length, 1)
    })
  }

  t.test(`aborts a source that has not yielded a token yet, over ${transport}`, async t => {
    let signal: AbortSignal | undefined
    const { url, log } = await serve(
      t,
      app => {
        app.route({
          method: ['GET', 'POST'],
          url: '/',
          handler: (_request, reply) =>
            reply.sseFrom(context => {
              signal = context.signal
              return never()
            })
        })
        app.setErrorHandler(error => {
          t.fail('a client that leaves is no error', { error })
        })
      },
      { http2: options.http2 === true }
    )
    const client = open(url, options)
    await until('the source is started', () => signal)
    client.leave()
    await until('the signal is aborted', () => signal?.aborted)
    await until('the log says so', () => log.some(({ msg }) => msg === 'client left'))
    t.same(
      log
        .filter(({ level }) => level >= 30)
        .map(({ msg }) => msg)
        .slice(-1),
      ['client left']
    )
  })

  t.test(`aborts a source that is paused for a slow client, over ${transport}`, async t => {
    let yields = 0
    let released = false
    const { url } = await serve(
      t,
      app => {
        app.route({
          method: ['GET', 'POST'],
          url: '/',
          handler: (_request, reply) =>
            reply.sseFrom(async function* () {
              try {
                for (;;) {
                  yields++
                  yield 'x'.repeat(64 * 1024)
                }
              } finally {
                released = true
              }
            })
        })
      },
      { http2: options.http2 === true }
    )
    const client = open(url, options)
    await client.has('xxx')
    client.pause()
    await settled('the source is held back', () => yields)
    client.leave()
    await until('the source is released', () => released)
    t.pass()
  })
}

t.test('cancels a source whose promise resolves after the client has left', async t => {
  let bring: (source: Readable) => void = () => {}
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        () =>
          new Promise<Readable>(resolve => {
            bring = resolve
          })
      )
    )
  })
  const client = open(url)
  const late = new Readable({ read() {} })
  await until('the request is there', () => log.some(({ msg }) => msg === 'incoming request'))
  await until('the source is started', () => bring.length === 1)
  client.leave()
  await until('the log says so', () => log.some(({ msg }) => msg === 'client left'))
  bring(late)
  await until('what came late is destroyed', () => late.destroyed)
  t.pass()
})

t.test('never starts a source whose client has already left', async t => {
  let socket: Socket | undefined
  let go: () => void = () => {}
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  const outcomes: string[] = []
  const openAlready = new Readable({ read() {} })
  const { url, log } = await serve(t, app => {
    app.addHook('preHandler', async request => {
      socket = request.raw.socket
      await gate
    })
    app.get('/function', (_request, reply) =>
      reply.sseFrom(
        () => {
          t.fail('the source was started')
          return []
        },
        { onClose: ({ outcome }) => outcomes.push(outcome) }
      )
    )
    app.get('/stream', (_request, reply) => reply.sseFrom(openAlready))
  })
  for (const path of ['/function', '/stream']) {
    socket = undefined
    const client = open(url + path)
    await until('the hook waits', () => socket)
    client.leave()
    await until('the server has noticed', () => socket?.destroyed)
  }
  go()
  await until('the log says so twice', () => log.filter(({ msg }) => msg === 'client left').length === 2)
  t.same(outcomes, ['aborted'])
  await until('an SDK stream that was open already is closed', () => openAlready.destroyed)
})

t.test('gives an aborted signal to a source that reads it after the client has left', async t => {
  let context: SourceContext | undefined
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(given => {
        context = given
        return never()
      })
    )
  })
  const client = open(url)
  await until('the source is started', () => context)
  client.leave()
  await until('the log says so', () => log.some(({ msg }) => msg === 'client left'))
  t.ok(context?.signal.aborted)
})

t.test('closes an open source when the client leaves while a hook delays the response', async t => {
  const openAlready = new Readable({ read() {} })
  let held = false
  const { url } = await serve(t, app => {
    app.addHook('onSend', () => {
      held = true
      return never()
    })
    app.get('/', (_request, reply) => reply.sseFrom(openAlready))
  })
  const client = open(url)
  await until('the hook holds the response', () => held)
  t.notOk(openAlready.destroyed)
  client.leave()
  await until('the source is closed', () => openAlready.destroyed)
})

t.test('sends nothing more after the client has left, even if items were ready', async t => {
  const summaries: StreamSummary[] = []
  const { url, log } = await serve(t, app => {
    app.get('/', (request, reply) =>
      reply.sseFrom(
        async function* () {
          yield 'first'
          yield 'second'
          request.raw.socket.destroy()
          await never()
        },
        { onClose: summary => summaries.push(summary) }
      )
    )
  })
  await open(url).end()
  await until('onClose was called', () => summaries.length)
  await new Promise(resolve => setImmediate(resolve))
  t.match(summaries, [{ outcome: 'aborted', events: 2, bytes: Buffer.byteLength('data: first\n\n') }])
  t.same(
    log.filter(({ level }) => level > 30),
    []
  )
})
