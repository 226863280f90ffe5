import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { pageOf, pages, root } from '../helpers/markdown.js'

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
