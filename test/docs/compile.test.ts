import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../helpers/markdown.js'
import { run } from '../helpers/run.js'
import { programs } from '../helpers/snippets.js'
import { entries, snippetFolder } from './program.js'

const folder = snippetFolder(t, 'compile')
const files = programs.map(({ page, name, code }) => {
  const file = join(folder, `${page} ${name}.ts`.replace(/[^\w.]+/g, '-'))
  writeFileSync(file, code)
  return file
})

t.test('the programs in the documentation compile', async t => {
  t.ok(files.length > 10)
  const paths = Object.fromEntries([...entries].map(([name, file]) => [name, [`../../../../${file}`]]))
  const config = { extends: '../../../../tsconfig.json', compilerOptions: { paths }, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await t.resolves(run(root, 'node_modules/.bin/tsc', '--project', folder))
})

t.test('they look like the sources', async t => {
  await t.resolves(run(root, 'node_modules/.bin/biome', 'check', '--error-on-warnings', ...files))
})
