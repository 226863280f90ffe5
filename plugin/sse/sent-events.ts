/** An event as it was sent. */
export interface SentEvent {
  /** The name of the event: `message` if it was sent without one. */
  readonly event: string
  /** The data as it was sent: a string as it is, anything else as JSON. */
  readonly data: string
}

/** Reads the events that clients dispatch from frames of this module, which end their lines with LF. */
export function sentEvents(frames: Iterable<string>): SentEvent[] {
  const events: SentEvent[] = []
  for (const frame of frames) {
    let event = 'message'
    let data: string | undefined
    for (const line of frame.split('\n')) {
      if (line.startsWith('data: ')) data = data === undefined ? line.slice(6) : `${data}\n${line.slice(6)}`
      else if (line.startsWith('event: ')) event = line.slice(7)
    }
    if (data !== undefined) events.push({ event, data })
  }
  return events
}
