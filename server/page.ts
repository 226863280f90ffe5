import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** Where the build has put the page, seen from the sources as well as from what is built of them. */
const root = join(dirname(fileURLToPath(import.meta.resolve('fastify-sse-from/package.json'))), 'dist/page')

/** The page to talk to the model, at `/`. */
export async function page(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { root, wildcard: false, decorateReply: false })
}
