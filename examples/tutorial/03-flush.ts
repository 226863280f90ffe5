import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip } from 'node:zlib'

/** A stand-in for a model: one word every 300 ms. */
async function* model() {
  for (const word of ['Nobody', ' likes', ' to', ' wait', '.']) {
    await sleep(300)
    yield word
  }
}

const server = createServer(async (request, response) => {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'content-encoding': 'gzip',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no'
  })
  const gzip = createGzip()
  gzip.pipe(response)
  for await (const token of model()) {
    gzip.write(`data: ${token}\n\n`)
    if (request.url === '/flushed') gzip.flush()
  }
  gzip.end()
})

const port = Number(process.env.PORT ?? 3000)
server.listen(port, () => console.log(`Listening on http://localhost:${port}`))
