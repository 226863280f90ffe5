import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { nodeRelease } from '../helpers/node-release.js'

/** The majors of Node that are supported beside the one that runs the other tests. */
const MAJORS = [22, 24, 26]

const here = import.meta.dirname
const root = join(here, '../..')

/** What depends most on Node: its HTTP and HTTP/2 servers, its sockets, its fetch, and what a token costs. */
const node = [
  'cost/cost',
  'plugin/response/backpressure',
  'plugin/response/close/close',
  'plugin/response/end',
  'plugin/response/errors',
  'plugin/response/headers',
  'client/cancel',
  'client/interop',
  'client/events/read'
].map(name => join(root, `test/${name}.test.ts`))

/** What depends on SDKs: these tests use their newest majors, some of which Node 20 cannot run. */
const sdks = [
  ...testsIn('test/sdks'),
  ...testsIn('test/plugin/framing/protocols'),
  ...testsIn('test/plugin/framing/protocols/api'),
  join(root, 'test/routes/openai/openai.test.ts'),
  join(root, 'test/routes/openai/tools.test.ts'),
  join(root, 'test/routes/responses/clients.test.ts'),
  join(root, 'test/routes/clients/sdks.test.ts')
]

/** The coverage comes from this Node. */
const env = { ...process.env, _TAPJS_PROCESSINFO_COVERAGE_: '0' }

t.setTimeout(600_000)
t.jobs = availableParallelism()

for (const major of MAJORS) {
  const program = await nodeRelease(major)
  for (const file of node) run(major, program, file, ['typescript.mjs'])
  for (const file of sdks) run(major, program, file, ['typescript.mjs', 'newest.mjs'])
}

function run(major: number, program: string, file: string, loaders: readonly string[]): void {
  const imports = loaders.map(name => `--import=${pathToFileURL(join(here, name))}`)
  t.spawn(program, [...imports, file], { env, buffered: true }, `Node ${major}: ${relative(root, file)}`)
}

function testsIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(root, folder, name))
}
