import { openStream } from 'fastify-sse-from/client'

const stream = openStream(process.env.URL ?? 'http://localhost:3000/stream', {
  onReconnect: ({ attempt, delay, error }) => console.error(`${error.message}; try ${attempt} in ${delay} ms`)
})

process.once('SIGINT', () => stream.close())

for await (const { event, data } of stream) {
  if (event === 'message') process.stdout.write(String(data))
  else console.log(`\n${event}: ${JSON.stringify(data)}`)
}
