import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'

const app = Fastify({ logger: true })

app.addHook('onRequest', async (_request, reply) => {
  reply.header('access-control-allow-origin', '*')
})

/** A stand-in for a model that thinks before each token, and may fail after the last. */
async function* model(tokens: number, failure?: Error) {
  try {
    for (let n = 1; n <= tokens; n++) {
      await sleep(300)
      yield `${n} `
    }
    if (failure !== undefined) throw failure
  } finally {
    app.log.info('the model has stopped')
  }
}

async function* frames(tokens: AsyncIterable<string>) {
  for await (const token of tokens) {
    const lines = token.split(/\r\n|\r|\n/).map(line => `data: ${line}\n`)
    yield `${lines.join('')}\n`
  }
}

const sources = {
  '/stream': () => model(10),
  '/refused': () => model(0, Object.assign(new Error('Slow down'), { statusCode: 429 })),
  '/failing': () => model(2, new Error('The provider has failed')),
  '/cut': () => model(2) // as if the provider's connection had ended too early
}

for (const [url, source] of Object.entries(sources)) {
  app.get(url, (_request, reply) =>
    reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-cache, no-transform')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(frames(source())))
  )
}

await app.listen({ port: Number(process.env.PORT ?? 3000) })
