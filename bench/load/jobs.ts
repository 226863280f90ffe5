/** What the load is asked to do, by name: what it takes and what it gives. */
export interface Jobs {
  /** Asks for answers on connections that are kept, one after the other, until the time is over and all have ended. */
  answers: {
    takes: { port: number; path: string; connections: number; ms: number }
    /** `seconds` from the first request to the last end. */
    gives: { answers: number; seconds: number }
  }
  /** Opens streams, evenly over `ms`, and waits for the first token of each. They get ids from 0 in their query. */
  open: { takes: { port: number; path: string; streams: number; ms: number }; gives: undefined }
  /** Listens to the open streams. Tokens are the times at which they were made. */
  listen: { takes: { ms: number }; gives: Heard }
  /** Goes on with the open streams, whose tokens are the numbers from 0, and tells what came since they were opened. */
  follow: { takes: { ms: number }; gives: Followed }
  /** Counts the comments of the open streams. */
  comments: { takes: { ms: number }; gives: { comments: number } }
  /** Closes the open streams, evenly over `ms`. Gives when each was closed, by its id. */
  close: { takes: { ms: number }; gives: Record<string, number> }
  /** Loses connections to one node and takes them up at another, one after the other. */
  reattach: { takes: { port: number; events: number; times: number }; gives: Latency }
  /** Connects, waits for one token, and leaves, again and again. */
  visits: { takes: { port: number; path: string; connections: number; ms: number }; gives: { visits: number } }
}

/** Microseconds. */
export interface Latency {
  p50: number
  p99: number
}

/** The latency is from the making of a token to its arrival. */
export interface Heard extends Latency {
  tokens: number
  seconds: number
}

export interface Followed {
  tokens: number
  /** How many were not the next number: lost, twice, or out of order. */
  wrong: number
  /** How many the quietest stream has got, and the busiest. */
  fewest: number
  most: number
}

export type JobName = keyof Jobs

export interface JobRequest {
  name: JobName
  takes: Jobs[JobName]['takes']
}
