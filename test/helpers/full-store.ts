import { setImmediate as turn } from 'node:timers/promises'
import { FST_SSE_STORE_FULL, MemoryStore } from '../../plugin/index.js'

/**
 * Fills a store with 10,000 streams of 1 MiB in a process of its own, whose heap is limited. Half of the streams end;
 * the others go on. Tells how many were refused, and how much is held.
 */
const store = new MemoryStore()
const EVENT = 16 * 1024 - 1
const EVENTS = 64
let refused = 0
let most = 0
for (let i = 0; i < 10_000; i++) {
  try {
    await store.create(`${i}`, 'me', undefined)
    for (let event = 1; event <= EVENTS; event++)
      await store.append(`${i}`, 'me', event, [String(i % 10).repeat(EVENT)])
    if (i % 2 === 0) await store.append(`${i}`, 'me', EVENTS + 1, [], 'end')
  } catch (error) {
    if (!(error instanceof FST_SSE_STORE_FULL)) throw error
    refused++
  }
  most = Math.max(most, store.totalBytes)
  await turn()
}
process.send?.({ refused, most, size: store.size })
process.disconnect()
