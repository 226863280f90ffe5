import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'

const HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}

const app = Fastify({ logger: true })

/** A stand-in for a model that charges by the token. */
async function* model(tokens: number) {
  for (let n = 1; n <= tokens; n++) {
    await sleep(300)
    app.log.info(`token ${n} is on your bill`)
    yield `${n} `
  }
}

// What @fastify/cors, @fastify/helmet and your own hooks do.
app.addHook('onRequest', async (_request, reply) => {
  reply.header('access-control-allow-origin', '*')
})

app.get('/stream', async (_request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, HEAD)
  for await (const token of model(10)) reply.raw.write(`data: ${token}\n\n`)
  reply.raw.end()
})

app.get('/failing', async (_request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, HEAD)
  for await (const token of model(1)) reply.raw.write(`data: ${token}\n\n`)
  throw new Error('the provider has failed')
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
