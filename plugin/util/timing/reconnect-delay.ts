/** Spreads out the clients that must reconnect, so that they do not return all at once. Milliseconds. */
const RANGE = { from: 1000, to: 5000 }

/** A random delay after which a client reconnects. Milliseconds. */
export function reconnectDelay(): number {
  return Math.round(RANGE.from + Math.random() * (RANGE.to - RANGE.from))
}
