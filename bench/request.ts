import { ANSWER } from './source.js'

/** What a scenario asks servers for. */
export interface BenchRequest {
  /** With the query. */
  readonly path: string
  /** The media type that the client accepts. Default: `text/event-stream`. */
  readonly accept?: string
  /** Sent as JSON, with a POST. Default: a GET without a body. */
  readonly body?: object
  /** The number of tokens in the answer. Default: `ANSWER`. */
  readonly tokens?: number
}

/** The number of tokens in the answer to a request. */
export function tokensOf({ tokens = ANSWER }: BenchRequest): number {
  return tokens
}
