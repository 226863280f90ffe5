import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { FST_SSE_PRODUCER_FENCED } from '../../errors.js'
import type { EventStore, LogEnd, LogPage } from '../event-store.js'

/** How the stores of a test have to be. */
export interface ConformanceWishes {
  /** How long a producer holds a log without a sign of life, and how long a node counts as following. Milliseconds. */
  readonly lease: number
  /** How long the log of a stream is kept after its end, or after its producer was lost. Milliseconds. */
  readonly keep: number
}

/** What the tests run against. */
export interface ConformanceStores {
  /** Two stores over the same data, as two nodes have them. The same one twice where the data is never shared. */
  readonly stores: readonly [EventStore, EventStore]
  /** How long is waited for what has to come. Milliseconds. Default: 10000. */
  readonly patience?: number
  /** Called once the test is over, in whatever way, and awaited. */
  close?(): unknown
}

/** Makes stores for one test. It may find logs of other tests there: every test takes new ids. */
export type ConformanceSetup = (wishes: ConformanceWishes) => ConformanceStores | Promise<ConformanceStores>

/** One thing that a store has to do. */
export interface ConformanceTest {
  readonly name: string
  /** Rejects where the store does not. */
  run(setup: ConformanceSetup): Promise<void>
}

/** A time that does not pass during a test. Milliseconds. */
const LONG = 60_000
/** A time that passes during a test. Milliseconds. */
const SHORT = 300

/** Nothing runs out. */
export const LASTING: ConformanceWishes = { lease: LONG, keep: LONG }
/** Leases run out. */
export const LAPSING: ConformanceWishes = { lease: SHORT, keep: LONG }
/** Logs are forgotten. */
export const FORGETTING: ConformanceWishes = { lease: LONG, keep: SHORT }
/** Leases run out, and then logs are forgotten. */
export const FLEETING: ConformanceWishes = { lease: SHORT, keep: SHORT }

const PATIENCE = 10_000

export function conformanceTest(
  name: string,
  wishes: ConformanceWishes,
  body: (scene: Harness) => Promise<void>
): ConformanceTest {
  return {
    name,
    async run(setup) {
      const stores = await setup(wishes)
      const scene = new Harness(wishes, stores)
      try {
        await body(scene)
      } finally {
        scene.close()
        await stores.close?.()
      }
    }
  }
}

/** A whole log. */
export interface WholeLog {
  readonly events: readonly string[]
  readonly end: LogEnd | undefined
}

/** Two nodes and what happens to them in one test. */
export class Harness {
  readonly wishes: ConformanceWishes
  /** The node of the producer, where a test has only one. */
  readonly a: EventStore
  /** Another node, or the same one where nodes share no data. */
  readonly b: EventStore
  readonly #patience: number
  readonly #unsubscribe: (() => void)[] = []

  constructor(wishes: ConformanceWishes, { stores: [a, b], patience = PATIENCE }: ConformanceStores) {
    this.wishes = wishes
    this.a = a
    this.b = b
    this.#patience = patience
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  /** Makes a log of the producer `'me'`. @returns its id */
  async log(events: readonly string[] = [], end?: string): Promise<string> {
    let id = ''
    // On a busy machine a lease may run out at once.
    await this.until('a producer holds the log that it has made', async () => {
      id = newId()
      assert.equal(await this.a.create(id, 'me', undefined), true)
      return (events.length === 0 && end === undefined) || (await isInTime(this.#fill(id, events, end)))
    })
    return id
  }

  async #fill(id: string, events: readonly string[], end: string | undefined): Promise<void> {
    assert.equal(await this.a.append(id, 'me', 1, events, end), events.length)
  }

  /** Reads a log page by page, as nodes do, from the one store and from the other. */
  async holds(id: string, events: readonly string[], end?: LogEnd): Promise<void> {
    for (const store of [this.a, this.b]) assert.deepEqual(await readAll(store, id), { events, end })
  }

  /** Waits for what has to come. */
  async until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    const deadline = performance.now() + this.#patience
    while (!(await condition())) {
      assert.ok(performance.now() < deadline, `this never came: ${what}`)
      await sleep(5)
    }
  }

  /** Waits until the producer of a log, which is not heard of, does not hold it any more. */
  async lapsed(id: string): Promise<void> {
    await this.until('the lease has run out', async () => (await pageOf(this.b, id)).leaseLeft === 0)
  }

  /** Waits until there is no such log. */
  async forgotten(id: string): Promise<void> {
    await this.until('the log is forgotten', async () => (await this.b.read(id, 0)) === undefined)
  }

  /** Listens to the rings of a node. */
  async listen(store: EventStore): Promise<ReceivedNotifications> {
    const other = store === this.a ? this.b : this.a
    const rings = new ReceivedNotifications()
    this.#unsubscribe.push(store.subscribe(rings.notify))
    // A node that has only now begun to listen may miss what comes at once.
    const id = newId()
    assert.equal(await store.create(id, 'listener', undefined), true)
    await this.until('a node is rung for a stream that it produces', async () => {
      await other.stop(id)
      await other.unfollow(id)
      return rings.for(id)
    })
    return rings
  }

  /** Waits for a ring that something brings about. */
  async notified(rings: ReceivedNotifications, id: string, action: () => Promise<unknown>): Promise<void> {
    rings.forget()
    await action()
    await this.until('the other node is rung', () => rings.for(id))
  }
}

/** What a node was rung for. */
export class ReceivedNotifications {
  #received = new Set<string | undefined>()
  readonly notify = (id: string | undefined) => void this.#received.add(id)

  /** Whether it was rung for a stream: by its id, or for any. */
  for(id: string): boolean {
    return this.#received.has(id) || this.#received.has(undefined)
  }

  forget(): void {
    this.#received = new Set()
  }
}

/** An id that no other test has. */
export function newId(): string {
  return crypto.randomUUID()
}

/** The texts of some events. */
export function texts(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, i) => `data: ${from + i}\n\n`)
}

/** Reads a log that is there. */
export async function pageOf(store: EventStore, id: string, after = 0): Promise<LogPage> {
  const page = await store.read(id, after)
  assert.ok(page !== undefined, 'the log is there')
  return page
}

/** @throws where the store gives a page that does not go on from the one before, or anything after the end */
export async function readAll(store: EventStore, id: string): Promise<WholeLog> {
  const events: string[] = []
  for (;;) {
    const page = await pageOf(store, id, events.length)
    assert.equal(page.first, events.length + 1, 'a page begins with the event that was asked for')
    for (const event of page.events) events.push(event)
    assert.ok(events.length <= store.maxEvents, 'a log comes to an end')
    if (page.more) {
      assert.ok(
        page.events.length > 0 && page.end === undefined,
        'there is more after events only, and not after the end'
      )
      continue
    }
    const rest = await pageOf(store, id, events.length)
    assert.deepEqual(rest.events, [], 'nothing comes after a page that says so')
    assert.deepEqual(page.end, rest.end, 'the last page has the end')
    return { events, end: page.end }
  }
}

/** A call that only the holder of a lease may make. */
export async function fenced(call: Promise<unknown>): Promise<void> {
  await assert.rejects(
    call,
    error => error instanceof FST_SSE_PRODUCER_FENCED,
    'it rejects with FST_SSE_PRODUCER_FENCED'
  )
}

/** Whether a call was made in time, and not refused since the lease had run out. */
export async function isInTime(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (error instanceof FST_SSE_PRODUCER_FENCED) return false
    throw error
  }
}
