import { existsSync } from 'node:fs'
import { readdir, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import t from 'tap'
import { parseEvents } from '../helpers/client.js'
import { readPage, root } from '../helpers/markdown.js'
import { run } from '../helpers/run.js'
import { programs } from '../helpers/snippets.js'
import { both, browser, client, javascript, ready, sharing, typescript } from './programs.js'
import { emptyFolder, entries, folders, install, pack, write } from './project.js'

/** As strict as `tsc --init` of TypeScript 7 makes a project, and with the declarations of packages checked. */
const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  outDir: 'out'
}

// Building, installing and compiling take a while on a small machine.
t.setTimeout(300_000)

const TYPESCRIPT_7 = join(import.meta.dirname, '../../node_modules/.bin/tsgo')

const tarball = await pack(t)
const folder = await emptyFolder(t)
const esm = join(folder, 'esm')
const cjs = join(folder, 'cjs')
await install(folder, tarball)
await write(esm, {
  'package.json': { type: 'module' },
  'tsconfig.json': { compilerOptions },
  'main.ts': typescript,
  'client.ts': client
})
await write(cjs, {
  'package.json': { type: 'commonjs' },
  'tsconfig.json': { compilerOptions: { ...compilerOptions, module: 'node16', allowJs: true, checkJs: true } },
  'main.ts': typescript,
  'client.ts': client,
  'plain.js': javascript
})

/** Compiles a project, and type-checks the declarations of its packages unless `options` say otherwise. */
function compile(project: string, ...options: string[]): Promise<string> {
  return run(folder, 'node_modules/.bin/tsc', '--project', project, ...options)
}

/** Type-checks a project with TypeScript 7, whose launcher cannot run with the loaders of the tests. */
function check7(project: string): Promise<string> {
  return run(folder, 'env', '-u', 'NODE_OPTIONS', TYPESCRIPT_7, '--project', project, '--noEmit')
}

function summarize(text: string): string[] {
  return parseEvents(text).map(({ event = 'message', data }) => `${event} ${data}`)
}

t.test(
  'the package has the build of its entry points, what they import, the documentation, and nothing else',
  async t => {
    const files = (await run(folder, 'tar', '--list', '--file', tarball)).trimEnd().split('\n')
    const documents = 'docs/[\\w.-]+|examples/[\\w./-]+\\.(tsx?|conf|md)'
    const modules = `dist/(${folders.join('|')})/.+\\.(js|d\\.ts)`
    const expected = new RegExp(
      `^package/(package\\.json|[A-Z]+\\.md|LICENSE|${documents}|${modules}|dist/cjs/.+\\.(js|d\\.ts|json))$`
    )
    t.strictSame(
      files.filter(file => !expected.test(file)),
      []
    )
    t.ok(files.includes('package/LICENSE'))
    for (const name of folders)
      t.ok(
        files.some(file => file.startsWith(`package/dist/${name}/`)),
        name
      )
  }
)

