import type { EventList } from './event-list.js'

/**
 * Where the events of resumable streams are kept, so that a client that has lost its connection gets the rest from any
 * node.
 *
 * A store holds one log a stream: its events in order, numbered from 1, and at last its end. Three parties use it. The
 * node whose source makes the events is the log's producer: it creates, appends and renews, one call at a time. Nodes
 * whose clients have come back to them follow: they read, and are rung for. Anybody may ask to stop a stream.
 *
 * What a store guarantees:
 * - **Order.** An event is in the log only if all before it are. No call leaves a part of what it appends.
 * - **Repetition is harmless.** Any call may be made again when its answer was lost.
 * - **One producer.** Nothing is added to a log by anybody whose lease on it has run out, however late they come.
 * - **One end.** A log ends once. Whoever comes second is told so, and nothing is added after the end.
 * - **The log is the truth.** Rings may be lost, repeated, or ring for nothing. A ring that is lost costs time, at most
 *   until the lease is looked at again, and never an event.
 * - **Nothing is kept for ever**, also when a process dies at any moment.
 * - **Nothing is forgotten early.** A log keeps all its events as long as it is there at all. What has no room ends the
 *   stream instead.
 *
 * Calls reject with `FST_SSE_STORE_UNAVAILABLE` when the store cannot be reached, and do so within a bounded time: the
 * clients of a stream whose store is gone still get its events.
 */
export interface EventStore {
  /** The most events that a log holds. The producer ends a stream that has more. */
  readonly maxEvents: number
  /** The most bytes of events that a log holds. The producer ends a stream that has more. */
  readonly maxBytes: number
  /** How long a producer holds a log without a sign of life, and how long a node counts as following. Milliseconds. */
  readonly lease: number
  /**
   * How long a producer may hold back events for a log that no other node follows, so that more of them go there at once.
   * Milliseconds. Default: 0.
   */
  readonly linger?: number

  /**
   * For a store in the memory of this process: its logs are used as they are, where otherwise each reader and the producer
   * would keep a copy. Default: none.
   */
  readonly local?: LocalLogs

  /**
   * Makes an empty log and gives its lease to the producer.
   *
   * @param owner whose the stream is, and `protocol` in what framing its events are, where it says so: kept with the log as they are
   * @returns whether the log is this producer's: `false` where the id is taken by another
   * @throws FST_SSE_STORE_FULL where it has no room for another log
   */
  create(id: string, producer: string, owner: string | undefined, protocol?: string): Promise<boolean>

  /**
   * Adds events, and the end where one is given, and rings for all who follow. Adds no events where `first` is not the
   * number that comes next, which is how a producer whose last answer was lost finds out what has arrived; and the end
   * only where the last of its events is then the last of the log.
   *
   * @param first the number of the first of the events
   * @param events their text, as it is sent, without ids
   * @param end the text of the last event, `''` for none; nothing comes after it
   * @returns the number of the last event in the log; with `end`, the log has ended where that is `first + events.length - 1`
   * @throws FST_SSE_PRODUCER_FENCED where the producer does not hold the lease any more, unless the log has this very end of its own
   */
  append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number>

  /**
   * Holds the lease for another `lease` milliseconds. Called well before it runs out, and whenever it is rung for.
   *
   * @returns what the producer has to know
   * @throws FST_SSE_PRODUCER_FENCED where the producer does not hold the lease any more, or the log has ended
   */
  renew(id: string, producer: string): Promise<LeaseStatus>

  /**
   * Reads what comes after an event.
   *
   * @param after the number of an event, 0 for the beginning; where it is beyond the last one, no events are given
   * @returns `undefined` where there is no such log, or no more
   */
  read(id: string, after: number): Promise<LogPage | undefined>

  /**
   * Says that clients of this node follow the stream, for another `lease` milliseconds, and rings for its producer if that
   * is new. Does nothing where there is no such log, or it has ended.
   */
  follow(id: string): Promise<void>

  /** Says that none does any more, and rings for its producer. Does nothing where there is no such log. */
  unfollow(id: string): Promise<void>

  /**
   * Ends a log whose producer has let its lease run out, and rings for all who follow.
   *
   * @param end the text of the last event
   * @returns whether this call has ended it: `false` where it has ended already, is held by a producer, or is not there
   */
  endLost(id: string, end: string): Promise<boolean>

  /** Asks the producer to stop, and rings for it. @returns `false` where there is no such log; one that has ended is there */
  stop(id: string): Promise<boolean>

  /**
   * Has a node told when something may be new: with the id of a stream that it produces or follows, or with `undefined` when it may
   * be any of them, since rings may have been missed.
   *
   * @returns a function that ends that
   */
  subscribe(ring: (id: string | undefined) => void): () => void
}

/** The logs of a store that is in the memory of this process. */
export interface LocalLogs {
  /**
   * Has a log keep its events where its producer does, from its creation on. `append` then brings no events, and only
   * tells the nodes that follow that there are more.
   */
  share(id: string, producer: string, events: EventList): void
  /** The events of a log; `undefined` where it is not shared, or not there. They grow until the log has ended. */
  events(id: string): EventList | undefined
}

/** What a producer is told when it renews its lease. */
export interface LeaseStatus {
  /** Whether somebody has asked it to stop. */
  readonly stop: boolean
  /** How many nodes follow. */
  readonly followers: number
}

/** A part of a log. */
export interface LogPage {
  /** Whose it is, as `create` was told. */
  readonly owner: string | undefined
  /** How its events are framed, as `create` was told. */
  readonly protocol: string | undefined
  /** The number of the first of the events; where there are none, the one after that which was asked for. */
  readonly first: number
  /** Events, in order: as many as the store gives at once. */
  readonly events: readonly string[]
  /** Whether there may be more of them already. Not where there are none, nor where the end is given. */
  readonly more: boolean
  /** The end of the log, where it has ended and nothing comes between these events and it. */
  readonly end: LogEnd | undefined
  /** How long the producer holds the lease yet. Milliseconds; 0 where it has run out or the log has ended. */
  readonly leaseLeft: number
}

/** How a log has ended. */
export interface LogEnd {
  /** The text of the last event, without an id. `''` for none. */
  readonly frame: string
  /** Whether its producer was lost: clients may then have had events that never reached the log. */
  readonly lost: boolean
}
