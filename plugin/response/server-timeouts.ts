import type { FastifyInstance } from 'fastify'
import { CLOSE_MARGIN } from './open-streams.js'
import type { PumpSettings } from './write/pump.js'

const SEE = 'see docs/deployment.md'

interface Settings extends Pick<PumpSettings, 'heartbeat'> {
  readonly commitAfter: number
  readonly drainTimeout: number
}

/**
 * Warns of timeouts that end streams. They protect the server, so the plugin leaves them as they are.
 *
 * `connectionTimeout` closes HTTP/1.1 connections that are silent. `handlerTimeout` ends whatever takes longer. With
 * `pluginTimeout`, Fastify gives up closing, and `app.close()` rejects.
 */
export function warnOfTimeouts({ initialConfig, log }: FastifyInstance, settings: Settings): void {
  const { heartbeat, commitAfter, drainTimeout } = settings
  // The type of `initialConfig` lacks the last.
  const {
    connectionTimeout = 0,
    http2,
    pluginTimeout = 0,
    handlerTimeout = 0
  } = initialConfig as typeof initialConfig & {
    handlerTimeout?: number
  }
  const silence = Math.max(heartbeat === false ? Number.POSITIVE_INFINITY : heartbeat, commitAfter)
  if (connectionTimeout > 0 && connectionTimeout <= silence && !http2) {
    const details = { connectionTimeout, heartbeat, commitAfter }
    log.warn(details, `connectionTimeout ends silent streams: ${SEE} for a heartbeat and commitAfter that are shorter`)
  }
  if (handlerTimeout > 0) {
    log.warn({ handlerTimeout }, `handlerTimeout ends streams: ${SEE} for routes that have a longer one`)
  }
  if (pluginTimeout > 0 && drainTimeout > pluginTimeout - CLOSE_MARGIN) {
    const cut = `streams are cut off ${CLOSE_MARGIN} ms before it when the app closes`
    log.warn({ drainTimeout, pluginTimeout }, `pluginTimeout is too short for drainTimeout: ${cut}, ${SEE}`)
  }
}
