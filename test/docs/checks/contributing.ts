import { root } from '../../helpers/markdown.js'
import { run } from '../../helpers/run.js'
import type { Check, Checks } from '../check.js'
import { namesWhatIsThere } from './commands.js'

/** Runs the file of tests that the first command names, without tap, which is at work already. */
const runsFirst: Check = async (t, program) => {
  await namesWhatIsThere(t, program)
  const [, variables = '', file = ''] =
    /^(\w+=\w+ )?npx tap --disable-coverage (\S+)$/.exec(program.commands[0] ?? '') ?? []
  t.match(
    await run(root, 'sh', '-c', `${variables} node --import=./test/helpers/typescript.mjs ${file}`),
    /^1\.\.\d+$/m
  )
}

export const contributing: Checks = {
  'Set up': namesWhatIsThere,
  'Run the tests': runsFirst,
  'Run the tests (2)': namesWhatIsThere,
  'Run the tests (3)': namesWhatIsThere,
  'Run the tests (4)': runsFirst,
  'Check a test by mutation': namesWhatIsThere,
  'Write documentation': namesWhatIsThere,
  Measure: namesWhatIsThere,
  'Measure (2)': namesWhatIsThere,
  Release: namesWhatIsThere
}
