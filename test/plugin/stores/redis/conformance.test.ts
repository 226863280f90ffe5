import t from 'tap'
import { eventStoreConformance } from '../../../../plugin/stores/conformance/conformance.js'
import { RedisStore, type RedisStoreOptions } from '../../../../plugin/stores/redis/redis-store.js'
import { clusterClient, redisClient, redisCluster, redisServer } from '../../../helpers/redis-server.js'

type Connections = Pick<RedisStoreOptions, 'client' | 'subscriber'>

/** Runs the tests on two nodes, each with connections of its own. */
function conforms(one: Connections, other: Connections): void {
  for (const { name, run } of eventStoreConformance) {
    t.test(name, () =>
      run(wishes => ({ stores: [new RedisStore({ ...one, ...wishes }), new RedisStore({ ...other, ...wishes })] }))
    )
  }
}

const { port } = await redisServer(t)
const redis = () => redisClient(t, port)
conforms({ client: redis(), subscriber: redis() }, { client: redis(), subscriber: redis() })

const ports = await redisCluster(t)
const [one, other] = [clusterClient(t, ports), clusterClient(t, ports)]
conforms({ client: one, subscriber: one }, { client: other, subscriber: other })
