/**
 * Runs TypeScript in processes that tests start, several times as fast as the compiler of tap does. Load it with
 * `--import`.
 */
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { transform } from 'esbuild'

export async function resolve(specifier, context, nextResolve) {
  const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts')
  return nextResolve(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context)
}

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context)
  const text = await readFile(new URL(url), 'utf8')
  const { code } = await transform(text, { loader: 'ts', format: 'esm', target: 'es2023', sourcemap: 'inline' })
  return { format: 'module', source: code, shortCircuit: true }
}

// Node calls hooks on a thread of their own, where this file is loaded once more.
if (isMainThread) register(import.meta.url)
