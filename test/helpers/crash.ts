import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Ends a process as a crash does, where it has not ended yet. */
export async function crash(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
