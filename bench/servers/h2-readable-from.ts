import { Readable } from 'node:stream'
import Fastify from 'fastify'
import { sourceOf } from '../source.js'
import { DONE, disconnected, HEAD, host, TLS } from './host.js'

/** What people write by hand with Fastify. */
const app = Fastify({ http2: true, https: TLS })

async function* events(tokens: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const token of tokens) yield `data: ${token}\n\n`
  yield DONE
}

app.get('/*', (request, reply) =>
  reply.headers(HEAD).send(Readable.from(events(sourceOf(request.url, disconnected(reply.raw)))))
)

await app.ready()
host(app.server)
