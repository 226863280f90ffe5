import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sum } from './numbers.js'

/** The size of a memory page. Bytes. */
const PAGE = 4096

/** What a process runs for: the first core is for servers, the second for whatever puts load on them. */
export type Core = 'server' | 'load'

export const canPin = availableParallelism() > 1 && existsSync('/usr/bin/taskset')

/** A process pinned to a core. It reads questions from stdin, one per line, and answers each with a line of JSON. */
export class BenchProcess {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = []

  /** @param file a program, relative to this file: a JavaScript module or an executable */
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
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${file} exited with code ${code}`))
    })
  }

  /** The next line that the process writes. */
  nextLine(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  async ask(question: string): Promise<unknown> {
    this.#child.stdin?.write(`${question}\n`)
    return this.nextLine()
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const closed = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL')
    await closed
  }

  /** The CPU time used so far by all threads, kernel included. Seconds. */
  cpu(): number {
    const folder = `/proc/${this.#child.pid}/task`
    const nanoseconds = readdirSync(folder).map(thread => {
      const [running] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')
      return Number(running)
    })
    return sum(nanoseconds) / 1e9
  }

  /** The resident memory. Bytes. */
  memory(): number {
    return Number(readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ')[1]) * PAGE
  }
}
