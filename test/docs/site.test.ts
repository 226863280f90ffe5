import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { filesIn, pages, root } from '../helpers/markdown.js'
import { run } from '../helpers/run.js'

// The build takes about ten seconds. It fails if a link between pages is dead.
t.setTimeout(120_000)

const site = t.testdir()
await run(root, 'node_modules/.bin/vitepress', 'build', 'docs', '--outDir', site)
const read = (file: string) => readFileSync(join(site, file), 'utf8')

t.test('the site has all pages, in the order of the README', t => {
  const index = read('index.html')
  const sidebar = index.slice(index.indexOf('VPSidebar'))
  let last = 0
  for (const link of [
    'docs/tutorial',
    'docs/routes',
    'docs/client',
    'docs/options',
    'docs/errors',
    'docs/benchmarks'
  ]) {
    const at = sidebar.indexOf(`href="/${link}.html"`)
    t.ok(at > last, link)
    last = at
  }
  for (const { file } of pages) {
    const page = file.replace(/\.md$/, '.html').replace('README.html', 'index.html')
    t.match(read(page), /<h1[^>]*>/, page)
  }
  t.end()
})

t.test('it has a search of its own, and leads to nothing that it has not', t => {
  t.ok(filesIn('docs/.vitepress', 'config.mjs').length === 1)
  t.notMatch(readFileSync(join(root, 'docs/.vitepress/config.mjs'), 'utf8'), 'ignoreDeadLinks')
  t.match(read('index.html'), 'VPNavBarSearch')
  t.notMatch(read('docs/architecture.html'), /href="[^"]*\.ts"/)
  t.end()
})

t.test('what the README of the package links to is in the package', async t => {
  const [{ files = [] } = {}] = JSON.parse(
    await run(root, 'npm', 'pack', '--dry-run', '--json', '--ignore-scripts')
  ) as {
    files?: { path: string }[]
  }[]
  const packed = files.map(({ path }) => path)
  const readme = pages.find(({ file }) => file === 'README.md')
  for (const link of readme?.links ?? []) {
    if (!/^([a-z]+:|#)/.test(link)) t.ok(packed.includes(link.replace(/#.*/, '')), link)
  }
})
