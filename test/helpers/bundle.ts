import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { root } from './markdown.js'

/** Bundles what a page runs. The package is this repository. @returns the script */
export async function bundle(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    alias: { 'fastify-sse-from/client': join(root, 'client/index.ts') },
    define: { 'process.env.NODE_ENV': '"development"' },
    jsx: 'automatic',
    ...options,
    write: false
  })
  return outputFiles[0]?.text as string
}
