import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Test } from 'tap'
import { run } from '../helpers/run.js'

const root = resolve(import.meta.dirname, '../..')

const manifest: {
  exports: Record<string, string | { import: { default: string } }>
  devDependencies: Record<string, string>
} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

/** The ES module of each entry point of the package, by the name that users import. */
const modules = Object.entries(manifest.exports).flatMap(([path, entry]) =>
  typeof entry === 'string' ? [] : [[join('fastify-sse-from', path), entry.import.default] as const]
)

/** The entry points of the package, by the names that users import. */
export const entries = modules.map(([name]) => name)

/** The folders of `dist` that the entry points are in. */
export const folders = [...new Set(modules.map(([, file]) => file.split('/')[2] as string))]

/** The packages that a user installs beside this one. */
const COMPANIONS = [
  'fastify',
  '@sinclair/typebox',
  'typescript',
  '@types/node',
  'openai',
  '@ai-sdk/openai',
  'zod',
  'ollama',
  'ioredis',
  '@opentelemetry/api',
  '@opentelemetry/exporter-prometheus',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/sdk-trace-node',
  '@fastify/otel',
  'fastify-metrics',
  'prom-client',
  '@fastify/cookie',
  '@fastify/cors',
  '@fastify/jwt',
  '@fastify/swagger',
  'fastify-type-provider-zod',
  'close-with-grace',
  '@fastify/static',
  '@ag-ui/client',
  'rxjs'
]

/** Folders that are made, not written. */
const MADE = new Set(['node_modules', 'dist', '.git', '.tap'])

/** A folder outside this repository, from where none of its modules can be found. It is removed after the test. */
export async function emptyFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fastify-sse-from-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Builds and packs a copy of the source code, because other tests use the build in `dist`.
 *
 * @returns the path of the tarball
 */
export async function pack(t: Test): Promise<string> {
  const folder = await emptyFolder(t)
  await cp(root, folder, { recursive: true, filter: path => !MADE.has(basename(path)) })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const output = await run(folder, 'npm', 'pack', '--silent')
  return join(folder, output.trimEnd().split('\n').at(-1) as string)
}

/** Installs a tarball as a user would. */
export async function install(folder: string, tarball: string): Promise<void> {
  const companions = COMPANIONS.map(name => `${name}@${manifest.devDependencies[name]}`)
  await writeFile(join(folder, 'package.json'), '{}')
  await run(folder, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...companions)
}

export async function write(folder: string, files: Record<string, string | object>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
}
