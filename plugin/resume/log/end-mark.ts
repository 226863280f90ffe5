import type { LogEnd } from '../../stores/event-store.js'

/**
 * What a store keeps before the last frame of a stream that was stopped on request (E5), so that other nodes and later
 * readers know. It is a comment: a client that gets it ignores it.
 */
const STOPPED = ':stopped\n'

/** How a log has ended, and whether it was stopped on request. */
export interface MarkedEnd extends LogEnd {
  readonly isStopped: boolean
}

/** The last frame as it is stored. */
export function markedFrame(frame: string, isStopped: boolean | undefined): string {
  return isStopped ? STOPPED + frame : frame
}

/** Reads the end of a log from a store. */
export function readEnd({ frame, lost }: LogEnd): MarkedEnd {
  const isStopped = frame.startsWith(STOPPED)
  return { frame: isStopped ? frame.slice(STOPPED.length) : frame, lost, isStopped }
}
