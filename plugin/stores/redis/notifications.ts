/** What a `RedisStore` needs of the connection that subscribes: a `Redis` or a `Cluster` of ioredis 5 or 6 has it. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  on(event: 'ready', listener: () => void): unknown
  off(event: 'message', listener: (channel: string, message: string) => void): unknown
  off(event: 'ready', listener: () => void): unknown
}

type Notify = (id: string | undefined) => void

/** The notifications for one node: one channel for all its streams. */
export class Notifications {
  readonly #subscriber: RedisSubscriber
  readonly #channel: string
  readonly #listeners = new Set<Notify>()
  readonly #onMessage = (channel: string, id: string) => {
    if (channel === this.#channel) this.#notify(id)
  }
  readonly #onReady = () => void this.#open()

  constructor(subscriber: RedisSubscriber, channel: string) {
    this.#subscriber = subscriber
    this.#channel = channel
  }

  /** @returns a function that ends this */
  listen(notify: Notify): () => void {
    // A set holds a function once, and it may be given twice.
    const listener: Notify = id => notify(id)
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

  /** Subscribes even if the connection does so by itself: only the answer tells from when on nothing is missed. */
  async #open(): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.#channel)
    } catch {
      // The next 'ready' tries again. Meanwhile nodes read without being notified.
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
