import type { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import { shareListener } from '../util/shared-listener.js'

/** Node's response for HTTP/1.1 or HTTP/2. */
export type RawResponse = ServerResponse | Http2ServerResponse

/** Whether nothing more can be sent: the response has ended, or the client has left. */
export function isClosed(raw: RawResponse): boolean {
  return isHttp2(raw) ? raw.stream.closed || raw.stream.destroyed : raw.destroyed || raw.req.socket.destroyed
}

/** Who is told of the end of a response. */
export interface OverListener {
  /**
   * Called once.
   *
   * @param isComplete whether all of the response was handed to the network
   * @param isCut whether it was cut off, as Node's `finished()` finds: a response also finishes when the rest of it is
   *   discarded
   */
  onOver(isComplete: boolean, isCut: boolean): void
}

const kOver = Symbol('fastify-sse-from.over')

/** The end of a response, for all who wait for it. Closures for each of them were measured to hold 250 bytes. */
interface Over {
  isComplete: boolean
  isFinished: boolean
  /** Removes the listener of the connection. */
  forget: (() => void) | undefined
  readonly listeners: OverListener[]
}

type WatchedResponse = ServerResponse & { [kOver]?: Over | undefined }

/** Calls back once when a response is over. */
export function onOver(raw: RawResponse, listener: OverListener | OverListener['onOver']): void {
  const response = raw as WatchedResponse
  const entry = typeof listener === 'function' ? { onOver: listener } : listener
  const known = response[kOver]
  if (known !== undefined) {
    known.listeners.push(entry)
    return
  }
  const over: Over = { isComplete: false, isFinished: false, forget: undefined, listeners: [entry] }
  response[kOver] = over
  // Others add listeners up to Node's limit.
  response.setMaxListeners(response.getMaxListeners() + 1)
  response.on('finish', finished)
  response.on('close', closed)
  // A pipelined response (RFC 9112, section 9.3.2) that waits for others has no socket, so it misses the close of that.
  if (!isHttp2(raw) && raw.socket === null) {
    const { socket } = raw.req
    over.forget = shareListener(
      socket,
      listener => socket.once('close', listener),
      () => closed.call(response)
    )
  }
}

function finished(this: WatchedResponse): void {
  const over = this[kOver]
  if (over === undefined) return
  over.isFinished = true
  over.isComplete = isHttp2(this) ? this.stream.rstCode === constants.NGHTTP2_NO_ERROR : !this.req.socket.destroyed
}

function closed(this: WatchedResponse): void {
  const over = this[kOver]
  if (over === undefined) return
  this[kOver] = undefined
  over.forget?.()
  // A pipelined response whose turn has not come is not destroyed with its connection.
  const isCut = this.destroyed && !over.isFinished && !this.writableFinished
  for (const listener of over.listeners) listener.onOver(over.isComplete, isCut)
}

/** Whether the response waits for a slow client. */
export function needsDrain(raw: RawResponse): boolean {
  return isHttp2(raw) ? raw.stream.writableNeedDrain : raw.writableNeedDrain
}

/**
 * Calls back when it is a response's turn: at once, unless it is a pipelined one that waits for others on its
 * connection (RFC 9112, section 9.3.2). Never, if the connection closes first.
 */
export function onTurn(raw: RawResponse, callback: () => void): void {
  if (isHttp2(raw) || raw.socket !== null) callback()
  else raw.once('socket', callback)
}

/** Resolves when it is a response's turn, or when it is over. */
export async function ownTurn(raw: RawResponse): Promise<void> {
  if (isHttp2(raw) || raw.socket !== null) return
  await new Promise<void>(resolve => {
    onTurn(raw, resolve)
    onOver(raw, () => resolve())
  })
}

/** The bytes that were written to a response, and that the network has not taken. */
export function pendingBytes(raw: RawResponse): number {
  return isHttp2(raw) ? raw.stream.writableLength : raw.writableLength
}

/**
 * A number that changes whenever the network takes a part of a write to an HTTP/1.1 connection. `pendingBytes` changes
 * only with the whole write, which may be long.
 */
export function partlyTaken(raw: RawResponse): number | undefined {
  const socket = (isHttp2(raw) ? null : raw.socket) as { _handle?: { writeQueueSize?: number } | null } | null
  return socket?._handle?.writeQueueSize
}

/**
 * Breaks a response off so that the client notices (E4).
 *
 * - HTTP/1.1: closes the connection without the last chunk (RFC 9112, section 7.1).
 * - HTTP/1.0, which nginx speaks to upstream servers: resets the connection. It has no chunks, so a closed connection
 *   would be the regular end of the body.
 * - `app.inject()`: rejects. Its responses have no socket that could be closed.
 * - HTTP/2: sends RST_STREAM with an error code (RFC 9113, section 8.1). Destroying the response would send NO_ERROR.
 */
export function truncate(raw: RawResponse): void {
  if (isHttp2(raw)) raw.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else if (!(raw.req.socket instanceof Socket)) raw.destroy()
  else if (raw.req.httpVersion === '1.0') reset(raw.req.socket)
  else raw.req.socket.destroy()
}

/**
 * Gives a response up whose end does not get through. Node 20 can keep the streams of an HTTP/2 session whose client
 * has destroyed it, after a RST_STREAM too, and a server that closes would wait for them for ever.
 */
export function abandon(raw: RawResponse): void {
  truncate(raw)
  if (isHttp2(raw)) raw.stream.destroy()
}

/** Resets a TCP connection. TLS and Unix sockets can only be closed. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy()
  } catch {
    socket.destroy()
  }
}

/** Whether a response is one of HTTP/2. */
export function isHttp2(raw: RawResponse): raw is Http2ServerResponse {
  return 'stream' in raw
}
