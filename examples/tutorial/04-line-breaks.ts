import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A stand-in for a model that writes paragraphs, and then explains what an event looks like. */
async function* model() {
  for (const token of ['First.', '\n\n', 'Second.', '\n\nevent: done\ndata: forged']) {
    await sleep(300)
    yield token
  }
}

/** One event: a `data:` line for each line of the text, then an empty line. */
function frame(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map(line => `data: ${line}\n`)
  return `${lines.join('')}\n`
}

const server = createServer(async (request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for await (const token of model()) {
    response.write(request.url === '/naive' ? `data: ${token}\n\n` : frame(token))
  }
  response.end()
})

const port = Number(process.env.PORT ?? 3000)
server.listen(port, () => console.log(`Listening on http://localhost:${port}`))
