import type { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import { shareListener } from '../util/shared-listener.js'

/** The response of either protocol, as Fastify hands it out. */
export type RawResponse = ServerResponse | Http2ServerResponse

/** Whether nothing can be sent any more: the response has ended, or its client has left. */
export function isClosed(raw: RawResponse): boolean {
  return isHttp2(raw) ? raw.stream.closed || raw.stream.destroyed : raw.destroyed || raw.req.socket.destroyed
}

/** Calls back once when a response is over, and says whether all of it was handed to the network before. */
export function onOver(raw: RawResponse, callback: (whole: boolean) => void): void {
  const response = raw as ServerResponse
  let whole = false
  let forget: (() => void) | undefined
  const over = () => {
    response.removeListener('close', over)
    forget?.()
    callback(whole)
  }
  // One more than Fastify reckons with, where an error handler answers with a stream of its own.
  response.setMaxListeners(response.getMaxListeners() + 1)
  response.on('finish', () => {
    // A response also finishes when what it still had to send is thrown away.
    whole = isHttp2(raw) ? raw.stream.rstCode === constants.NGHTTP2_NO_ERROR : !response.req.socket.destroyed
  })
  response.on('close', over)
  // Behind other answers on its connection (RFC 9112, section 9.3.2) a response is not told when that closes.
  if (!isHttp2(raw) && raw.socket === null) {
    const { socket } = raw.req
    forget = shareListener(socket, listener => socket.once('close', listener), over)
  }
}

export function needsDrain(raw: RawResponse): boolean {
  return isHttp2(raw) ? raw.stream.writableNeedDrain : raw.writableNeedDrain
}

/**
 * Breaks a response off so that its client can tell (E4).
 *
 * HTTP/1.1: the connection ends without the last chunk (RFC 9112, section 7.1). HTTP/1.0 has no chunks, and the end of
 * the connection is that of the body, so it is reset: nginx speaks it to the servers behind it. HTTP/2: RST_STREAM with
 * an error code (RFC 9113, section 8.1), since destroying the response would send the code that stands for no error.
 */
export function truncate(raw: RawResponse): void {
  if (isHttp2(raw)) raw.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else if (raw.req.httpVersion === '1.0') reset(raw.req.socket)
  else raw.req.socket.destroy()
}

/** Only TCP has a reset: TLS and Unix sockets can but close. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy()
  } catch {
    socket.destroy()
  }
}

export function isHttp2(raw: RawResponse): raw is Http2ServerResponse {
  return 'stream' in raw
}
