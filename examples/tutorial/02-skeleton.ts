import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A stand-in for a model: one word every 300 ms. */
async function* model() {
  for (const word of ['Nobody', ' likes', ' to', ' wait', '.']) {
    await sleep(300)
    yield word
  }
}

const server = createServer(async (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for await (const token of model()) response.write(`data: ${token}\n\n`)
  response.end()
})

const port = Number(process.env.PORT ?? 3000)
server.listen(port, () => console.log(`Listening on http://localhost:${port}`))
