import type { Contender } from './contenders.js'
import { BenchProcess, type Core } from './process.js'

/** A running contender, or the upstream server. */
export interface BenchServer extends BenchProcess {
  readonly port: number
}

/** @param env variables to set beside those of this process */
export async function startServer(
  { file }: Pick<Contender, 'file'>,
  env: Record<string, string> = {},
  core: Core = 'server'
): Promise<BenchServer> {
  const server = new BenchProcess(`servers/${file}`, core, env)
  const { port } = (await server.nextLine()) as { port: number }
  return Object.assign(server, { port })
}
