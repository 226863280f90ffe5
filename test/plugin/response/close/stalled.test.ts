import { connect as connect2 } from 'node:http2'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import type { StreamSummary } from '../../../../plugin/index.js'
import { serve } from '../../../helpers/server.js'
import { settled, until } from '../../../helpers/until.js'

/** Asks for a stream, and does not read it. */
function stall(t: Test, port: number, http2: boolean): () => boolean {
  if (!http2) {
    const socket = connect(port, '127.0.0.1').pause()
    t.teardown(() => socket.destroy())
    socket.on('error', () => {}).write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    return () => true
  }
  const session = connect2(`http://127.0.0.1:${port}`)
  t.teardown(() => session.destroy())
  let isBroken = false
  session.on('error', () => {})
  const request = session.request({ ':path': '/' }).pause()
  request
    .on('error', () => {})
    .on('close', () => {
      isBroken = request.rstCode !== 0
    })
  return () => isBroken
}

for (const http2 of [false, true]) {
  const over = http2 ? 'HTTP/2' : 'HTTP/1.1'
  t.test(`a server that closes does not wait for a client that takes nothing, over ${over}`, async t => {
    const summaries: StreamSummary[] = []
    let given = 0
    const { app, port } = await serve(
      t,
      app => {
        app.get('/', (_request, reply) =>
          reply.sseFrom(
            async function* () {
              for (;;) {
                given++
                yield 'x'.repeat(64 * 1024)
              }
            },
            { onClose: summary => summaries.push(summary) }
          )
        )
      },
      { http2, plugin: { drainTimeout: 0, writeTimeout: false } }
    )
    const isBroken = stall(t, port, http2)
    await until('the source runs', () => given)
    await settled('the client holds it back', () => given)
    await app.close()
    t.match(summaries, [{ outcome: 'closed' }])
    await until('the end does not look complete', isBroken)
  })
}
