import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { END_ID, lastEventIdOf } from './end-mark.js'
import { FST_SSE_CLOSING } from './errors.js'
import { EventStream } from './event-stream.js'
import type { Codec } from './frames.js'
import { logError } from './log.js'
import { checkStreamOptions, type StreamOptions } from './options.js'
import { isClosed } from './response.js'
import { discardSource } from './source.js'
import type { Streams } from './streams.js'
import { report, type StreamSummary, Tally } from './summary.js'
import { codecOf } from './typed.js'

/** What every stream says of itself (W1). What the handler has set already stays. */
const HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}

/** `reply.sseFrom` of one server. */
export function makeSseFrom(streams: Streams) {
  return function sseFrom(this: FastifyReply, source: unknown, options: StreamOptions = {}): FastifyReply {
    const discard = () =>
      discardSource(source, error => logError(this.log, 'debug', error, 'a source that was not needed failed'))
    const skip = (outcome: StreamSummary['outcome']) => {
      discard()
      report(options.onClose, new Tally().summary(outcome, this.statusCode, undefined), this.log)
    }
    let codec: Codec
    try {
      checkStreamOptions(options)
      if (streams.isClosing) throw new FST_SSE_CLOSING()
      codec = codecOf(this)
    } catch (error) {
      discard()
      throw error
    }
    if (isClosed(this.raw)) {
      this.log.info({ outcome: 'aborted' }, 'client left')
      skip('aborted')
      return this
    }
    if (lastEventIdOf(this.request.headers) === END_ID) {
      skip('skipped')
      return this.code(204).send()
    }
    for (const [name, value] of Object.entries(HEAD)) {
      if (!this.hasHeader(name)) this.header(name, value)
    }
    if (this.request.method === 'HEAD') {
      skip('skipped')
      return this.send(Readable.from([]))
    }
    return this.send(new EventStream(source, this, options, codec, streams))
  }
}
