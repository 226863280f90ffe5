import { PGlite } from '@electric-sql/pglite'
import t from 'tap'
import { until } from '../helpers/until.js'
import '../helpers/package-names.js'
import { build } from '../helpers/server.js'

const { PostgresStore, SCHEMA } = await import('../../examples/event-store/postgres-store.js')

t.test('PostgresStore', async t => {
  const database = await PGlite.create()
  await database.exec(SCHEMA)

  t.test('a client resumes its stream on another node', async t => {
    const newNode = async () => {
      const { app } = build(t, { plugin: { store: new PostgresStore(database), resumable: true } })
      await app.after()
      app.get('/', (_request, reply) => reply.sseFrom(() => ['a', 'b\0c', '日本語']))
      return app
    }
    const [one, other] = [await newNode(), await newNode()]
    const { body } = await one.inject('/')
    const [first = '', ...rest] = body.split(/(?<=\n\n)/)
    const id = /^id: (.*)$/m.exec(first)?.[1]
    t.match(id, /:1$/)
    await until('the stream is stored', async () => {
      const { rows } = await database.query<{ done: boolean }>('SELECT end_frame IS NOT NULL AS done FROM sse_log')
      return rows[0]?.done === true
    })
    const resumed = await other.inject({ url: '/', headers: { 'last-event-id': id } })
    t.equal(resumed.body, rest.join(''))
  })

  t.test('every call fails if the database cannot be reached, and tells no secret', async t => {
    await database.close()
    const store = new PostgresStore(database)
    store.subscribe(() => t.fail('notified'))()
    for (const call of [
      store.create('secret', 'secret', 'secret'),
      store.append('secret', 'secret', 1, ['secret']),
      store.renew('secret', 'secret'),
      store.read('secret', 0),
      store.follow('secret'),
      store.unfollow('secret'),
      store.endLost('secret', 'secret'),
      store.stop('secret')
    ]) {
      const error = await call.catch(error => error)
      t.match(error, { code: 'FST_SSE_STORE_UNAVAILABLE', cause: Error })
      t.notMatch(JSON.stringify([{ ...error.cause }, error.cause.message, error.message]), /secret/)
    }
  })
})

await import('../../examples/event-store/conformance-tap.js')
