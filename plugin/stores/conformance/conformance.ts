import { appending } from './appending.js'
import { creating } from './creating.js'
import { ending } from './ending.js'
import { following } from './following.js'
import type { ConformanceTest } from './harness.js'
import { keeping } from './keeping.js'
import { leasing } from './leasing.js'
import { limiting } from './limiting.js'
import { notifying } from './notifying.js'
import { reading } from './reading.js'
import { stopping } from './stopping.js'

export type {
  ConformanceSetup,
  ConformanceStores,
  ConformanceTest,
  ConformanceWishes
} from './harness.js'

/**
 * Tests that an `EventStore` keeps its contract, for any test runner.
 *
 * Each test calls your setup function for two stores over the same data, as two nodes have them. Two things are left
 * for you to test: that calls reject with `FST_SSE_STORE_UNAVAILABLE` within a bounded time while the storage cannot be
 * reached, and that `create` rejects with `FST_SSE_STORE_FULL` if there is no room.
 *
 * @example
 * for (const { name, run } of eventStoreConformance) {
 *   test(name, () => run(({ lease, keep }) => {
 *     const stores = [new MyStore({ lease, keep }), new MyStore({ lease, keep })] as const
 *     return { stores, close: () => Promise.all(stores.map(store => store.close())) }
 *   }))
 * }
 */
export const eventStoreConformance: readonly ConformanceTest[] = [
  ...creating,
  ...appending,
  ...ending,
  ...reading,
  ...leasing,
  ...following,
  ...stopping,
  ...notifying,
  ...keeping,
  ...limiting
]
