import { spawn, spawnSync } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { canPin } from './process.js'

/** Whether `redis-server` is installed. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0
}

/** Starts a `redis-server` that writes nothing to disk, on the core of the load generator. */
export async function startRedis(): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort()
  const command = ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '']
  const [program = '', ...args] = canPin ? ['taskset', '--cpu-list', '1', ...command] : command
  const child = spawn(program, args, { stdio: 'ignore' })
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null })
  client.on('error', () => {})
  await client.ping()
  client.disconnect()
  return {
    port,
    async stop() {
      const closed = new Promise(resolve => child.once('close', resolve))
      child.kill('SIGKILL')
      await closed
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
