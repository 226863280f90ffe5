import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify, { type FastifyRequest } from 'fastify'
import { Redis } from 'ioredis'
import sseFrom, { type OnDisconnect, type ResumableOptions } from '../../../../plugin/index.js'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'

const {
  NAME = '',
  PORT = '0',
  REDIS_URL = '',
  PROVIDER = '',
  LEASE = '10000',
  SOCKET_TIMEOUT = '5000',
  DRAIN = '5000'
} = process.env

const client = new Redis(REDIS_URL, { connectionName: NAME, socketTimeout: Number(SOCKET_TIMEOUT) })
const subscriber = client.duplicate()
// Without a listener, ioredis writes errors to the console.
for (const connection of [client, subscriber]) connection.on('error', () => {})

const app = Fastify({ logger: { level: 'warn' } })
await app.register(sseFrom, {
  store: new RedisStore({ client, subscriber, lease: Number(LEASE), keep: 60_000, timeout: 500 }),
  drainTimeout: Number(DRAIN),
  retry: 10
})

app.addHook('onRequest', async (_request, reply) => {
  reply.header('x-node', NAME)
})
app.all('/whoami', async () => ({ name: NAME, pid: process.pid }))

interface Query {
  /** The query for the provider. */
  [parameter: string]: string
}
interface Id {
  id: string
}

// Streams with and without an owner have separate routes, as in an app.
for (const [path, owner] of [
  ['/stream', undefined],
  ['/mine', ({ headers }: FastifyRequest) => headers['x-user'] as string | undefined]
] as const) {
  app.route<{ Querystring: Query }>({
    method: ['GET', 'POST'],
    url: path,
    handler: ({ query, body }, reply) => {
      const resumable: ResumableOptions = { onDisconnect: 'continue' as OnDisconnect }
      if (owner !== undefined) Object.assign(resumable, { owner, anonymous: true })
      if (query.id !== undefined) resumable.id = query.id
      const asked = { ...query, ...(body as Query | undefined) }
      return reply.sseFrom(({ signal }) => answer(asked, signal), { resumable })
    }
  })
  const options = owner === undefined ? {} : { owner, anonymous: true }
  app.get<{ Params: Id }>(`${path}/:id`, ({ params }, reply) => reply.sseResume(params.id, options))
  app.delete<{ Params: Id }>(`${path}/:id`, async (request, reply) => {
    const whose = owner === undefined ? undefined : { owner: owner(request) }
    return reply.code((await app.sseStreams.stop(request.params.id, whose)) ? 204 : 404).send()
  })
}

/** Calls the provider like a paid one: once for each answer, and stopped by the signal. */
async function* answer(query: Query, signal: AbortSignal): AsyncGenerator<string, { finishReason: string }> {
  const call = request(`${PROVIDER}/?${new URLSearchParams({ ...query, node: NAME })}`, { agent: false, signal })
  call.end()
  const [response] = await once(call, 'response')
  let rest = ''
  // In Node 24 the iterator of readline loses lines if its input ends before they are read.
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() as string
    for (const line of lines) {
      yield JSON.parse(line)
      // Even a fast provider yields between its tokens.
      if (query.pace === '0') await turn()
    }
  }
  return { finishReason: 'stop' }
}

process.on('SIGTERM', async () => {
  await app.close()
  process.exit()
})
// A test that died leaves no process behind.
process.on('disconnect', () => process.exit())

await app.listen({ port: Number(PORT), host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as AddressInfo).port })
