import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { filesIn, pageOf, root } from '../helpers/markdown.js'

const ROOMS = ['plugin', 'routes', 'client', 'server', 'sources', 'testing', 'otel']
/** The number of a rule. V8 is the engine. */
const RULE = /\b(?!V8\b)[WSEVTR]\d+\b/g

const { text } = pageOf('docs/guarantees.md')

/** What stands below the heading of each rule, by its number. */
const rules = new Map(
  text
    .split(/^### /m)
    .slice(1)
    .map(section => [section.slice(0, section.indexOf(':')), section])
)

t.test('each rule has a number of its own, and tests that prove it', async t => {
  t.ok(rules.size > 20)
  t.equal(rules.size, text.match(/^### /gm)?.length)
  for (const [number, section] of rules) {
    t.match(number, /^[WSEVTR]\d+$/)
    const proofs = [...section.matchAll(/\]\(\.\.\/(test\/.+?\.ts)\)/g)].map(([, file]) => file as string)
    t.ok(
      proofs.some(file => file.endsWith('.test.ts')),
      `${number} has a test`
    )
    for (const file of proofs) t.ok(readFileSync(join(root, file), 'utf8').length > 0, `${number}: ${file}`)
  }
})

t.test('a rule that a comment cites is there', async t => {
  const cited = new Set<string>()
  for (const file of ROOMS.flatMap(room => filesIn(room, '.ts'))) {
    const source = readFileSync(join(root, file), 'utf8')
    for (const [number] of commentsOf(source).matchAll(RULE)) {
      cited.add(number)
      t.ok(rules.has(number), `${file} cites ${number}`)
    }
  }
  t.ok(cited.size > 10, 'comments cite rules')
})

/** The comments of a file: the rest of its lines from `//` on, and what stands between `/*` and its end. */
function commentsOf(source: string): string {
  return (source.match(/\/\*[\s\S]*?\*\/|\/\/.*/g) ?? []).join('\n')
}
