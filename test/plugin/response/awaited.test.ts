import { connect } from 'node:net'
import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

async function* forever() {
  yield 'a'
  await new Promise(() => {})
}

for (const http2 of [false, true]) {
  t.test(`a handler can await the end of its response, over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
    const over: string[] = []
    const { url } = await serve(
      t,
      app => {
        app.get('/complete', async (_request, reply) => {
          await reply.sseFrom(['a'])
          over.push('complete')
        })
        app.get('/left', async (_request, reply) => {
          await reply.sseFrom(forever)
          over.push('left')
        })
        app.get('/twice', async (_request, reply) => {
          reply.sseFrom(['a'])
          await Promise.all([reply, reply])
          await reply
          over.push('twice')
        })
      },
      { http2 }
    )
    for (const name of ['complete', 'twice']) t.equal((await fetchAll(`${url}/${name}`, { http2 })).ended, 'clean')
    await until('both handlers have ended', () => over.length === 2)
    const client = open(`${url}/left`, { http2 })
    await client.has('data: a')
    t.strictSame(over, ['complete', 'twice'])
    client.leave()
    await until('the handler has ended', () => over.length === 3)
  })
}

t.test('a handler whose client has left awaits nothing', async t => {
  let leave!: () => void
  let isOver = false
  const { port } = await serve(t, app => {
    app.get('/', async (request, reply) => {
      const { socket } = request.raw
      leave()
      await until('the client is gone', () => socket.destroyed)
      await reply.sseFrom(forever)
      isOver = true
    })
  })
  const socket = connect(port, '127.0.0.1')
  leave = () => socket.destroy()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await until('the handler has ended', () => isOver)
})
