import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { crash } from '../helpers/crash.js'
import { until } from '../helpers/until.js'
import type { Report } from './node.js'

/** What has become of the runs of sources. */
export class Runs {
  /** The runs whose source has begun and not ended, by process. */
  readonly running = new Map<string, number>()
  /** How often `onFinish` was called for a run. */
  readonly finished = new Map<string, number>()
  readonly outcomes: Record<string, number> = {}
  begun = 0

  take(report: Report, pid: number): void {
    if ('begun' in report) {
      this.begun++
      this.running.set(report.begun, pid)
      this.finished.set(report.begun, 0)
    } else if ('ended' in report) {
      this.running.delete(report.ended)
    } else if ('finished' in report) {
      this.finished.set(report.finished, (this.finished.get(report.finished) ?? 0) + 1)
      this.outcomes[report.outcome] = (this.outcomes[report.outcome] ?? 0) + 1
    }
  }

  /** A process was killed: nobody can tell what its runs would have become. */
  forget(pid: number): void {
    for (const [run, owner] of this.running) if (owner === pid) this.running.delete(run)
    for (const [run, times] of this.finished) {
      if (times === 0 && run.startsWith(`${pid}:`)) this.finished.delete(run)
    }
  }
}

/** A server in a process of its own. */
export class FleetNode {
  readonly #variables: Record<string, string>
  readonly #runs: Runs
  #child!: ChildProcess
  #heap: ((bytes: number) => void) | undefined
  port = 0

  constructor(variables: Record<string, string>, runs: Runs) {
    this.#variables = variables
    this.#runs = runs
  }

  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'node.ts'), {
      env: { ...process.env, ...this.#variables, PORT: `${this.port}` },
      execArgv: [...process.execArgv, '--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    this.#child = child
    let isUp = false
    child.on('message', (report: Report) => {
      if ('port' in report) {
        this.port = report.port
        isUp = true
      } else if ('heap' in report) this.#heap?.(report.heap)
      else this.#runs.take(report, child.pid as number)
    })
    await until('the node listens', () => {
      if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`)
      return isUp
    })
  }

  /** The size of its heap after garbage collection, in bytes. */
  heap(): Promise<number> {
    return new Promise(resolve => {
      this.#heap = resolve
      this.#child.send('heap')
    })
  }

  async kill(): Promise<void> {
    await crash(this.#child)
    this.#runs.forget(this.#child.pid as number)
  }

  /** Lets it close as a process manager does. */
  async close(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exit
  }

  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }
}
