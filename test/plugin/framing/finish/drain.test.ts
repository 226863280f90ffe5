import t, { type Test } from 'tap'
import type { SourceContext, StreamFinish, StreamOptions } from '../../../../plugin/index.js'
import { sendWhole } from '../../../../plugin/toolkit.js'
import { open } from '../../../helpers/client.js'
import { serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

type Source = (context: SourceContext) => AsyncIterable<unknown> | Iterable<unknown> | Promise<AsyncIterable<unknown>>

interface Drained {
  finish: StreamFinish
  /** Milliseconds from the leaving of the client to `onFinish`. */
  took: number
  text: string
  log: { msg: string; level: number; err?: { message: string } }[]
}

/** A client leaves after the first token of a source. @returns what `onFinish` was told */
async function leaveAfterToken(
  t: Test,
  source: Source,
  { drainForUsage = 60_000, whole = false, ...options }: StreamOptions<unknown> & { whole?: boolean } = {}
): Promise<Drained> {
  let finish: StreamFinish | undefined
  const onFinish = (given: StreamFinish) => {
    finish = given
  }
  const { url, log } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) => {
        if (!whole) return reply.sseFrom(source as never, { ...options, drainForUsage, onFinish })
        return sendWhole(reply, source as never, ({ text }) => ({ text }), { onFinish })
      })
    },
    { plugin: { drainForUsage } }
  )
  const client = open(url)
  if (whole) await until('it has started', () => log.some(({ msg }) => msg === 'incoming request'))
  else await client.has('token')
  const leftAt = performance.now()
  client.leave()
  await until('onFinish is called', () => finish)
  return { finish: finish as StreamFinish, took: performance.now() - leftAt, text: client.text(), log }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })

t.test('a source that was aborted yields its usage', async t => {
  for (const options of [{}, { resumable: { onDisconnect: 'abort' as const } }]) {
    let cleanedUp = false
    const { finish } = await leaveAfterToken(
      t,
      async function* ({ signal }) {
        try {
          yield 'token'
          await aborted(signal)
          yield { usage: { output_tokens: 1 } }
          yield 'late'
          await new Promise(resolve => setImmediate(resolve))
          yield { usage: { output_tokens: 7 } }
        } finally {
          cleanedUp = true
        }
      },
      options
    )
    t.match(finish, { outcome: 'aborted', partial: true, text: 'token', usage: { output_tokens: 7 } })
    t.ok(cleanedUp)
  }
})

t.test('a source that was aborted returns its usage', async t => {
  for (const whole of [false, true]) {
    const { finish } = await leaveAfterToken(
      t,
      async function* ({ signal }) {
        yield 'token'
        await aborted(signal)
        return { finishReason: 'stop', usage: { totalTokens: 7 } }
      },
      { whole }
    )
    t.match(finish, { outcome: 'aborted', usage: { totalTokens: 7 }, result: undefined })
  }
})

t.test('without drainForUsage it is cancelled at once', async t => {
  let yields = 0
  const { finish } = await leaveAfterToken(
    t,
    async function* ({ signal }) {
      yield { event: 'a', data: 'token', usage: undefined }
      await aborted(signal)
      yields++
      yield { usage: { output_tokens: 7 } }
      yields++
    },
    { drainForUsage: 0 }
  )
  t.equal(finish.usage, undefined)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(yields, 1)
})

t.test('it is bounded: a source that goes on is cancelled when the time is up', async t => {
  const sources: Record<string, (released: () => void) => Source> = {
    'is silent': released => () => ({
      [Symbol.asyncIterator]: () => {
        let calls = 0
        return {
          next: () => (++calls === 1 ? Promise.resolve({ done: false, value: 'token' }) : new Promise(() => {})),
          return: () => {
            released()
            return Promise.resolve({ done: true, value: undefined })
          }
        }
      }
    }),
    'never ends': released =>
      async function* () {
        try {
          for (;;) {
            yield 'token'
            await new Promise(resolve => setImmediate(resolve))
          }
        } finally {
          released()
        }
      },
    'is always ready': released =>
      function* () {
        try {
          for (;;) yield 'token'
        } finally {
          released()
        }
      }
  }
  for (const [name, make] of Object.entries(sources)) {
    let isReleased = false
    const source = make(() => {
      isReleased = true
    })
    const { finish, took } = await leaveAfterToken(t, source, { drainForUsage: 30 })
    t.match(finish, { outcome: 'aborted', usage: undefined }, name)
    t.ok(took >= 29, `${name}: ${took} ms`)
    await until('it is released', () => isReleased)
  }
})

t.test('a source that fails while it is drained is no failure', async t => {
  const { finish, log } = await leaveAfterToken(t, async function* ({ signal }) {
    yield 'token'
    await aborted(signal)
    yield { usage: { output_tokens: 3 } }
    throw signal.reason
  })
  t.match(finish, { outcome: 'aborted', error: undefined, usage: { output_tokens: 3 } })
  t.same(
    log.filter(({ level }) => level > 30),
    []
  )
  t.equal(log.filter(({ msg }) => msg === 'the source of an ended stream failed').length, 1)
})

t.test('a source that has failed itself is not asked again', async t => {
  let calls = 0
  let finish: StreamFinish | undefined
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(
        {
          [Symbol.asyncIterator]: () => ({
            next: async () => {
              if (++calls === 2) throw new Error('no')
              return { done: false, value: 'token' }
            }
          })
        },
        {
          drainForUsage: 60_000,
          onFinish: given => {
            finish = given
          }
        }
      )
    )
  })
  await open(url).end()
  await until('onFinish is called', () => finish)
  t.equal(calls, 2)
})

t.test('what is drained is not sent, and the duration is that of the stream', async t => {
  const { finish, text } = await leaveAfterToken(t, async function* ({ signal }) {
    yield 'token'
    await aborted(signal)
    await new Promise(resolve => setTimeout(resolve, 50))
    yield 'late'
  })
  t.notMatch(text, 'late')
  t.equal(finish.events.length, 1)
  t.ok(finish.duration < 10_000)
})

t.test('app.close() waits for what is drained', async t => {
  const finishes: StreamFinish[] = []
  const { app, url } = await serve(
    t,
    app => {
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          async function* ({ signal }) {
            yield 'token'
            await aborted(signal)
            await new Promise(resolve => setTimeout(resolve, 20))
            yield { usage: { output_tokens: 3 } }
          },
          { onFinish: finish => void finishes.push(finish) }
        )
      )
    },
    { plugin: { drainTimeout: 1, drainForUsage: 60_000 } }
  )
  await open(url).has('token')
  await app.close()
  t.match(finishes, [{ outcome: 'closed', usage: { output_tokens: 3 } }])
})
