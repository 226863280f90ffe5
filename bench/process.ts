import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Ticks a second in /proc. Linux has told programs 100 on every machine since 2.6. */
const TICKS = 100

const PAGE = 4096

/** The core of what is measured, and that of what asks it. */
export type Core = 'server' | 'load'

export const canPin = availableParallelism() > 1 && existsSync('/usr/bin/taskset')

/** A process of the bench, on a core of its own. It is asked a line at a time, and answers with a line of JSON. */
export class BenchProcess {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = []

  /** @param file its program beside this file: a module of Node, or what needs no runtime */
  constructor(file: string, core: Core, env: Record<string, string> = {}) {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const program = path.endsWith('.js') ? [process.execPath, '--expose-gc', path] : [path]
    const pinned = canPin ? ['taskset', '--cpu-list', core === 'server' ? '0' : '1', ...program] : program
    const [command = '', ...args] = pinned
    this.#child = spawn(command, args, {
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['pipe', 'pipe', 'inherit']
    })
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    this.#lines.on('line', line => this.#waiting.shift()?.resolve(JSON.parse(line)))
    this.#child.on('close', code => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${file} ended with ${code}`))
    })
  }

  /** The next line that it says by itself. */
  said(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  async ask(question: string): Promise<unknown> {
    this.#child.stdin?.write(`${question}\n`)
    return this.said()
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const closed = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL')
    await closed
  }

  /** The time that it has had on its core so far, kernel included. Seconds. */
  cpu(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    // The second field is the name, in parentheses; user and system time are the 14th and 15th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  }

  /** The memory that it holds. Bytes. */
  memory(): number {
    return Number(readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ')[1]) * PAGE
  }
}
