import type { EventStreamSchema } from '../plugin/index.js'

/** What is asked of the app. */
export interface InjectSseOptions<Schema extends EventStreamSchema = EventStreamSchema> {
  /** The path, with or without a query. A fragment is not sent. */
  url: string
  /** Added to the query of `url`. Default: nothing. */
  query?: Readonly<Record<string, string>> | undefined
  /** Default: `POST` with a body, `GET` without. */
  method?: string | undefined
  /** Default: `host`, and `content-type` with a body. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Sent as it is if it is a string or bytes, otherwise as JSON. Default: no body. */
  body?: unknown
  /** The position to resume after: the `Last-Event-ID` header. Default: the start of the stream. */
  lastEventId?: string | undefined
  /** The address of the client, as `request.ip` has it. Default: `127.0.0.1`. */
  remoteAddress?: string | undefined
  /**
   * Leaves when it is aborted, as `disconnect()` does. Before the head has arrived, `injectSse` rejects with its
   * reason. Default: it waits for as long as the app does.
   */
  signal?: AbortSignal | undefined
  /**
   * The schema of the route: what `eventStream` returned. It types the events, and says how their data is read; an
   * event that it does not declare fails the stream. Default: `message` is text, other data is JSON where it can be.
   */
  schema?: Schema | undefined
}
