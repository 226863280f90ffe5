import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore, LogEnd } from '../event-store.js'
import { isNotFenced, newId, pageOf, readAll } from './assertions.js'

/** The times that the stores of a test must use. */
export interface ConformanceWishes {
  /** The `lease` of the stores. Milliseconds. */
  readonly lease: number
  /** How long a log is kept after its end, or after its producer's lease has expired. Milliseconds. */
  readonly keep: number
}

/** What a test runs against. */
export interface ConformanceStores {
  /** Two stores over the same data, as two nodes have them; or one store twice, if it never shares its data. */
  readonly stores: readonly [EventStore, EventStore]
  /** How long a test waits for what must happen. Milliseconds. Default: 10000. */
  readonly patience?: number
  /** Called and awaited when the test is over, whether it passed or not. */
  close?(): unknown
}

/** Makes the stores for one test. They may hold logs of other tests, since every test uses new ids. */
export type ConformanceSetup = (wishes: ConformanceWishes) => ConformanceStores | Promise<ConformanceStores>

/** A test of one thing that a store must do. */
export interface ConformanceTest {
  /** What the store must do. */
  readonly name: string
  /** Runs the test. Rejects with an `AssertionError`, or an error of the store, if the test fails. */
  run(setup: ConformanceSetup): Promise<void>
}

/** A time that does not pass during a test. Milliseconds. */
export const LONG = 60_000
/** A time that passes during a test. Milliseconds. */
export const SHORT = 300

const PATIENCE = 10_000

/** @param wishes Default: times that do not pass during the test */
export function conformanceTest(
  name: string,
  wishes: Partial<ConformanceWishes>,
  body: (harness: Harness) => Promise<void>
): ConformanceTest {
  return {
    name,
    async run(setup) {
      const stores = await setup({ lease: LONG, keep: LONG, ...wishes })
      const harness = new Harness(stores)
      try {
        await body(harness)
      } finally {
        harness.close()
        await stores.close?.()
      }
    }
  }
}

/** Two nodes, and what tests do with them. */
export class Harness {
  /** The node of the producer, in a test with only one producer. */
  readonly a: EventStore
  /** Another node; or the same, if stores share no data. */
  readonly b: EventStore
  readonly #patience: number
  readonly #unsubscribe: (() => void)[] = []

  constructor({ stores: [a, b], patience = PATIENCE }: ConformanceStores) {
    this.a = a
    this.b = b
    this.#patience = patience
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  /** Waits for a condition. */
  async until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    const deadline = performance.now() + this.#patience
    while (!(await condition())) {
      assert.ok(performance.now() < deadline, `this never happened: ${what}`)
      await sleep(5)
    }
  }

  /** Makes a log of the producer `'me'`. @returns its id */
  async newLog(events: readonly string[] = [], end?: string): Promise<string> {
    let id = ''
    // On a busy machine, a short lease may expire before the log is filled.
    await this.until('a producer holds the log that it has made', async () => {
      id = newId()
      assert.equal(await this.a.create(id, 'me', undefined), true)
      return (events.length === 0 && end === undefined) || (await isNotFenced(this.#fill(id, events, end)))
    })
    return id
  }

  async #fill(id: string, events: readonly string[], end: string | undefined): Promise<void> {
    assert.equal(await this.a.append(id, 'me', 1, events, end), events.length)
  }

  /** Expects that both nodes read exactly this. */
  async expectLog(id: string, events: readonly string[], end?: LogEnd): Promise<void> {
    for (const store of [this.a, this.b]) assert.deepEqual(await readAll(store, id), { events, end })
  }

  /** Waits until the lease of a log has expired. */
  async leaseExpired(id: string): Promise<void> {
    await this.until('the lease has expired', async () => (await pageOf(this.b, id)).leaseLeft === 0)
  }

  /** Waits until there is no such log. */
  async deleted(id: string): Promise<void> {
    await this.until('the log is deleted', async () => (await this.b.read(id, 0)) === undefined)
  }

  /** Subscribes to the notifications of a node. */
  async listen(store: EventStore): Promise<ReceivedNotifications> {
    const other = store === this.a ? this.b : this.a
    const notifications = new ReceivedNotifications()
    this.#unsubscribe.push(store.subscribe(notifications.notify))
    // A node that has just subscribed may miss the first ones.
    const id = newId()
    assert.equal(await store.create(id, 'listener', undefined), true)
    await this.until('a node is notified of a stream that it produces', async () => {
      await other.stop(id)
      await other.unfollow(id)
      return notifications.has(id)
    })
    return notifications
  }

  /** Expects that an action notifies a node. */
  async expectNotified(
    notifications: ReceivedNotifications,
    id: string,
    action: () => Promise<unknown>
  ): Promise<void> {
    notifications.clear()
    await action()
    await this.until('the node is notified', () => notifications.has(id))
  }
}

/** The notifications that a node has received. */
export class ReceivedNotifications {
  #received = new Set<string | undefined>()
  readonly notify = (id: string | undefined) => void this.#received.add(id)

  /** Whether there was one for this stream, or for any. */
  has(id: string): boolean {
    return this.#received.has(id) || this.#received.has(undefined)
  }

  clear(): void {
    this.#received = new Set()
  }
}
