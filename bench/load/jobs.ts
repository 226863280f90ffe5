import type { BenchRequest } from '../request.js'

/** The jobs of the load generator, by name: the parameters and the result of each. */
export interface Jobs {
  /** Asks for one answer after another on kept-alive connections, until the time is up and all answers have ended. */
  answers: {
    params: { port: number; request: BenchRequest; connections: number; ms: number }
    /** `seconds` from the first request to the last end. */
    result: { answers: number; seconds: number }
  }
  /**
   * Opens streams, spread over `ms`, and waits for the first token of each. Their queries have ids, from 0. `h2`: over
   * HTTP/2.
   */
  open: { params: { port: number; path: string; streams: number; ms: number; h2?: boolean }; result: undefined }
  /** Measures the latency of the open streams, whose tokens are the times at which they were made. */
  listen: { params: { ms: number }; result: Delivery }
  /** Goes on reading the open streams, whose tokens count from 0, and checks all that came since they were opened. */
  follow: { params: { ms: number }; result: Continuity }
  /** Counts the comments on the open streams. */
  comments: { params: { ms: number }; result: { comments: number } }
  /** Closes the open streams, spread over `ms`. The result is when each was closed, by its id. */
  close: { params: { ms: number }; result: Record<string, number> }
  /** Reads from one node, loses the connection, and resumes on another node: again and again. */
  reattach: { params: { port: number; events: number; times: number }; result: Latency }
  /** Connects, waits for one token, and leaves: again and again. */
  visits: { params: { port: number; path: string; connections: number; ms: number }; result: { visits: number } }
}

/** Microseconds. */
export interface Latency {
  p50: number
  p99: number
}

/** The latency is from making a token to reading it. */
export interface Delivery extends Latency {
  tokens: number
  seconds: number
}

export interface Continuity {
  tokens: number
  /** How many tokens were not the next number: lost, duplicated, or out of order. */
  wrong: number
  /** The longest time between two tokens of a stream in this job, or since the last one. Microseconds. */
  longestGap: number
}

export type JobName = keyof Jobs

export interface JobRequest {
  name: JobName
  params: Jobs[JobName]['params']
}
