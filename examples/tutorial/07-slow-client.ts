import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'

const HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}
const MIB = 1024 * 1024

const app = Fastify({ logger: true })

/** A stand-in for a fast source: 64 MiB, one at a time. */
async function* source() {
  for (let n = 1; n <= 64; n++) {
    await sleep(10)
    yield 'x'.repeat(MIB)
  }
}

app.get('/naive', async (_request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, HEAD)
  for await (const text of source()) reply.raw.write(`data: ${text}\n\n`)
  app.log.info(`${Math.round(reply.raw.writableLength / MIB)} MiB are buffered`)
  reply.raw.end()
})

app.get('/paced', async (_request, reply) => {
  const left = new AbortController()
  reply.raw.on('close', () => left.abort())
  reply.hijack()
  reply.raw.writeHead(200, HEAD)
  try {
    for await (const text of source()) {
      if (reply.raw.write(`data: ${text}\n\n`)) continue
      app.log.info(`${Math.round(reply.raw.writableLength / MIB)} MiB are buffered, and the source waits`)
      await once(reply.raw, 'drain', { signal: left.signal }) // a client that has left never drains
    }
    reply.raw.end()
  } catch (error) {
    app.log.info(error, 'the source has stopped')
    reply.raw.destroy()
  }
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
