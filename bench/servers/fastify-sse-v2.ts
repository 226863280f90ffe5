import { createRequire } from 'node:module'
import Fastify, { type FastifyPluginAsync, type FastifyReply } from 'fastify'
import { sourceOf } from '../source.js'
import { disconnected, host } from './host.js'

// This package and `@fastify/sse` both declare `reply.sse`, so one program cannot import the types of both.
const { FastifySSEPlugin } = createRequire(import.meta.url)('fastify-sse-v2') as {
  FastifySSEPlugin: FastifyPluginAsync
}
type Reply = Omit<FastifyReply, 'sse'> & { sse(source: AsyncIterable<{ data: string }>): void }

async function* events(tokens: AsyncIterable<string>): AsyncGenerator<{ data: string }> {
  for await (const data of tokens) yield { data }
}

const app = Fastify()
await app.register(FastifySSEPlugin)
app.get('/*', (request, reply) => {
  const { sse } = reply as unknown as Reply
  sse.call(reply, events(sourceOf(request.url, disconnected(reply.raw))))
})

await app.ready()
host(app.server)
