import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { nodeOf } from '../helpers/node.js'

const here = import.meta.dirname
const loaders = ['typescript.mjs', 'newest.mjs'].map(name => `--import=${pathToFileURL(join(here, name))}`)

/** Coverage is of what this Node runs: others strip the types themselves, so that theirs would be of another text. */
const env = { ...process.env, _TAPJS_PROCESSINFO_COVERAGE_: '0' }

const tests = [
  ...testsIn('../sdks'),
  ...testsIn('../plugin/framing/protocols'),
  join(here, '../routes/openai/openai.test.ts')
]

/** Runs all that is proven of SDKs with the newest majors of them, some of which Node 20 cannot run. */
export async function proveNewest(t: Test, major: number): Promise<void> {
  const node = await nodeOf(major)
  for (const test of tests) t.spawn(node, [...loaders, test], { env }, relative(here, test))
}

function testsIn(folder: string): string[] {
  return readdirSync(join(here, folder))
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(here, folder, name))
}
