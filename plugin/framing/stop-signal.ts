import { isStop, StreamAbort } from '../source/stream-abort.js'
import { onAbort } from '../util/shared-listener.js'
import { stopError } from './failure.js'

/** A stream that can be ended from outside. */
export interface Stoppable {
  /** Ends it on request, which is not an error (E5). */
  stop(abort: StreamAbort): void
  /** Ends it with an error. @param abort why the source is ended (S8) */
  fail(error: Error, abort: StreamAbort): void
}

/** Ends a stream when the `signal` of its options is aborted. @returns a function that forgets the stream */
export function onStopSignal(signal: AbortSignal, stream: Stoppable): () => void {
  return onAbort(signal, () => endBySignal(signal, stream))
}

/** Ends a stream whose signal is aborted: as stopped (E5) if the reason says so, otherwise with an error. */
export function endBySignal(signal: AbortSignal, stream: Stoppable): void {
  const reason: unknown = signal.reason
  if (isStop(reason)) stream.stop(reason)
  else stream.fail(stopError(signal), new StreamAbort('stopped', { cause: reason }))
}
