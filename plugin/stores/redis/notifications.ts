/** What a `RedisStore` needs of a connection that subscribes: a `Redis` or a `Cluster` of ioredis has it. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  on(event: 'ready', listener: () => void): unknown
  off(event: 'message', listener: (channel: string, message: string) => void): unknown
  off(event: 'ready', listener: () => void): unknown
}

type Listener = (id: string | undefined) => void

/** The rings for a node, on one channel for all of its streams. */
export class Notifications {
  readonly #subscriber: RedisSubscriber
  readonly #channel: string
  readonly #listeners = new Set<Listener>()
  readonly #onMessage = (channel: string, id: string) => {
    if (channel === this.#channel) this.#notify(id)
  }
  readonly #onReady = () => void this.#open()

  constructor(subscriber: RedisSubscriber, channel: string) {
    this.#subscriber = subscriber
    this.#channel = channel
  }

  /** @returns a function that ends it */
  listen(ring: Listener): () => void {
    // A function may be given twice.
    const listener: Listener = id => ring(id)
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) {
      this.#subscriber.on('message', this.#onMessage)
      this.#subscriber.on('ready', this.#onReady)
      void this.#open()
    }
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) void this.#close()
    }
  }

  /** Also on a connection that subscribes again by itself: only an answer tells from when on no ring is missed. */
  async #open(): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.#channel)
    } catch {
      // It is tried again when the connection is ready again. Until then the leases are looked at.
      return
    }
    this.#notify(undefined)
  }

  async #close(): Promise<void> {
    this.#subscriber.off('message', this.#onMessage)
    this.#subscriber.off('ready', this.#onReady)
    // A connection that is gone has no subscription.
    await this.#subscriber.unsubscribe(this.#channel).catch(() => {})
  }

  #notify(id: string | undefined): void {
    for (const listener of this.#listeners) listener(id)
  }
}
