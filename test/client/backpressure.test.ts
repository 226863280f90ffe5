import t from 'tap'
import { openStream } from '../../client/index.js'
import { serve } from '../helpers/server.js'
import { settled, until } from '../helpers/until.js'

const SIZE = 64 * 1024
/** Far more events than sockets buffer. */
const COUNT = 3000
const HELD = 32 * 1024 * 1024

t.test('a slow reader slows the source', async t => {
  let given = 0
  let isOver = false
  const { url } = await serve(t, app =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        try {
          while (given < COUNT) yield String(given++ % 10).repeat(SIZE)
        } finally {
          isOver = true
        }
      })
    )
  )
  let read = 0
  for await (const { event, data } of openStream(url, { idleTimeout: false })) {
    if (event === 'done') break
    if (read === 0 || read === COUNT / 2) {
      await settled('what is held', () => given)
      t.ok((given - read) * SIZE < HELD, `${given - read} events are held`)
      t.equal(isOver, false)
    }
    if (data !== String(read % 10).repeat(SIZE)) t.fail(`event ${read} is wrong`)
    read++
  }
  t.equal(read, COUNT)
})

t.test('a reader that leaves ends the source', async t => {
  let isAborted = false
  const { url } = await serve(t, app =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* ({ signal }) {
        signal.addEventListener('abort', () => {
          isAborted = true
        })
        for (;;) yield 'a'.repeat(SIZE)
      })
    )
  )
  let read = 0
  for await (const _ of openStream(url)) if (++read === 100) break
  await until('the source is cancelled', () => isAborted)
})
