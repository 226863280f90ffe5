import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type { Test } from 'tap'
import { crash } from '../../../helpers/crash.js'
import { type RedisServer, redisClient, redisServer } from '../../../helpers/redis-server.js'
import { type TcpProxy, tcpProxy } from '../../../helpers/tcp-proxy.js'
import { until } from '../../../helpers/until.js'
import { nginx } from './nginx.js'
import { type Provider, startProvider } from './provider.js'

const NAMES = ['one', 'two', 'three']

/** A server in a separate process. */
export class Node {
  readonly name: string
  /** The proxy between it and Redis. */
  readonly network: TcpProxy
  readonly #variables: Record<string, string>
  #child: ChildProcess | undefined
  #port = 0
  #log = ''

  constructor(name: string, network: TcpProxy, variables: Record<string, string>) {
    this.name = name
    this.network = network
    this.#variables = variables
  }

  /** Its own address, without nginx. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  /** Its log lines of level `warn` and above. */
  get log(): string {
    return this.#log
  }

  /** Starts it. It keeps its port when it is started again. */
  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'node.ts'), {
      env: { ...process.env, ...this.#variables, NAME: this.name, PORT: `${this.#port}` },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    })
    this.#child = child
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', chunk => {
        this.#log += chunk
      })
    }
    let isUp = false
    child.on('message', ({ port }: { port: number }) => {
      this.#port = port
      isUp = true
    })
    await until(`node ${this.name} listens`, () => {
      if (child.exitCode !== null) throw new Error(`node ${this.name} ended: ${this.#log}`)
      return isUp
    })
  }

  /** Kills it, like a crash. */
  kill(): Promise<void> {
    return crash(this.#child)
  }

  /** Stops it as a process manager does, and starts it again when its streams have ended. */
  async restart(): Promise<void> {
    const child = this.#child as ChildProcess
    child.kill('SIGTERM')
    await until(`node ${this.name} ends`, () => child.exitCode !== null)
    await this.start()
  }

  /** Freezes it, like a suspended machine, and continues it. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }
}

export interface Cluster {
  /** The URL for clients: that of nginx. */
  readonly url: string
  readonly nodes: readonly [Node, Node, Node]
  readonly server: RedisServer
  /** A connection for reading Redis. */
  readonly redis: Redis
  readonly provider: Provider
  node(name: string): Node
  others(name: string): [Node, Node]
}

/**
 * Starts three nodes with one Redis, behind an nginx that sends each request to the next node. Stops all of them after
 * the test.
 */
export async function startCluster(t: Test, variables: Record<string, string> = {}): Promise<Cluster> {
  const [server, provider] = await Promise.all([redisServer(t), startProvider(t)])
  const started = NAMES.map(async name => {
    const network = await tcpProxy(t, server.port)
    const node = new Node(name, network, {
      ...variables,
      REDIS_URL: `redis://127.0.0.1:${network.port}`,
      PROVIDER: provider.url
    })
    t.teardown(() => node.kill())
    await node.start()
    return node
  })
  const nodes = (await Promise.all(started)) as [Node, Node, Node]
  const url = await nginx(
    t,
    nodes.map(({ port }) => port)
  )
  return {
    url,
    nodes,
    server,
    redis: redisClient(t, server.port),
    provider,
    node: name => nodes.find(node => node.name === name) as Node,
    others: name => nodes.filter(node => node.name !== name) as [Node, Node]
  }
}

/** The remaining time to live of all keys in Redis, in milliseconds; -1 for a key that never expires. */
export async function keyTimes(redis: Redis): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  for await (const keys of redis.scanStream({ count: 1000 })) {
    for (const key of keys as string[]) {
      const left = await redis.pttl(key)
      // It may have expired meanwhile.
      if (left !== -2) times.set(key, left)
    }
  }
  return times
}

/** The number of connections from each node to Redis. */
export async function connections(redis: Redis): Promise<Record<string, number>> {
  const list = String(await redis.client('LIST'))
  const names = [...list.matchAll(/ name=(\w+)/g)].map(([, name]) => name as string)
  return Object.fromEntries(NAMES.map(name => [name, names.filter(other => other === name).length]))
}
