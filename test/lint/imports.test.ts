import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

/** An import that stands alone in a file of its own, and the rule that forbids it. */
interface Probe {
  readonly file: string
  readonly imports: string
  /** What the import takes: a value, or only a type. Default: a value. */
  readonly takes?: 'type'
  readonly rule?: string
}

const rooms = ['util', 'observe', 'sse', 'schema', 'source', 'framing', 'stores', 'response', 'resume']

const upward: Probe[] = rooms.flatMap((room, i) => {
  const next = rooms[i + 1] === undefined ? 'plugin/options' : `plugin/${rooms[i + 1]}/inside`
  const rule = `${room}-imports-upward`
  return [
    { file: `plugin/${room}/value`, imports: next, rule },
    { file: `plugin/${room}/type`, imports: next, takes: 'type', rule },
    { file: `plugin/${room}/options`, imports: 'plugin/options', takes: 'type', rule }
  ]
})

const downward: Probe[] = rooms.flatMap((room, i) => [
  { file: `plugin/${room}/errors`, imports: 'plugin/errors' },
  { file: `plugin/${room}/own`, imports: `plugin/${room}/inside` },
  { file: `plugin/${room}/before`, imports: `plugin/${rooms[Math.max(0, i - 1)]}/inside` },
  { file: `plugin/${room}-user`, imports: `plugin/${room}/inside` }
])

const forbidden: Probe[] = [
  ...upward,
  { file: 'plugin/attic/a', imports: 'plugin/util/inside', rule: 'room-without-a-place' },
  { file: 'plugin/sse/attic', imports: 'plugin/attic/inside', rule: 'sse-imports-upward' },
  { file: 'plugin/errors', imports: 'plugin/util/inside', rule: 'errors-import-plugin' },
  { file: 'plugin/a', imports: 'routes/generate', takes: 'type', rule: 'plugin-imports-its-users' },
  { file: 'plugin/b', imports: 'sources/inside', rule: 'plugin-imports-its-users' },
  { file: 'plugin/util/c', imports: 'client/inside', rule: 'plugin-imports-its-users' },
  { file: 'plugin/d', imports: 'test/inside', rule: 'plugin-imports-its-users' },
  { file: 'routes/stream/a', imports: 'plugin/response/inside', takes: 'type', rule: 'routes-import-deep' },
  { file: 'routes/b', imports: 'plugin/options', rule: 'routes-import-deep' },
  { file: 'routes/c', imports: 'sources/inside', rule: 'routes-import-deep' },
  { file: 'routes/d', imports: 'client/inside', rule: 'routes-import-deep' },
  { file: 'sources/a', imports: 'plugin/source/inside', rule: 'sources-import-deep' },
  { file: 'sources/b', imports: 'routes/index', takes: 'type', rule: 'sources-import-deep' },
  { file: 'sources/c', imports: 'routes/generate', rule: 'sources-run-routes' },
  { file: 'client/a', imports: 'plugin/response/inside', takes: 'type', rule: 'client-imports-deep' },
  { file: 'client/b', imports: 'plugin/index', rule: 'client-imports-deep' },
  { file: 'client/c', imports: 'routes/index', takes: 'type', rule: 'client-imports-deep' },
  { file: 'testing/a', imports: 'plugin/toolkit', rule: 'testing-imports-deep' },
  { file: 'testing/b', imports: 'routes/generate', takes: 'type', rule: 'testing-imports-deep' },
  { file: 'testing/c', imports: 'test/inside', rule: 'testing-imports-deep' },
  { file: 'plugin/testing-user', imports: 'testing/inside', rule: 'plugin-imports-its-users' },
  { file: 'routes/testing-user', imports: 'testing/inside', rule: 'routes-import-deep' },
  { file: 'otel/a', imports: 'plugin/toolkit', rule: 'otel-imports-deep' },
  { file: 'otel/b', imports: 'routes/index', takes: 'type', rule: 'otel-imports-deep' },
  { file: 'plugin/g', imports: 'otel/inside', rule: 'plugin-imports-its-users' },
  { file: 'plugin/response/e', imports: 'server/inside', rule: 'server-is-imported' },
  { file: 'routes/e', imports: 'server/inside', takes: 'type', rule: 'server-is-imported' },
  { file: 'sources/e', imports: 'server/inside', rule: 'server-is-imported' },
  { file: 'client/e', imports: 'server/page/inside', rule: 'server-is-imported' },
  { file: 'examples/e', imports: 'server/inside', rule: 'server-is-imported' },
  { file: 'bench/e', imports: 'server/inside', rule: 'server-is-imported' },
  { file: 'plugin/resume/egg', imports: 'plugin/resume/hen', takes: 'type', rule: 'circle' },
  { file: 'plugin/resume/hen', imports: 'plugin/resume/egg', takes: 'type', rule: 'circle' },
  { file: 'test/a', imports: 'plugin/gone', rule: 'not-found' }
]

