/**
 * Resolves imports of `.js` files to our TypeScript files. Node strips the types itself from version 22.18 on. Load it
 * with `--import`.
 */
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isOwn = context.parentURL?.includes('/node_modules/') === false
    return nextResolve(isOwn && specifier.startsWith('.') ? specifier.replace(/\.js$/, '.ts') : specifier, context)
  }
})
