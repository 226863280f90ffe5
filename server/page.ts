import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** The folder that the build writes the page to, whether this file runs from the source or from the build. */
const root = join(dirname(fileURLToPath(import.meta.resolve('fastify-sse-from/package.json'))), 'dist/page')

/** Serves the page to chat with the model, at `/`. */
export async function page(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { root, wildcard: false, decorateReply: false })
}
