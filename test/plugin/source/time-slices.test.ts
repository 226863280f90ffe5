import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'

/** Counts the writes of a stream to its response. */
function countWrites(app: Awaited<ReturnType<typeof serve>>['app']): { writes: number } {
  const count = { writes: 0 }
  app.addHook('onRequest', async (_request, reply) => {
    for (const method of ['write', 'end'] as const) {
      const original = reply.raw[method].bind(reply.raw) as (...args: unknown[]) => unknown
      Object.assign(reply.raw, {
        [method](...args: unknown[]) {
          if (args.length > 0) count.writes++
          return original(...args)
        }
      })
    }
  })
  return count
}

t.test('sends the first event at once, and later ones that are ready in the same turn in one write', async t => {
  let count = { writes: 0 }
  const { url } = await serve(t, app => {
    count = countWrites(app)
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        yield* ['a', 'b', 'c', 'd']
      })
    )
  })
  const client = await fetchAll(url)
  t.same(
    client.events().map(({ data }) => data),
    ['a', 'b', 'c', 'd', '{}']
  )
  t.equal(count.writes, 2)
})

t.test('sends the first event before it reads on from a source that is always ready', async t => {
  const waiting: number[] = []
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        yield 'first'
        waiting.push(reply.raw.writableLength)
        yield 'second'
      })
    )
  })
  await fetchAll(url)
  t.same(waiting, [0])
})

t.test('sends 1000 tokens that are ready in a bounded number of writes', async t => {
  let count = { writes: 0 }
  const { url } = await serve(t, app => {
    count = countWrites(app)
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        for (let i = 0; i < 1000; i++) yield ` token${i}`
      })
    )
  })
  const client = await fetchAll(url)
  t.equal(client.events().length, 1001)
  // More writes are needed if the time slice ends before its number of items.
  t.ok(count.writes <= 20, `${count.writes} writes`)
})

t.test('sends each token as soon as the source yields it', async t => {
  const steps = new Steps()
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        for (let i = 0; i < 20; i++) {
          yield `token ${i}.`
          // The next token is yielded only after the client has this one.
          await steps.next()
        }
      })
    )
  })
  const client = open(url)
  for (let i = 0; i < 20; i++) {
    await client.has(`token ${i}.`)
    steps.go()
  }
  await client.end()
  t.equal(client.events().length, 21)
})

const alwaysReady: Record<string, () => AsyncIterable<unknown> | Iterable<unknown>> = {
  'an async generator': async function* (): AsyncGenerator<unknown> {
    for (;;) yield 'x'
  },
  'a sync generator': function* (): Generator<unknown> {
    for (;;) yield 'x'
  },
  'a source whose items are all skipped': async function* (): AsyncGenerator<unknown> {
    for (;;) yield undefined
  }
}

for (const [name, source] of Object.entries(alwaysReady)) {
  t.test(`lets timers and other streams go on while ${name} is always ready`, async t => {
    let started = false
    let stop = false
    const { url } = await serve(t, app => {
      app.get('/busy', (_request, reply) =>
        reply.sseFrom(source, {
          map: item => {
            started = true
            if (stop) throw Object.assign(new Error('enough'), { statusCode: 400 })
            return item
          }
        })
      )
      app.get('/other', (_request, reply) => reply.sseFrom(['x']))
    })
    const busy = open(`${url}/busy`)
    await until('the busy source runs', () => started)
    const other = await fetchAll(`${url}/other`)
    t.equal(other.ended, 'clean')
    t.equal(busy.ended, undefined)
    stop = true
    await until('the source was stopped', () => busy.ended)
  })
}
