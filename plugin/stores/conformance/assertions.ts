import assert from 'node:assert/strict'
import { FST_SSE_PRODUCER_FENCED } from '../../errors.js'
import type { EventStore, LogEnd, LogPage } from '../event-store.js'

/** The last event of a producer that ends its log. */
export const END = 'event: done\ndata: {}\n\n'
/** The last event of a log whose producer was lost. */
export const LOST = 'event: error\ndata: {"code":"é"}\n\n'

/** How a log ends that its producer has ended. */
export function ownEnd(frame: string): LogEnd {
  return { frame, lost: false }
}

/** How a log ends whose producer was lost. */
export function lostEnd(frame: string): LogEnd {
  return { frame, lost: true }
}

/** An id that no other test uses. */
export function newId(): string {
  return crypto.randomUUID()
}

/** Distinct frames. */
export function frames(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, i) => `data: ${from + i}\n\n`)
}

/** Reads a log that exists. */
export async function pageOf(store: EventStore, id: string, after = 0): Promise<LogPage> {
  const page = await store.read(id, after)
  assert.ok(page !== undefined, 'the log exists')
  return page
}

/** Reads a whole log page by page, and checks that the pages fit together. */
export async function readAll(
  store: EventStore,
  id: string
): Promise<{ events: readonly string[]; end: LogEnd | undefined }> {
  const events: string[] = []
  for (;;) {
    const page = await pageOf(store, id, events.length)
    assert.equal(page.first, events.length + 1, 'a page begins with the event that was asked for')
    for (const event of page.events) events.push(event)
    assert.ok(events.length <= store.maxEvents, 'a log comes to an end')
    if (page.more) {
      assert.ok(page.events.length > 0 && page.end === undefined, 'a page with more has events, and no end')
      continue
    }
    const rest = await pageOf(store, id, events.length)
    assert.deepEqual(rest.events, [], 'nothing follows the last page')
    assert.deepEqual(page.end, rest.end, 'the last page has the end')
    return { events, end: page.end }
  }
}

/** Expects that a call is refused because the producer does not hold the lease. */
export async function rejectsFenced(call: Promise<unknown>): Promise<void> {
  await assert.rejects(
    call,
    error => error instanceof FST_SSE_PRODUCER_FENCED,
    'it rejects with FST_SSE_PRODUCER_FENCED'
  )
}

/** Whether a call was not refused for lack of the lease. */
export async function isNotFenced(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (error instanceof FST_SSE_PRODUCER_FENCED) return false
    throw error
  }
}
