import { run } from '../package/project.js'

/** The path of a Node of a major version, which npm downloads unless it has done so before. */
export async function nodeOf(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const path = await run(
    process.cwd(),
    'npx',
    '--yes',
    '--package',
    `node@${major}`,
    'node',
    '--print',
    'process.execPath'
  )
  return path.trimEnd()
}
