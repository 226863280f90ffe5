import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startExample } from '../run-example.js'

const root = join(import.meta.dirname, '../../..')
const files = readdirSync(join(root, 'examples/tutorial')).sort()
const page = readFileSync(join(root, 'docs/tutorial.md'), 'utf8')
const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language, text = '']) => ({ language, text }))
const programs = blocks.filter(({ language }) => language === 'ts').map(({ text }) => text)

t.test('each program stands there as it is, and no other', async t => {
  t.strictSame(
    programs,
    files.map(file => readFileSync(join(root, 'examples/tutorial', file), 'utf8'))
  )
})

t.test('a terminal shows what the page says', async t => {
  let file = 'none'
  for (const { language, text } of blocks) {
    if (language === 'ts') file = files[programs.indexOf(text)] ?? 'none'
    const [, command, output] = /^\$ (curl [^\n]*)\n(.*)/s.exec(text) ?? []
    if (command === undefined) continue
    await t.test(`${file}: ${command}`, async t => {
      const { port } = await startExample(t, `tutorial/${file}`, { hasRealTime: true })
      const { stdout } = await promisify(execFile)('sh', ['-c', command.replace('3000', `${port}`)])
      t.equal(stdout.trimEnd(), output?.trimEnd())
    })
  }
  t.ok(blocks.some(({ text }) => text.startsWith('$ curl')))
})
