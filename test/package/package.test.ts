import { join } from 'node:path'
import t from 'tap'
import { parseEvents } from '../helpers/client.js'
import { snippets } from '../helpers/readme.js'
import { both, javascript, typescript } from './programs.js'
import { emptyFolder, install, pack, run, write } from './project.js'

const entries = ['', '/routes', '/redis', '/conformance'].map(path => `fastify-sse-from${path}`)

const compilerOptions = {
  strict: true,
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  outDir: 'out'
}

// It builds, installs and compiles, which takes a small machine a while.
t.setTimeout(300_000)

const tarball = await pack(t)
const folder = await emptyFolder(t)
const esm = join(folder, 'esm')
const cjs = join(folder, 'cjs')
await install(folder, tarball)
await write(esm, {
  'package.json': { type: 'module' },
  'tsconfig.json': { compilerOptions },
  'main.ts': typescript
})
await write(cjs, {
  'package.json': { type: 'commonjs' },
  'tsconfig.json': { compilerOptions: { ...compilerOptions, module: 'node16', allowJs: true, checkJs: true } },
  'main.ts': typescript,
  'plain.js': javascript
})

/** Type-checks a project, and the declarations of its packages unless told otherwise. */
function compile(project: string, ...options: string[]): Promise<string> {
  return run(folder, 'node_modules/.bin/tsc', '--project', project, ...options)
}

function summarize(text: string): string[] {
  return parseEvents(text).map(({ event = 'message', data }) => `${event} ${data}`)
}

t.test('the package has the build of the plugin and its routes, and nothing else', async t => {
  const files = (await run(folder, 'tar', '--list', '--file', tarball)).trimEnd().split('\n')
  const expected =
    /^package\/(package\.json|README\.md|LICENSE|dist\/(plugin|routes)\/.+\.(js|d\.ts)|dist\/cjs\/.+\.(js|d\.ts|json))$/
  t.strictSame(
    files.filter(file => !expected.test(file)),
    []
  )
  t.ok(files.includes('package/LICENSE'))
})

const streamed = [
  'message Hello',
  'usage {"tokens":1}',
  'done {}',
  'message anything',
  'done {}',
  'message Hi',
  'done {"finishReason":"stop"}'
]

for (const [kind, project] of Object.entries({ 'ES modules': esm, CommonJS: cjs })) {
  t.test(`TypeScript in ${kind}: wrong events are refused, right ones are streamed`, async t => {
    await compile(project)
    t.strictSame(summarize(await run(project, process.execPath, 'out/main.js')), streamed)
  })
}

t.test('TypeScript for a bundler: wrong events are refused', async t => {
  await t.resolves(compile(esm, '--noEmit', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler'))
})

t.test('the programs in the README compile', async t => {
  const readme = join(folder, 'readme')
  const files = Object.fromEntries(snippets.map((code, i) => [`${i}.ts`, code]))
  await write(readme, { 'package.json': { type: 'module' }, 'tsconfig.json': { compilerOptions }, ...files })
  t.equal(snippets.length, 8)
  await t.resolves(compile(readme, '--noEmit', '--skipLibCheck'))
})

t.test('JavaScript in CommonJS: what require gives is the plugin, with the rest as properties', async t => {
  const text = await run(cjs, process.execPath, 'plain.js')
  t.match(text, /^function\n/)
  t.strictSame(summarize(text), ['message Hello', 'done {}'])
})

for (const entry of entries) {
  t.test(`a process that both imports and requires ${entry} has it once`, async t => {
    const name = `${entry.replace('/', '-')}.mjs`
    await write(esm, { [name]: both(entry) })
    t.equal(await run(esm, process.execPath, name), 'once')
  })
}
