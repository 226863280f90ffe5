import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { filesIn, pages, root, type Snippet } from '../helpers/markdown.js'
import { snippets as allSnippets, examples } from '../helpers/snippets.js'
import { checks, complaints } from './checks.js'
import { Program, snippetFolder } from './program.js'

const read = (file: string) => readFileSync(join(root, file), 'utf8')

const tests = filesIn('test', '.test.ts').map(read)

/** Whether a test names a file of `examples/`, which it then runs. */
function isTested(file: string): boolean {
  const name = relative('examples', file).replace(/tsx?$/, '')
  return tests.some(text => text.includes(name))
}

function isExample({ code }: Snippet): boolean {
  const file = examples.get(code)
  return file !== undefined && isTested(file)
}

// Programs in processes of their own take a while on a small machine.
t.setTimeout(300_000)

const folder = snippetFolder(t, 'run')

for (const { file, snippets } of pages) {
  t.test(file, async t => {
    const ofPage = checks[file] ?? {}
    t.strictSame(complaints(snippets, Object.keys(ofPage), isExample), [])
    for (const snippet of snippets) {
      const check = ofPage[snippet.name]
      if (check !== undefined) await t.test(snippet.name, async t => check(t, new Program(snippet, folder)))
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
