/**
 * `write` prepares the pages of the documentation for the package: links to files that only the repository has, such as
 * tests, become plain text. `restore` brings the pages of the repository back. npm runs one before it packs, the other
 * afterwards.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Where the pages of the repository are meanwhile. */
const ORIGINALS = '.packed-pages'

/** A link or a picture: its text, and where it leads to without the anchor. */
const LINK = /!?\[((?:[^[\]]|\[[^[\]]*\])*)\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)\s]*)?\)/g

/** What stands as code is no link. */
const CODE = /^(`{3,})[^\n]*\n.*?^\1$|(`+).+?\2/gms

restore()
if (process.argv[2] === 'write') write()

function restore() {
  if (existsSync(ORIGINALS)) cpSync(ORIGINALS, '.', { recursive: true })
  rmSync(ORIGINALS, { recursive: true, force: true })
}

function write() {
  const list = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { maxBuffer: 2 ** 26 })
  const [{ files }] = Object.values(JSON.parse(String(list)))
  const packed = files.map(({ path }) => path)
  const isPacked = target => packed.some(path => path === target || path.startsWith(join(target, '/')))
  for (const page of packed.filter(path => path.endsWith('.md'))) {
    const text = readFileSync(page, 'utf8')
    const written = withoutCode(text, prose =>
      prose.replace(LINK, (link, words, path) => (isPacked(normalize(join(dirname(page), path))) ? link : words))
    )
    if (written === text) continue
    cpSync(page, join(ORIGINALS, page))
    writeFileSync(page, written)
  }
}

/** Changes what stands between the parts of a page that are code. */
function withoutCode(text, change) {
  let done = 0
  let result = ''
  for (const { 0: code, index } of text.matchAll(CODE)) {
    result += change(text.slice(done, index)) + code
    done = index + code.length
  }
  return result + change(text.slice(done))
}
