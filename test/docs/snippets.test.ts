import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { filesIn, pages, root, type Snippet } from '../helpers/markdown.js'
import { run } from '../helpers/run.js'
import { snippets as allSnippets, examples, programs } from '../helpers/snippets.js'
import { checks, complaints } from './checks.js'
import { entries, folder, makeFolder, Program } from './program.js'

const read = (file: string) => readFileSync(join(root, file), 'utf8')

const tests = filesIn('test', '.test.ts').map(read)

/** Whether a test names a file of `examples/`, which it then runs. */
function isTested(file: string): boolean {
  const name = relative('examples', file).replace(/ts$/, '')
  return tests.some(text => text.includes(name))
}

function isExample({ code }: Snippet): boolean {
  const file = examples.get(code)
  return file !== undefined && isTested(file)
}

makeFolder(t)

t.test('the programs compile, and look like the sources', async t => {
  t.ok(programs.length > 10)
  const files = programs.map(({ page, name, code }) => {
    const file = join(folder, `${page} ${name}.ts`.replace(/[^\w.]+/g, '-'))
    writeFileSync(file, code)
    return file
  })
  const paths = Object.fromEntries([...entries].map(([name, file]) => [name, [`../../../${file}`]]))
  const compilerOptions = { paths, lib: ['es2023', 'dom', 'dom.iterable'] }
  const config = { extends: '../../../tsconfig.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await t.resolves(run(root, 'node_modules/.bin/tsc', '--project', folder))
  await t.resolves(run(root, 'node_modules/.bin/biome', 'check', '--error-on-warnings', ...files))
})

for (const { file, snippets } of pages) {
  t.test(file, async t => {
    const ofPage = checks[file] ?? {}
    t.strictSame(complaints(snippets, Object.keys(ofPage), isExample), [])
    for (const snippet of snippets) {
      const check = ofPage[snippet.name]
      if (check !== undefined) await t.test(snippet.name, async t => check(t, new Program(snippet)))
    }
  })
}

t.test('each program in examples/ is shown by a page, or linked to', async t => {
  const shown = allSnippets.map(({ code }) => code)
  const linked = pages.flatMap(({ file, links }) => links.map(link => join(file, '..', link.replace(/#.*/, ''))))
  for (const [code, file] of examples) t.ok(shown.includes(code) || linked.includes(file), file)
})

t.test('a page whose snippets are not run is found out', async t => {
  const snippet = (name: string, language: string) => ({ page: 'docs/page.md', name, language, code: '' })
  const snippets = [snippet('Run', 'ts'), snippet('Shown', 'json'), snippet('Forgotten', 'sh'), snippet('Bare', '')]
  const isNoExample = () => false
  t.strictSame(complaints(snippets, ['Run', 'Gone'], isNoExample), [
    'no test runs "Forgotten"',
    '"Bare" is in an unknown language: ""',
    'there is no snippet "Gone" to check'
  ])
  t.strictSame(complaints([snippet('A file', 'ts')], [], isNoExample), ['no test runs "A file"'])
  t.strictSame(
    complaints([snippet('A file', 'ts')], [], () => true),
    []
  )
})
