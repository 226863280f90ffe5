import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds the Go server from its sources in `bench/servers/go`. Says whether there is one: not every machine has Go. */
export function buildGo(): boolean {
  if (goVersion() === undefined) return false
  const output = fileURLToPath(new URL('servers/go', import.meta.url))
  const { status } = spawnSync('go', ['build', '-o', output, '.'], { cwd: 'bench/servers/go', stdio: 'inherit' })
  if (status !== 0) throw new Error('the Go server could not be built')
  return true
}

/** As in `go1.19.8`; `undefined` where there is none. */
export function goVersion(): string | undefined {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
