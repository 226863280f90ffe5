import { diag } from '@opentelemetry/api'
import { type ChannelListener, type ChannelMessages, listen } from '../plugin/index.js'

/**
 * Listens to a channel of the plugin. What a meter or a tracer throws is told to the log of OpenTelemetry, `diag`: it
 * would end the process, since Node makes an `uncaughtException` of what a listener throws.
 */
export function listenGuarded<const Name extends keyof ChannelMessages>(
  name: Name,
  listener: ChannelListener<Name>
): () => void {
  return listen(name, message => {
    try {
      listener(message)
    } catch (error) {
      diag.error(`fastify-sse-from: ${name} could not be measured: ${wordsOf(error)}`)
    }
  })
}

/** What was thrown, in words. It may be anything. */
export function wordsOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return 'what was thrown cannot be shown'
  }
}
