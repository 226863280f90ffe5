import type { Contender } from './contenders.js'
import { BenchProcess, type Core } from './process.js'

/** A running server of the bench. */
export interface BenchServer extends BenchProcess {
  readonly port: number
}

/** @param env what it is told beside the environment of the bench */
export async function startServer(
  { file }: Pick<Contender, 'file'>,
  env: Record<string, string> = {},
  core: Core = 'server'
): Promise<BenchServer> {
  const server = new BenchProcess(`servers/${file}`, core, env)
  const { port } = (await server.said()) as { port: number }
  return Object.assign(server, { port })
}
