import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'

const HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}

const app = Fastify({ logger: true })

/** A stand-in for a model that charges by the token, and stops when it is told to. */
async function* model(signal: AbortSignal) {
  for (let n = 1; n <= 10; n++) {
    await sleep(300, undefined, { signal })
    app.log.info(`token ${n} is on your bill`)
    yield `${n} `
  }
}

app.post('/stream', async (request, reply) => {
  reply.hijack()
  const left = new AbortController()
  request.raw.on('close', () => app.log.info('request.raw: close'))
  request.signal.addEventListener('abort', () => app.log.info('request.signal: abort'))
  reply.raw.on('close', () => {
    app.log.info('reply.raw: close')
    left.abort()
  })

  reply.raw.writeHead(200, HEAD)
  try {
    for await (const token of model(left.signal)) reply.raw.write(`data: ${token}\n\n`)
    reply.raw.end()
  } catch (error) {
    app.log.info(error, 'the source has stopped')
    reply.raw.destroy()
  }
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
