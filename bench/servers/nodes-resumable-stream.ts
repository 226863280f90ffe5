import { Readable } from 'node:stream'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { createResumableStreamContext } from 'resumable-stream/ioredis'
import { sources } from '../source.js'
import { HEAD, host } from './host.js'

/** Two nodes that share nothing but Redis. */
const nodes = [0, 1].map(() =>
  createResumableStreamContext({
    waitUntil: null,
    publisher: new Redis(Number(process.env.REDIS)),
    subscriber: new Redis(Number(process.env.REDIS))
  })
)
const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]

async function* events(): AsyncGenerator<string> {
  let sequence = 0
  for await (const token of sources.held(new AbortController().signal)) yield `id: ${++sequence}\ndata: ${token}\n\n`
}

type Query = { Querystring: { id: string; skip?: string } }
const app = Fastify()
app.get<Query>('/one', async ({ query }, reply) => {
  const stream = await one.createNewResumableStream(query.id, () => ReadableStream.from(events()))
  return reply.headers(HEAD).send(Readable.fromWeb(stream as never))
})
app.get<Query>('/two', async ({ query }, reply) => {
  const stream = await two.resumeExistingStream(query.id, Number(query.skip))
  return reply.headers(HEAD).send(Readable.fromWeb(stream as never))
})

await app.ready()
host(app.server)
