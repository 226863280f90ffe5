/** Loaded before a test: has it, and the routes that it tests, use the newest majors of SDKs, which are installed as `@newest/...`. */
import { registerHooks } from 'node:module'
import manifest from '../../package.json' with { type: 'json' }

/** By the names of the SDKs, as in "@newest/ai": "npm:ai@7.0.173". */
const newest = new Map(
  Object.entries(manifest.devDependencies)
    .filter(([alias]) => alias.startsWith('@newest/'))
    .map(([alias, version]) => [/^npm:(.+)@/.exec(version)[1], alias])
)

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isOwn = context.parentURL?.includes('/node_modules/') === false
    return nextResolve(isOwn ? newestOf(specifier) : specifier, context)
  }
})

function newestOf(specifier) {
  const [, name, path] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? []
  return newest.has(name) ? newest.get(name) + path : specifier
}
