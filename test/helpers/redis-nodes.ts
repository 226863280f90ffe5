import type { Redis } from 'ioredis'
import type { Test } from 'tap'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'
import { type RedisServer, redisClient, redisServer } from './redis-server.js'
import { type Node, type NodeOptions, node } from './stepped.js'
import { type TcpProxy, tcpProxy } from './tcp-proxy.js'

export interface RedisNode extends Node {
  /** The network between this node and Redis. */
  network: TcpProxy
  store: RedisStore
}

export interface RedisNodesOptions extends NodeOptions {
  lease?: number
  keep?: number
  timeout?: number
  linger?: number
}

export interface RedisNodes {
  server: RedisServer
  /** A connection for the test. */
  redis: Redis
  nodes: [RedisNode, RedisNode]
}

/** Starts a Redis, and two nodes that use it. */
export async function redisNodes(
  t: Test,
  { lease = 10_000, keep = 300_000, timeout = 1000, linger = 0, ...options }: RedisNodesOptions = {}
): Promise<RedisNodes> {
  const server = await redisServer(t)
  const start = async (): Promise<RedisNode> => {
    const network = await tcpProxy(t, server.port)
    const client = redisClient(t, network.port)
    const subscriber = redisClient(t, network.port)
    const store = new RedisStore({ client, subscriber, lease, keep, timeout, linger })
    const started = await node(t, { ...options, plugin: { drainTimeout: 1, ...options.plugin, store } })
    return { ...started, network, store }
  }
  return { server, redis: redisClient(t, server.port), nodes: [await start(), await start()] }
}
