import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds the Go server from `bench/servers/go`. @returns false if Go is not installed */
export function buildGo(): boolean {
  if (goVersion() === undefined) return false
  const output = fileURLToPath(new URL('servers/go', import.meta.url))
  const { status } = spawnSync('go', ['build', '-o', output, '.'], { cwd: 'bench/servers/go', stdio: 'inherit' })
  if (status !== 0) throw new Error('go build failed')
  return true
}

/** Such as `go1.19.8`; `undefined` if Go is not installed. */
export function goVersion(): string | undefined {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
