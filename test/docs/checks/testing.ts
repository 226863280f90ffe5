import { root } from '../../helpers/markdown.js'
import { run } from '../../helpers/run.js'
import type { Check, Checks } from '../check.js'

/** What runs a test file of each framework, from the root of this repository. */
const frameworks: Readonly<Record<string, (file: string) => [command: string, ...args: string[]]>> = {
  'node:test': file => [process.execPath, '--import=./test/helpers/typescript.mjs', '--test', file],
  // A test of tap is a program.
  tap: file => [process.execPath, '--import=./test/helpers/typescript.mjs', file],
  vitest: file => [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--dir', 'test/docs/snippets', file]
}

/** Runs a page's test, written for `node:test`, with each framework. */
function passes(tests: number): Check {
  return async (t, program) => {
    for (const [framework, command] of Object.entries(frameworks)) {
      const file = program.file(code => code.replace("'node:test'", `'${framework}'`), '.spec.ts')
      const output = await run(root, ...command(file))
      // Each framework prints how many tests have passed in words of its own.
      t.match(output, new RegExp(`(pass|pass:|1\\.\\.|Tests +) *${tests}\\b`), `${framework}: ${output}`)
    }
  }
}

export const testing: Checks = {
  'A stream': passes(2),
  'Leaving, stalling, coming back': passes(2),
  'A provider': passes(1)
}
