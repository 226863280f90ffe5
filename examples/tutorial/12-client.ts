import { openStream } from 'fastify-sse-from/client'

const url = process.env.URL ?? 'http://localhost:3000/chat'
const body = { prompt: 'hello there' }

/** The loop that many programs use. It takes every chunk for whole lines. */
async function naive() {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    for (const line of decoder.decode(chunk).split('\n')) {
      if (line.startsWith('data: ')) text += line.slice('data: '.length)
    }
  }
  return text
}

console.log(`naive:  ${await naive()}`)
console.log(`client: ${await openStream(url, { body }).text()}`)
