import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import sseFrom from '../../../../plugin/index.js'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'

/** The output of a fast model: tokens of about five bytes, one every 20 ms. */
const [STREAMS, TOKENS, PACE] = [20, 400, 20]
const REDIS_URL = process.env.REDIS_URL ?? 'redis://localhost:6379'

const redis = new Redis(REDIS_URL)

async function node() {
  const client = new Redis(REDIS_URL)
  const subscriber = client.duplicate()
  const app = Fastify({ forceCloseConnections: true })
  await app.register(sseFrom, { store: new RedisStore({ client, subscriber }), resumable: true })
  app.get('/', (_request, reply) =>
    reply.sseFrom(async function* () {
      for (let i = 0; i < TOKENS; i++) {
        await sleep(PACE)
        yield ` ${1000 + i}`
      }
    })
  )
  app.get<{ Params: { id: string } }>('/:id', (request, reply) => reply.sseResume(request.params.id))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const close = async () => {
    await app.close()
    client.disconnect()
    subscriber.disconnect()
  }
  return { url, close }
}

/** The work that Redis has done so far. */
async function work() {
  const info = `${await redis.info('commandstats')}${await redis.info('stats')}${await redis.info('cpu')}`
  const number = (pattern: RegExp) => Number(pattern.exec(info)?.[1] ?? 0)
  return {
    scripts: number(/cmdstat_evalsha:calls=(\d+)/),
    published: number(/cmdstat_publish:calls=(\d+)/),
    cpu: (number(/used_cpu_user:([\d.]+)/) + number(/used_cpu_sys:([\d.]+)/)) * 1e6,
    in: number(/total_net_input_bytes:(\d+)/),
    out: number(/total_net_output_bytes:(\d+)/)
  }
}

/** @param followers the number of clients that each stream has on another node */
async function measure(followers: number) {
  const [one, other] = [await node(), await node()]
  const before = await work()
  const ids: string[] = []
  await Promise.all(
    Array.from({ length: STREAMS }, async () => {
      const response = await fetch(one.url)
      const id = String(response.headers.get('x-stream-id'))
      ids.push(id)
      const others = Array.from({ length: followers }, async () => (await fetch(`${other.url}/${id}`)).text())
      await Promise.all([response.text(), ...others])
    })
  )
  // The last data may still be on its way.
  await sleep(500)
  const after = await work()
  const tokens = STREAMS * TOKENS
  const each = (name: keyof typeof after) => (after[name] - before[name]) / tokens
  let bytes = 0
  let rest = 0
  for (const id of ids) {
    bytes += Number(await redis.memory('USAGE', `sse:{${id}}:log`, 'SAMPLES', 0))
    rest += Number(await redis.memory('USAGE', `sse:{${id}}:meta`))
  }
  await Promise.all([one.close(), other.close()])
  const row = [each('scripts'), each('published'), each('cpu'), each('in'), each('out'), bytes / tokens, rest / STREAMS]
  return row.map(value => (value < 10 ? value.toFixed(2) : String(Math.round(value))))
}

const HEAD = [
  'scripts',
  'notifications',
  'CPU, µs',
  'bytes to Redis',
  'bytes from Redis',
  'memory, bytes',
  'memory beside, bytes'
]
console.log(
  `${STREAMS} streams of ${TOKENS} tokens, one every ${PACE} ms; a token, and, in the last column, a stream:\n`
)
console.log(`| followed elsewhere | ${HEAD.join(' | ')} |\n| --- |${HEAD.map(() => ' ---: |').join('')}`)
for (const followers of [0, 1]) {
  const row = await measure(followers)
  console.log(`| ${followers === 0 ? 'no' : 'yes'} | ${row.join(' | ')} |`)
}
redis.disconnect()
