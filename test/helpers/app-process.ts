import { type ChildProcess, spawn } from 'node:child_process'
import type { Test } from 'tap'
import { until } from './until.js'

export interface AppProcess {
  child: ChildProcess
  /** What it has written so far. */
  stdout(): string
  stderr(): string
  /** The address it listens on. */
  url: string
  /** Waits for its end. @returns its exit code */
  exit(): Promise<number | null>
}

/**
 * Runs `server/start.ts` in its own process, on a free port. The process is killed after the test.
 *
 * @param variables to add to the environment
 * @param nodeOptions options for Node itself
 */
export function runApp(t: Test, variables: Record<string, string> = {}, nodeOptions: string[] = []): AppProcess {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(OPENAI_|REDIS_|PORT|HOST|LOG_LEVEL|API_KEYS|ALLOWED_|METRICS|DRAIN_)/.test(name)
    )
  )
  const child = spawn(process.execPath, [...process.execArgv, ...nodeOptions, 'server/start.ts'], {
    env: { ...env, PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const closed = new Promise<number | null>(resolve => child.on('close', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  return { child, url: '', stdout: () => stdout, stderr: () => stderr, exit: () => closed }
}

/** Runs `server/start.ts`, and waits until it listens. */
export async function startApp(
  t: Test,
  variables?: Record<string, string>,
  nodeOptions?: string[]
): Promise<AppProcess> {
  const app = runApp(t, variables, nodeOptions)
  const listening = /Server listening at (http:\/\/[^"]+)"/
  await until('the server listens', () => {
    if (app.child.exitCode !== null) throw new Error(`the server ended: ${app.stderr()}${app.stdout()}`)
    return listening.test(app.stdout())
  })
  return { ...app, url: listening.exec(app.stdout())?.[1] ?? '' }
}
