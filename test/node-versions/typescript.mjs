/** Loaded before a test: has Node find the TypeScript of our modules where they import each other as what that becomes. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isOwn = context.parentURL?.includes('/node_modules/') === false
    return nextResolve(isOwn && specifier.startsWith('.') ? specifier.replace(/\.js$/, '.ts') : specifier, context)
  }
})