const allowed: Probe[] = [
  ...downward,
  { file: 'plugin/reply', imports: 'plugin/options' },
  { file: 'routes/f', imports: 'plugin/index' },
  { file: 'routes/stream/g', imports: 'plugin/toolkit' },
  { file: 'routes/h', imports: 'routes/generate' },
  { file: 'sources/f', imports: 'plugin/index' },
  { file: 'sources/g', imports: 'plugin/toolkit' },
  { file: 'sources/h', imports: 'routes/generate', takes: 'type' },
  { file: 'client/f', imports: 'plugin/schema/inside' },
  { file: 'otel/f', imports: 'plugin/index' },
  { file: 'server/f', imports: 'sources/inside' },
  { file: 'server/page/g', imports: 'client/inside' },
  { file: 'examples/f', imports: 'plugin/response/inside' },
  { file: 'test/f', imports: 'server/inside' },
  { file: 'test/g', imports: 'plugin/resume/inside' }
]

const probes = [...forbidden, ...allowed]

const found = await violations(probes)
for (const { file, imports, takes = 'value', rule } of probes) {
  const title = `${file} may ${rule === undefined ? '' : 'not '}import a ${takes} from ${imports}`
  t.strictSame(found.get(`${file}.ts`) ?? [], rule === undefined ? [] : [rule], title)
}

/** The names of the rules that each file breaks, in a tree that holds the probes. */
async function violations(probes: readonly Probe[]): Promise<Map<string, string[]>> {
  const files: Record<string, string> = {}
  for (const { imports } of probes) {
    if (imports !== 'plugin/gone') files[`${imports}.ts`] = 'export const value = 1\nexport type Value = 1\n'
  }
  for (const { file, imports, takes } of probes) {
    const path = `./${'../'.repeat(file.split('/').length - 1)}${imports}.js`
    const statement = takes === 'type' ? `export type { Value } from '${path}'` : `export { value } from '${path}'`
    files[`${file}.ts`] = `${statement}\n`
  }
  const config = join(import.meta.dirname, '../../.dependency-cruiser.mjs')
  const report = await cruise(t.testdir(tree(files)), ['--config', config, '--output-type', 'json', '.'])
  const rules = new Map<string, string[]>()
  for (const { from, cycle, rule } of report.summary.violations) {
    // Only an error fails the lint.
    const name = rule.severity === 'error' ? rule.name : `${rule.name} (${rule.severity})`
    // A circle is reported once, with all files that are in it.
    for (const file of cycle?.map(({ name }) => name) ?? [from]) rules.set(file, [...(rules.get(file) ?? []), name])
  }
  return rules
}

interface Report {
  summary: { violations: { from: string; cycle?: { name: string }[]; rule: { name: string; severity: string } }[] }
}

/** Runs the program that `npm run lint` runs. */
function cruise(cwd: string, args: string[]): Promise<Report> {
  const program = join(import.meta.dirname, '../../node_modules/.bin/depcruise')
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(`depcruise printed no report: ${stderr}`, { cause: error }))
      else resolve(JSON.parse(stdout) as Report)
    })
  })
}

type Tree = { [name: string]: string | Tree }

/** Files by their paths, as the tree that `t.testdir` takes. */
function tree(files: Readonly<Record<string, string>>): Tree {
  const root: Tree = {}
  for (const [path, text] of Object.entries(files)) {
    const folders = path.split('/')
    const name = folders.pop() as string
    let folder = root
    for (const each of folders) {
      folder[each] ??= {}
      folder = folder[each] as Tree
    }
    folder[name] = text
  }
  return root
}
