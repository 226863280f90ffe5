import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

const app = Fastify({ logger: true })

app.addHook('onRequest', async (_request, reply) => {
  reply.header('access-control-allow-origin', '*')
})

await app.register(sseFrom)

/** A stand-in for a model that thinks before each token, and may fail after the last. */
async function* model(signal: AbortSignal, tokens: number, failure?: Error) {
  try {
    for (let n = 1; n <= tokens; n++) {
      await sleep(300, undefined, { signal })
      yield `${n}\n`
    }
    if (failure !== undefined) throw failure
  } finally {
    app.log.info('the model has stopped')
  }
}

const sources = {
  '/stream': (signal: AbortSignal) => model(signal, 10),
  '/refused': (signal: AbortSignal) => model(signal, 0, Object.assign(new Error('Slow down'), { statusCode: 429 })),
  '/failing': (signal: AbortSignal) => model(signal, 2, new Error('The provider has failed'))
}

for (const [url, source] of Object.entries(sources)) {
  app.route({ method: ['GET', 'POST'], url, handler: (_, reply) => reply.sseFrom(({ signal }) => source(signal)) })
}

await app.listen({ port: Number(process.env.PORT ?? 3000) })
