import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Test } from 'tap'
import { run } from '../helpers/run.js'

const root = resolve(import.meta.dirname, '../..')

/** What a user of the package has beside it. */
const COMPANIONS = ['fastify', '@sinclair/typebox', 'typescript', '@types/node', 'openai', 'ioredis']

/** What is not source. */
const MADE = new Set(['node_modules', 'dist', '.git', '.tap'])

/** A folder far from this repository, so that nothing of it is found there. It is removed after the test. */
export async function emptyFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fastify-sse-from-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Builds and packs a copy of the sources, since other tests use the build in `dist`. Returns the path of the tarball. */
export async function pack(t: Test): Promise<string> {
  const folder = await emptyFolder(t)
  await cp(root, folder, { recursive: true, filter: path => !MADE.has(basename(path)) })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const output = await run(folder, 'npm', 'pack', '--silent')
  return join(folder, output.trimEnd().split('\n').at(-1) as string)
}

/** Installs a tarball as a user would. */
export async function install(folder: string, tarball: string): Promise<void> {
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const companions = COMPANIONS.map(name => `${name}@${devDependencies[name]}`)
  await writeFile(join(folder, 'package.json'), '{}')
  await run(folder, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...companions)
}

export async function write(folder: string, files: Record<string, string | object>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
}
