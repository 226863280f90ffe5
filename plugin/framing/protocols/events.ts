import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import type { SseEvent } from '../../sse/event.js'
import type { BuiltInProtocol } from './protocol.js'

/**
 * The plugin's own events, for EventSource: the items of the source, then `done` (E3), `error` if it fails (E2), or
 * `stopped` if it is stopped on request (E5).
 */
export const events: BuiltInProtocol = {
  reconnects: true,
  isVerbatim: true,
  text: (data, name) => (name === 'message' ? data : undefined),
  start: ({ end = 'done', result }) => ({
    item(item: unknown) {
      if (item === undefined) throw new FST_SSE_EVENT_INVALID('data must be text or a JSON value, but it is undefined')
      return item
    },
    end(returned): SseEvent | undefined {
      if (end === false) return undefined
      return typeof end === 'string' ? { event: end, data: result(returned === undefined ? {} : returned) } : end
    },
    error: data => ({ event: 'error', data }),
    stopped: () => ({ event: 'stopped', data: {} })
  })
}
