import type { EventList } from './event-list.js'
import type { StreamSlots } from './stream-slots.js'

/**
 * Keeps the events of resumable streams, so that a client that lost its connection gets the rest from any node (R1).
 * A node is a server process that uses the store.
 *
 * The store holds one log per stream: its events, numbered from 1, and then its end. Three parties call it:
 * - The **producer** is the node that runs the stream's source. It creates the log, appends to it, one call at a time,
 *   and renews its lease meanwhile.
 * - A **follower** is another node with clients of the stream. It reads the log and is notified of changes.
 * - **Any node** may ask the producer to stop, and may end the log of a producer that is lost.
 *
 * Every store guarantees:
 * - **Order.** An event is in the log only if all earlier events are. A call stores all that it was given, or nothing.
 * - **Idempotence.** Any call may be repeated, since its answer may have been lost.
 * - **One producer (R2).** Once its lease has expired, a producer adds nothing more, however late its call arrives.
 * - **One end.** A log ends once. A second end is refused, and so is any event after the end.
 * - **The log is the truth.** Notifications may be lost, repeated or needless. A lost one delays the events until the
 *   follower reads again: for a third of the lease, and at most 10 seconds. It never loses an event.
 * - **Nothing stays forever,** even if a process dies at any moment.
 * - **Nothing goes early.** A log keeps all its events for as long as it exists. The plugin ends a stream that outgrows
 *   `maxEvents` or `maxBytes`.
 *
 * A call that cannot reach the storage rejects with `FST_SSE_STORE_UNAVAILABLE` within a bounded time. Meanwhile the
 * clients of the producing node still get their events.
 *
 * @example
 * const store: EventStore = new MyStore()
 * await app.register(sseFrom, { store, resumable: true })
 */
export interface EventStore {
  /** The most events in a log. A positive number, or `Infinity`. A longer stream fails with `FST_SSE_LOG_FULL`. */
  readonly maxEvents: number
  /**
   * The most bytes in a log: of all its frames, as UTF-8. A positive number, or `Infinity`. A larger stream fails with
   * `FST_SSE_LOG_FULL`.
   */
  readonly maxBytes: number
  /**
   * How long a producer holds its log after `create` or `renew`, and how long a node counts as a follower after
   * `follow`. Both are renewed every third of this time. Milliseconds: a positive number, or `Infinity`.
   */
  readonly lease: number
  /**
   * How long a producer may hold back events while no other node follows, to store more of them with one call. If the
   * producer dies, the events that it held back are lost. Milliseconds. Default: 0.
   */
  readonly linger?: number

  /**
   * Direct access to the logs of a store in the memory of this process, so that every event is kept once. Other stores
   * leave it out.
   */
  readonly local?: LocalLogs

  /** Counts the running streams of owners. Without it, each node counts its own. */
  readonly slots?: StreamSlots

  /**
   * Creates an empty log and gives the producer its lease. A producer calls it again if the log has vanished, to store
   * its events anew.
   *
   * A call that was given up must not create the log much later, when its producer may be gone: nobody would end it.
   *
   * @param id the key of the stream: 1 to 172 letters, digits, `-`, `_` or `.`; case matters. Streams of different
   *   owners have different keys (R3)
   * @param producer a name that no other producer has: 1 to 128 letters, digits, `-` or `_`
   * @param owner a hash of the owner of the stream (R3), any string or `undefined`: returned by `read` as it is
   * @param protocol of the frames, any string or `undefined`: returned by `read` as it is
   * @returns `true` if this producer has created the log, now or before; `false` if the id is taken
   * @throws FST_SSE_STORE_FULL if there is no room for another log
   */
  create(id: string, producer: string, owner: string | undefined, protocol?: string): Promise<boolean>

