import type { EventEmitter } from 'node:events'
import { Readable, type Writable } from 'node:stream'

/** Where a Readable keeps what it is piped to. */
interface Piped {
  readonly _readableState: { readonly pipes: readonly Writable[] }
}

/**
 * Fails a stream, and with it all streams that a hook has piped it to: a pipe passes on the end of a stream, but not
 * its error. A stream whose error nobody listens to would end the process.
 *
 * @param last is not destroyed: the response
 * @returns whether anybody has been told
 */
export function failTogether(first: Readable, last: EventEmitter, error: Error): boolean {
  const streams = new Set<Readable | Writable>([first])
  for (const stream of streams) {
    if (!(stream instanceof Readable)) continue
    const { pipes } = (stream as Readable & Piped)._readableState
    for (const next of pipes) if (next !== last) streams.add(next)
    stream.unpipe()
  }
  const isTold = [...streams].some(stream => stream.listenerCount('error') > 0)
  for (const stream of streams) {
    stream.on('error', () => {})
    stream.destroy(error)
  }
  return isTold
}
