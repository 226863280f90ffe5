import { join } from 'node:path'
import t from 'tap'
import { eventStoreConformance } from '../../plugin/stores/conformance/conformance.js'
import { run } from '../helpers/run.js'

t.test('event-store/conformance.ts runs the tests of the contract with node:test', async t => {
  const packageNames = '--import=./test/helpers/package-names.ts'
  const file = 'examples/event-store/conformance.ts'
  const root = join(import.meta.dirname, '../..')
  const output = await run(root, process.execPath, ...process.execArgv, packageNames, file)
  t.match(output, new RegExp(`^(#|ℹ) pass ${eventStoreConformance.length}$`, 'm'))
})
