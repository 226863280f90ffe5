import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { filesIn, pageOf, pages, root } from '../helpers/markdown.js'

const isExternal = (link: string) => /^[a-z]+:/.test(link)

for (const { file, links } of pages) {
  t.test(`the links of ${file} lead somewhere`, async t => {
    for (const link of links.filter(link => !isExternal(link))) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? file : join(dirname(file), path)
      t.ok(existsSync(join(root, target)), `${link}: the file is there`)
      if (anchor !== undefined) t.ok(pageOf(target).anchors.has(anchor), `${link}: the heading is there`)
    }
  })
}

t.test('the README leads to every page', async t => {
  const { links } = pageOf('README.md')
  for (const { file } of pages) if (file !== 'README.md') t.ok(links.includes(file), file)
})

t.test('the files and folders that docs/architecture.md names are there', async t => {
  const rooms = ['plugin', 'routes', 'sources', 'client', 'otel', 'server', 'examples', 'test', 'bench', 'scripts']
  const files = rooms.flatMap(room => filesIn(room, '')).map(file => `/${file}`)
  const names = pageOf('docs/architecture.md').codes.filter(code => /^[\w./-]+(\.m?ts|\/)$/.test(code))
  t.ok(names.length > 50)
  for (const name of names) {
    const isThere = files.some(file => (name.endsWith('/') ? file.includes(`/${name}`) : file.endsWith(`/${name}`)))
    t.ok(isThere, name)
  }
})
