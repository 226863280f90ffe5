import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a command that must succeed, without coverage, as users run it. @returns what it prints */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const coverage = /^(NODE_OPTIONS$|TAP|_TAPJS)/
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !coverage.test(name)))
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, env })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
