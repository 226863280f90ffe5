import t from 'tap'
import { open } from '../../helpers/client.js'
import { redisNodes } from '../../helpers/redis-nodes.js'
import { until } from '../../helpers/until.js'

t.test('a stream whose meta Redis has evicted is created anew, and not stopped', async t => {
  const { redis, nodes } = await redisNodes(t, { lease: 300, stream: {}, plugin: { drainTimeout: 1 } })
  const [one, other] = nodes
  const metas = () => redis.keys('*:meta')
  const client = open(one.url)
  await until('the source has started', () => one.sources.length)
  one.sources[0]?.give('a')
  await client.has('data: a')
  await until('it is stored', async () => (await metas()).length)
  const [meta] = (await metas()) as [string]
  const log = meta.replace(/meta$/, 'log')
  await until('its event is stored', () => redis.exists(log))
  await redis.del(meta)
  await until('it is created anew', () => redis.exists(meta))
  const follower = open(`${other.url}/streams/${client.headers['x-stream-id']}`)
  await follower.has('data: a')
  one.sources[0]?.give('b', undefined)
  for (const reader of [client, follower]) {
    await reader.end()
    t.same(
      reader.events().map(({ event, data }) => event ?? data),
      ['a', 'b', 'done']
    )
  }
})
