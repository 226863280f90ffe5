import { run } from './run.js'

/** The path of a Node of the given major version. npm downloads it once. */
export async function nodeRelease(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const program = ['node', '--print', 'process.execPath']
  const path = await run(process.cwd(), 'npx', '--yes', '--prefer-offline', '--package', `node@${major}`, ...program)
  return path.trimEnd()
}
