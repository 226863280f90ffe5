import t from 'tap'
import { serve } from '../../helpers/server.js'

t.test('an id that an app takes from a request is 400 if it is malformed, whatever it is', async t => {
  let started = 0
  const { app } = await serve(t, app => {
    const id = (query: unknown) => JSON.parse((query as { id: string }).id)
    app.get('/begin', ({ query }, reply) =>
      reply.sseFrom(
        async function* () {
          started++
          yield 'x'
        },
        { resumable: { id: id(query) } }
      )
    )
    app.get('/follow', ({ query }, reply) => reply.sseResume(id(query)))
    app.get('/stop', async ({ query }) => ({ stopped: await app.sseStreams.stop(id(query)) }))
  })
  const ask = (path: string, id: unknown) => app.inject(`${path}?id=${encodeURIComponent(JSON.stringify(id))}`)
  for (const id of ['', 'a b', 'a:1', 'é', '../a', 'a\n', 'a'.repeat(129), null, 5, true, ['a'], ['a', 'b'], {}]) {
    for (const path of ['/begin', '/follow']) {
      const response = await ask(path, id)
      t.equal(response.statusCode, 400, `${path} ${JSON.stringify(id)}`)
      t.match(response.json(), {
        code: 'FST_SSE_ID_INVALID',
        message: /stream id has 1 to 128 letters, digits, - or _$/
      })
    }
    t.same((await ask('/stop', id)).json(), { stopped: false })
  }
  t.equal(started, 0)
  for (const id of ['a', 'A-1_b', 'a'.repeat(128)]) t.equal((await ask('/begin', id)).statusCode, 200)
  t.equal(started, 3)
})
