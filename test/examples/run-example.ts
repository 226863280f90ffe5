import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Client, type OpenOptions, open } from '../helpers/client.js'
import { crash } from '../helpers/crash.js'
import { freePort } from '../helpers/free-port.js'
import { until } from '../helpers/until.js'
import type { SleepNews } from './stepped-sleep.js'

const root = join(import.meta.dirname, '../..')
const preloads = ['helpers/typescript.mjs', 'helpers/package-names.ts']

const ATTEMPTS = 5

/** What the shell that runs the tests may have set, and would change what a program does. */
const NOT_THEIRS = /^(OPENAI_|PROVIDER_|REDIS_|API_KEYS$|MODEL$|PORT$|URL$)/

/** Coverage is of the tests of the plugin, and not of the programs of its users. */
const UNCOVERED = { _TAPJS_PROCESSINFO_COVERAGE_: '0' }

export interface RunOptions {
  /** Variables of its environment. */
  env?: Record<string, string>
  /** Whether its time passes by itself. Default: its sleeps end when the test says so. */
  hasRealTime?: boolean
}

/** A program of `examples/` in a process of its own, as a reader runs it. */
export class Example {
  readonly port: number
  readonly #child: ChildProcess
  #output = ''
  readonly #sleeps: Record<SleepNews, number> = { begun: 0, over: 0, aborted: 0 }

  constructor(file: string, port: number, { env = {}, hasRealTime = false }: RunOptions) {
    this.port = port
    const files = hasRealTime ? preloads : [...preloads, 'examples/stepped-sleep.ts']
    const inherited = Object.entries(process.env).filter(([name]) => !NOT_THEIRS.test(name))
    this.#child = spawn(process.execPath, [...files.map(name => `--import=./test/${name}`), join('examples', file)], {
      cwd: root,
      env: { ...Object.fromEntries(inherited), ...UNCOVERED, PORT: `${port}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', chunk => {
        this.#output += chunk
      })
    }
    this.#child.on('message', (news: SleepNews) => {
      this.#sleeps[news]++
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** What it has written to the terminal. */
  get output(): string {
    return this.#output
  }

  /** How many times it has begun to wait with `setTimeout` of node:timers/promises, which nothing but the test ends. */
  get sleeps(): number {
    return this.#sleeps.begun
  }

  /** How many of these waits it has given up. */
  get aborted(): number {
    return this.#sleeps.aborted
  }

  get isAsleep(): boolean {
    return this.#sleeps.begun > this.#sleeps.over + this.#sleeps.aborted
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  open(path: string, options?: OpenOptions): Client {
    return open(`${this.url}${path}`, options)
  }

  /** Waits until it has written something. */
  says(text: string | RegExp): Promise<void> {
    return until(`${text} in the output of the program`, () => {
      if (this.output.match(text)) return true
      if (this.hasExited) throw new Error(`the program has ended: ${this.output}`)
      return false
    })
  }

  /** Waits until it sleeps, and ends the sleep that began first. */
  async tick(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      const { over } = this.#sleeps
      await until('the program sleeps', () => this.isAsleep)
      this.#child.send('tick')
      await until('the program wakes up', () => this.#sleeps.over > over)
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  crash(): Promise<void> {
    return crash(this.#child)
  }

  /** Waits for its end. @returns its exit code, or the signal that has ended it */
  async exit(): Promise<number | NodeJS.Signals> {
    if (!this.hasExited) await once(this.#child, 'exit')
    return this.#child.exitCode ?? (this.#child.signalCode as NodeJS.Signals)
  }
}

/** Starts a program that ends by itself. It is killed after the test. */
export function runExample(t: Test, file: string, options: RunOptions = {}, port = 0): Example {
  const example = new Example(file, port, options)
  t.teardown(() => example.crash())
  return example
}

/**
 * Starts a program that listens on `PORT`, and waits until it does. It is killed after the test.
 *
 * @param servers how many it starts, on this port and those that follow
 */
export async function startExample(t: Test, file: string, options?: RunOptions, servers = 1): Promise<Example> {
  // Another process may have taken a port meanwhile.
  for (let attempt = 1; ; attempt++) {
    const example = runExample(t, file, options, await freePort())
    try {
      for (let i = 0; i < servers; i++) await example.says(new RegExp(`listening.*:${example.port + i}`, 'i'))
      return example
    } catch (error) {
      if (attempt === ATTEMPTS || !example.output.includes('EADDRINUSE')) throw error
    }
  }
}
