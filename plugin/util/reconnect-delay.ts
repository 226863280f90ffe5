/** Clients that are sent away for a while come back within this range of milliseconds, not all at once. */
const RANGE = { from: 1000, to: 5000 }

/** After how many milliseconds a client may come back. */
export function reconnectDelay(): number {
  return Math.round(RANGE.from + Math.random() * (RANGE.to - RANGE.from))
}
