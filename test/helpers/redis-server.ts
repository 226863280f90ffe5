import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { Test } from 'tap'
import { crash } from './crash.js'
import { freePort } from './free-port.js'
import { until } from './until.js'

const ATTEMPTS = 5

/** A `redis-server` with its own port and folder. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #options: readonly string[]
  #child: ChildProcess | undefined

  constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port
    this.#folder = folder
    this.#options = options
  }

  /** Starts or restarts it, with the data that it has on disk. @returns false if the port is taken */
  async start(): Promise<boolean> {
    const own = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder]
    const child = spawn('redis-server', [...own, '--save', '', '--loglevel', 'warning', ...this.#options], {
      stdio: 'ignore'
    })
    this.#child = child
    const hasExited = () => child.exitCode !== null || child.signalCode !== null
    await until('redis-server answers', async () => hasExited() || (await answers(this.port)))
    return !hasExited()
  }

  /** Freezes it, as a suspended machine, and lets it go on. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Kills it, as a crash would. */
  kill(): Promise<void> {
    return crash(this.#child)
  }
}

/**
 * Starts a `redis-server`. It is killed after the test.
 *
 * @param options for its command line; `'--appendonly', 'yes', '--appendfsync', 'always'` makes data survive a restart
 */
export async function redisServer(t: Test, ...options: string[]): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  // Another process may have taken the port meanwhile.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = new RedisServer(await freePort(), folder, options)
    t.teardown(() => server.kill())
    if (await server.start()) return server
  }
  throw new Error('redis-server did not start')
}

/** Connects a client. It is closed after the test. */
export function redisClient(t: Test, port: number, options: RedisOptions = {}): Redis {
  const client = new Redis({ port, host: '127.0.0.1', ...options })
  // Without a listener, ioredis prints errors.
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}

/** Starts a Redis Cluster of three masters. @returns their ports */
export async function redisCluster(t: Test): Promise<number[]> {
  const nodes: { port: number; bus: number }[] = []
  for (let i = 0; i < 3; i++) {
    const bus = await freePort()
    const options = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-node-timeout', '5000']
    const { port } = await redisServer(t, ...options)
    nodes.push({ port, bus })
  }
  const clients = nodes.map(({ port }) => redisClient(t, port))
  const borders = [0, 5461, 10_923, 16_384]
  for (const [i, client] of clients.entries()) {
    await client.cluster('ADDSLOTSRANGE', borders[i] as number, (borders[i + 1] as number) - 1)
    for (const { port, bus } of nodes) await client.call('cluster', 'meet', '127.0.0.1', port, bus)
  }
  const knowsAll = async (client: Redis) => {
    const info = String(await client.cluster('INFO'))
    return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
  }
  await until('all nodes know the whole cluster', async () => (await Promise.all(clients.map(knowsAll))).every(Boolean))
  for (const client of clients) client.disconnect()
  return nodes.map(({ port }) => port)
}

/** Connects a client to a cluster. It is closed after the test. */
export function clusterClient(t: Test, ports: readonly number[], options: ClusterOptions = {}): Cluster {
  const cluster = new Cluster(
    ports.map(port => ({ port, host: '127.0.0.1' })),
    options
  )
  cluster.on('error', () => {})
  t.teardown(() => cluster.disconnect())
  return cluster
}

/** Whether Redis listens on the port, and has loaded its data. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    return await new Promise<boolean>(resolve => {
      socket.once('error', () => resolve(false))
      socket.once('close', () => resolve(false))
      socket.once('data', data => resolve(/^(\+PONG|-NOAUTH)/.test(data.toString())))
      socket.write('PING\r\n')
    })
  } finally {
    socket.destroy()
  }
}
