import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a command that must succeed, without tap and its coverage, as users run it. @returns what it prints */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const ofTap = /^(NODE_OPTIONS$|TAP|_TAPJS)/
  const variables = Object.entries(process.env).filter(([name]) => !ofTap.test(name))
  // tap adds itself to every process that a test starts. Only this variable keeps such a process out of the coverage.
  const env = { ...Object.fromEntries(variables), _TAPJS_PROCESSINFO_COVERAGE_: '0' }
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd, env })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
