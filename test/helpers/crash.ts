import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Kills a process, unless it has already exited. */
export async function crash(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
