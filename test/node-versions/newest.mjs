/**
 * Gives tests, and the code that they test, the newest majors of SDKs, installed as `@newest/...`. Load it with
 * `--import`.
 */
import { registerHooks } from 'node:module'
import manifest from '../../package.json' with { type: 'json' }

/** The aliases, by the names of the SDKs: `"@newest/ai": "npm:ai@7.0.173"`. */
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