t.test('no page in the package has a link to a file that is not there', async t => {
  const unpacked = await emptyFolder(t)
  await run(unpacked, 'tar', '--extract', '--file', tarball, '--strip-components', '1')
  const pages = (await readdir(unpacked, { recursive: true })).filter(file => /^[\w./-]+\.md$/.test(file))
  t.ok(pages.length > 20)
  let count = 0
  for (const page of pages) {
    const { links } = readPage(page, unpacked)
    for (const link of links.filter(link => !/^([a-z]+:|#)/.test(link))) {
      const target = join(dirname(page), link.replace(/#.*/, ''))
      t.ok(existsSync(join(unpacked, target)), `${page}: ${link}`)
      count++
    }
  }
  t.ok(count > 200)

  t.test('those of the repository have links that only it has, and code that is no link', async t => {
    const read = (folder: string, page: string) => readFile(join(folder, page), 'utf8')
    const test = 'test/plugin/response/headers.test.ts'
    t.notMatch(await read(unpacked, 'docs/guarantees.md'), test)
    for (const page of pages) t.equal(await read(dirname(tarball), page), await read(root, page), page)
    const code = (text: string) => text.match(/^```.*?^```/gms) ?? []
    for (const page of pages) t.strictSame(code(await read(unpacked, page)), code(await read(root, page)), page)
  })
})

const streamed = [
  'message Hello',
  'usage {"tokens":1}',
  'done {}',
  'message anything',
  'done {}',
  'message Hi',
  'done {"finishReason":"stop"}',
  'message Hi',
  'done {"finishReason":"stop"}'
]

for (const [kind, project] of Object.entries({ 'ES modules': esm, CommonJS: cjs })) {
  t.test(`TypeScript in ${kind}`, async t => {
    await compile(project)
    await t.resolves(check7(project), 'with TypeScript 7')

    t.test('wrong events do not compile, right ones are streamed', async t => {
      t.strictSame(summarize(await run(project, process.execPath, 'out/main.js')), streamed)
    })

    t.test('the client reads what the server sends', async t => {
      t.equal(await run(project, process.execPath, 'out/client.js'), 'Hello 1 stop\n')
    })
  })
}

t.test('TypeScript for a browser: the client needs no types of Node', async t => {
  const project = join(folder, 'browser')
  const lib = ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable']
  const options = { ...compilerOptions, lib, types: [], module: 'esnext', moduleResolution: 'bundler' }
  await write(project, { 'tsconfig.json': { compilerOptions: options }, 'main.ts': browser })
  await t.resolves(compile(project, '--noEmit'))
  await t.resolves(check7(project), 'with TypeScript 7')

  t.test('where no types of Node are installed', async t => {
    const types = join(folder, 'node_modules/@types/node')
    const away = join(folder, 'types-of-node')
    await rename(types, away)
    t.teardown(() => rename(away, types))
    const shared = { ...options, customConditions: ['browser'] }
    await write(project, {
      'shared.json': { compilerOptions: shared, files: ['main.ts', 'shared.ts'] },
      'shared.ts': sharing,
      'ready.json': { compilerOptions: shared, files: ['ready.ts'] },
      'unchecked.json': { compilerOptions: { ...options, skipLibCheck: true }, files: ['ready.ts'] },
      'ready.ts': ready
    })
    await t.resolves(check7(join(project, 'shared.json')), 'the declaration of events, by the condition of browsers')
    await t.resolves(check7(join(project, 'ready.json')), 'the types of the ready routes, by the same condition')
    await t.resolves(compile(join(project, 'ready.json'), '--noEmit'), 'with TypeScript 6')
    await t.resolves(check7(join(project, 'unchecked.json')), 'the same, with skipLibCheck')
  })
})

t.test(
  'the client with its dependencies is smaller than 4.25 KB, and imports nothing from Node or the server',
  async t => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: "export * from 'fastify-sse-from/client'", resolveDir: folder },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      metafile: true,
      write: false
    })
    const size = gzipSync(outputFiles[0]?.contents as Uint8Array, { level: 9 }).length
    t.ok(size < 4.25 * 1024, `${size} bytes`)
    t.strictSame(
      Object.keys(metafile.inputs).filter(
        file => !/(fastify-sse-from\/dist\/client|eventsource-parser\/dist)\/|^<stdin>$/.test(file)
      ),
      []
    )
  }
)

t.test('the declaration of events, with its checks, adds less than 17.5 KB to a page', async t => {
  const { outputFiles } = await build({
    stdin: { contents: "export { eventStream } from 'fastify-sse-from'", resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false
  })
  const size = gzipSync(outputFiles[0]?.contents as Uint8Array, { level: 9 }).length
  t.ok(size < 17.5 * 1024, `${size} bytes`)
})

t.test('a page can share the declaration of its events with its server, under a policy that forbids eval', async t => {
  const bundled = join(folder, 'sharing.mjs')
  await build({
    stdin: { contents: sharing, resolveDir: folder, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    outfile: bundled
  })
  t.equal(
    await run(folder, process.execPath, '--disallow-code-generation-from-strings', bundled),
    'message 42\nusage { tokens: 1 }\n' +
      'SseStreamError: invalid event usage: TypeError: the data of "usage" is not what the route declares: ' +
      'Expected integer at /tokens, but it is a string\n'
  )
})

t.test('TypeScript for a bundler: wrong events do not compile', async t => {
  await t.resolves(compile(esm, '--noEmit', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler'))
})

t.test('the programs in the documentation compile', async t => {
  const docs = join(folder, 'docs')
  const files = Object.fromEntries(programs.map(({ code }, i) => [`${i}.ts`, code]))
  await write(docs, { 'package.json': { type: 'module' }, 'tsconfig.json': { compilerOptions }, ...files })
  t.ok(programs.length > 10)
  await t.resolves(compile(docs, '--noEmit', '--skipLibCheck'))
})

t.test('JavaScript in CommonJS: require gives the plugin, with the other exports as properties', async t => {
  const text = await run(cjs, process.execPath, 'plain.js')
  t.match(text, /^function\n/)
  t.strictSame(summarize(text), ['message Hello', 'done {}'])
})

for (const entry of entries) {
  t.test(`a process that imports and requires ${entry} has it once`, async t => {
    const name = `${entry.replaceAll('/', '-')}.mjs`
    await write(esm, { [name]: both(entry) })
    t.equal(await run(esm, process.execPath, name), 'once')
  })
}
