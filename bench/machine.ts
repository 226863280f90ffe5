import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { packages } from './contenders.js'
import { goVersion } from './go.js'
import { canPin } from './process.js'

/** What the figures were measured on: the machine, the runtimes, the packages. One line each. */
export function machine(): string[] {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const cores = canPin
    ? 'the server runs on one core, the load generator on another'
    : 'the server and the load generator share the cores'
  return [
    `${cpus().length} cores of ${cpu?.model.trim()}, ${memory} GiB, Linux ${release()}; ${cores}`,
    `Node ${process.version}, ${goVersion() ?? 'no Go'}`,
    packages()
      .map(name => `${name} ${versionOf(name)}`)
      .join(', ')
  ]
}

/** The number of files that a process may have open. Node raises its soft limit to the hard one. */
export function openFiles(): number {
  const [, limit] = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
}

function versionOf(npm: string): string {
  return JSON.parse(readFileSync(join('node_modules', npm, 'package.json'), 'utf8')).version
}
