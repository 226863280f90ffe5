import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'

/** A stand-in for a model: one word every 300 ms. */
async function* model() {
  for (const word of ['Nobody', ' likes', ' to', ' wait', '.']) {
    await sleep(300)
    yield word
  }
}

const app = Fastify({ logger: true })

app.get('/answer', async () => {
  let text = ''
  for await (const token of model()) text += token
  return { text }
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