  /**
   * Appends events, then the end if one is given, and notifies the followers.
   *
   * Stores the events only if `first` is the next number, and otherwise none of them. Stores the end only if the last
   * of these events is then the last in the log. So a producer that has missed an answer can repeat the call, and
   * learns from the result what the log holds.
   *
   * @param first the number of the first event
   * @param events their frames: the text that is sent, without ids. Any Unicode text, U+0000 included
   * @param end the frame of the last event of the stream, `''` for none
   * @returns the number of the last event in the log. The end is stored if that is `first + events.length - 1`
   * @throws FST_SSE_PRODUCER_FENCED if the producer does not hold the lease, or the log has ended. Not if this producer
   *   has ended it with this same `end`
   */
  append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number>

  /**
   * Extends the producer's lease to `lease` milliseconds from now.
   *
   * @throws FST_SSE_PRODUCER_FENCED if the producer does not hold the lease, or the log has ended
   */
  renew(id: string, producer: string): Promise<LeaseStatus>

  /**
   * Reads the log after an event: all that is there, or a first part of it.
   *
   * @param after the number of an event, 0 for the start of the log. May be greater than that of the last event
   * @returns `undefined` if there is no such log, or no longer
   */
  read(id: string, after: number): Promise<LogPage | undefined>

  /**
   * Counts this node as a follower for `lease` milliseconds from now, and notifies the producer if it was not one
   * before. Does nothing if there is no such log, or it has ended.
   */
  follow(id: string): Promise<void>

  /** Counts this node as a follower no longer, and notifies the producer. Does nothing if there is no such log. */
  unfollow(id: string): Promise<void>

  /**
   * Ends a log whose producer has let its lease expire, and notifies the followers.
   *
   * @param end the frame of the last event, `''` for none
   * @returns whether this call has ended it: `false` if it had ended before, its lease is held, or there is no such log
   */
  endLost(id: string, end: string): Promise<boolean>

  /**
   * Asks the producer to stop, and notifies it.
   *
   * @returns `true` if there is such a log, even if it has ended
   */
  stop(id: string): Promise<boolean>

  /**
   * Subscribes this node to changes of the streams that it produces or follows.
   *
   * @param notify called with the id of a stream that may have changed, or with `undefined` if any of them may have
   *   changed, for instance after a lost connection. It never throws. If it is subscribed twice, it is called twice
   * @returns a function that ends this subscription at once. Further calls of it do nothing
   */
  subscribe(notify: (id: string | undefined) => void): () => void
}

/** The logs of a store in the memory of this process. */
export interface LocalLogs {
  /**
   * Makes a list that the producer fills the events of its log. Called right after `create`. From then on, `append` is
   * called without events, when there are new ones. The store may limit the list, which then throws
   * `FST_SSE_STORE_FULL`. After that, the stream goes on without the store.
   *
   * @throws FST_SSE_PRODUCER_FENCED if the producer does not hold the lease, or the log has ended
   */
  share(id: string, producer: string, events: EventList): void
  /** The events of a log, which grow until it ends; `undefined` if it is not shared, or there is no such log. */
  events(id: string): EventList | undefined
}

/** What `renew` tells the producer. */
export interface LeaseStatus {
  /** Whether somebody has asked it to stop. Stays `true`. */
  readonly stop: boolean
  /** How many nodes follow the stream. */
  readonly followers: number
}

/** Consecutive events of a log. */
export interface LogPage {
  /** As given to `create`. Another one shows that the id has another log, which is never mixed with the first. */
  readonly producer: string
  /** As given to `create`. */
  readonly owner: string | undefined
  /** As given to `create`. */
  readonly protocol: string | undefined
  /** The number of the first event in `events`: always `after + 1`, even if there are none. */
  readonly first: number
  /** The frames of the events. */
  readonly events: readonly string[]
  /** Whether the log may hold more than this page. Always `false` if `events` is empty or `end` is given. */
  readonly more: boolean
  /** The end, if the log has ended and this page reaches it. */
  readonly end: LogEnd | undefined
  /** For how long the producer still holds its lease. Milliseconds; 0 if it has expired or the log has ended. */
  readonly leaseLeft: number
}

/** How a log has ended. */
export interface LogEnd {
  /** The frame of the last event, without an id; `''` for none. */
  readonly frame: string
  /** Whether the producer was lost. If so, its clients may have received events that are not in the log. */
  readonly lost: boolean
}
