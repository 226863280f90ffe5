import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../helpers/markdown.js'
import { run } from '../helpers/run.js'
import { write } from './project.js'

// Compiling takes a while on a small machine.
t.setTimeout(300_000)

const bin = join(root, 'node_modules/.bin')

/** All that makes TypeScript stricter, as `tsc --init` and the strictest shared configurations have it. */
const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedSideEffectImports: true,
  allowUnreachableCode: false,
  erasableSyntaxOnly: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  target: 'es2023',
  module: 'nodenext',
  types: ['node'],
  noEmit: true
}

/** What the tests of types import, by the name that users import. */
const entries = {
  'plugin/index.js': 'fastify-sse-from',
  'plugin/stores/redis/redis-store.js': 'fastify-sse-from/redis',
  'client/index.js': 'fastify-sse-from/client',
  'routes/index.js': 'fastify-sse-from/routes'
}

function asUser(code: string): string {
  return Object.entries(entries).reduce((text, [file, name]) => text.replaceAll(`'../../${file}'`, `'${name}'`), code)
}

// The package finds itself by its name from here.
const folder = join(import.meta.dirname, 'strict')
await rm(folder, { recursive: true, force: true })
await mkdir(folder)
t.teardown(() => rm(folder, { recursive: true, force: true }))
const types = join(root, 'test/types')
for (const file of await readdir(types)) {
  await write(folder, { [file]: asUser(await readFile(join(types, file), 'utf8')) })
}

t.test('the types hold with the strictest settings, for the build, in Node and with the DOM', async t => {
  for (const [platform, lib] of Object.entries({ node: ['es2023'], dom: ['es2023', 'dom', 'dom.iterable'] })) {
    await write(folder, { [`${platform}.json`]: { compilerOptions: { ...compilerOptions, lib }, include: ['*.ts'] } })
  }
  await t.resolves(run(folder, join(bin, 'tsc'), '--project', 'node.json'), 'TypeScript 6, Node')
  // Its launcher cannot run with the loaders of the tests.
  for (const platform of ['node', 'dom']) {
    const args = ['-u', 'NODE_OPTIONS', join(bin, 'tsgo'), '--project', `${platform}.json`]
    await t.resolves(run(folder, 'env', ...args), `TypeScript 7, ${platform}`)
  }
})
