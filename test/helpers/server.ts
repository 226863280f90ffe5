import type { ServerOptions } from 'node:http'
import type { ServerOptions as TlsServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import sseFrom, { type PluginOptions } from '../../plugin/index.js'

/** A log line. */
export interface LogLine {
  level: number
  msg: string
  reqId?: string
  err?: { message: string; code?: string }
  [key: string]: unknown
}

export interface Served {
  app: FastifyInstance
  url: string
  port: number
  /** The log lines so far, from level `debug`. */
  log: LogLine[]
}

export interface ServeOptions {
  plugin?: PluginOptions
  fastify?: FastifyServerOptions & { http?: ServerOptions; https?: TlsServerOptions }
  http2?: boolean
}

/** Creates an app with the plugin. It is closed after the test. */
export function build(t: Test, options: ServeOptions = {}) {
  const { app, log } = create(t, options)
  app.register(sseFrom, options.plugin ?? {})
  return { app, log }
}

function create(t: Test, { fastify = {}, http2 = false }: ServeOptions) {
  const log: LogLine[] = []
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      log.push(JSON.parse(String(chunk)))
      callback()
    }
  })
  const options = {
    logger: { level: 'debug', stream },
    ...(http2 ? { http2 } : {}),
    ...fastify
  }
  const app = Fastify(options as FastifyServerOptions)
  t.teardown(() => app.close())
  return { app, log }
}

/** Serves an app on a free port. `setup` adds its routes and hooks. */
export async function serve(
  t: Test,
  setup: (app: FastifyInstance) => unknown,
  options: ServeOptions = {}
): Promise<Served> {
  const { app, log } = create(t, options)
  await app.register(sseFrom, options.plugin ?? {})
  await setup(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, log, port, url: `${options.fastify?.https ? 'https' : 'http'}://127.0.0.1:${port}` }
}
