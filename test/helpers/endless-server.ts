import Fastify from 'fastify'
import sseFrom from '../../plugin/index.js'

/**
 * A server in its own process, so that its memory can be measured. `GET /?bytes=n` streams events of 64 KiB, n bytes in
 * all. `GET /memory` returns the resident memory.
 */
const app = Fastify()
app.register(sseFrom, { heartbeat: 10 })
app.register(async app => {
  app.get<{ Querystring: { bytes: string } }>('/', ({ query }, reply) =>
    reply.sseFrom(async function* () {
      const size = 64 * 1024
      for (let left = Number(query.bytes); left > 0; left -= size) yield String(left % 10).repeat(size)
    })
  )
  app.get('/memory', async () => process.memoryUsage.rss())
})
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
