/**
 * Runs TypeScript, several times as fast as tap's loader, which transpiles every file in every process. Blanks replace
 * the types, so lines and columns stay the same, and `node_modules/.cache` keeps the results. Load it with `--import`.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const { version } = createRequire(import.meta.url)('ts-blank-space/package.json')
const cache = join(import.meta.dirname, '../../node_modules/.cache/ts-blank-space', version)

export function resolve(specifier, context, nextResolve) {
  const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts')
  return nextResolve(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context)
}

/** Asks no other loader: tap's would transpile the file. */
export async function load(url, context, nextLoad) {
  const { pathname, protocol } = new URL(url)
  if (protocol !== 'file:' || !pathname.endsWith('.ts')) return nextLoad(url, context)
  return { format: 'module', source: await withoutTypes(readFileSync(new URL(url), 'utf8')), shortCircuit: true }
}

async function withoutTypes(text) {
  const cached = join(cache, createHash('sha256').update(text).digest('hex'))
  try {
    return readFileSync(cached, 'utf8')
  } catch {
    // It takes as long to load as most tests take to run.
    const { default: blankTypes } = await import('ts-blank-space')
    const code = blankTypes(text)
    mkdirSync(cache, { recursive: true })
    // Other processes may read the file at any time.
    writeFileSync(`${cached}.${process.pid}`, code)
    renameSync(`${cached}.${process.pid}`, cached)
    return code
  }
}

// Hooks run on a thread of their own, which loads this file once more.
if (isMainThread) register(import.meta.url)
