/**
 * Lets programs import the package by its public names, as its users do, and gives them the sources: what stands in
 * `exports` of package.json, less the build. Load it with `--import`, or import it before the program.
 */
import { readFileSync } from 'node:fs'
import { type ResolveHook, register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const root = new URL('../../', import.meta.url)
const { name, exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

export const resolve: ResolveHook = (specifier, context, nextResolve) => {
  const entry = specifier.startsWith(name) ? exports[`.${specifier.slice(name.length)}`] : undefined
  if (entry === undefined) return nextResolve(specifier, context)
  const source: string = entry.import.default.replace('/dist/', '/').replace(/\.js$/, '.ts')
  return nextResolve(new URL(source, root).href, context)
}

// Node calls hooks on a thread of their own, where this file is loaded once more.
if (isMainThread) register(import.meta.url)
