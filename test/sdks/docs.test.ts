import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const folder = join(import.meta.dirname, '../../examples/sdks')
const docs = readFileSync(join(import.meta.dirname, '../../docs/sdks.md'), 'utf8')
const programs = [...docs.matchAll(/^```ts\n(.*?)^```/gms)]
  .map(([, code]) => code as string)
  .filter(code => code.startsWith('import '))

t.test('the programs in docs/sdks.md are those that the tests run', async t => {
  const files = readdirSync(folder)
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8')
    t.ok(programs.includes(text), `${file} stands there as it is`)
  }
  t.equal(programs.length, files.length, 'there is no other')
})
