import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_STREAM_ABANDONED } from '../../errors.js'
import { logFailure } from '../../framing/failure.js'
import type { StreamLine } from '../../framing/stream-line.js'

/** Logs the error of a stream whose first client has left, so that no response reports it. */
export function reportFailure(log: FastifyBaseLogger, error: Error, line: StreamLine): void {
  if (error instanceof FST_SSE_CLOSING) {
    log.info({ ...line, outcome: 'closed' }, 'the server has closed before the stream was complete')
  } else if (error instanceof FST_SSE_STREAM_ABANDONED) {
    // Clients that leave are no error (E5), so there is no stack trace.
    const { code, message } = error
    log.info(
      { ...line, outcome: 'aborted', err: { code, message } },
      'the last client left, and none came back in time'
    )
  } else {
    logFailure(log, error, line)
  }
}
