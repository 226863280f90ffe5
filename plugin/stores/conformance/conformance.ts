import { following } from './following.js'
import type { ConformanceTest } from './harness.js'
import { keeping } from './keeping.js'
import { leasing } from './leasing.js'
import { logging } from './logging.js'

export type {
  ConformanceSetup,
  ConformanceStores,
  ConformanceTest,
  ConformanceWishes
} from './harness.js'

/**
 * What an `EventStore` has to do, as tests for any test runner. Each calls the setup of its author, which gives two
 * stores over the same data as two nodes have them, and rejects where the store does not do what the name of the test
 * says.
 *
 * That calls reject with `FST_SSE_STORE_UNAVAILABLE` within a bounded time while a store cannot be reached, and `create`
 * with `FST_SSE_STORE_FULL` where it has no room, is for its author to test.
 *
 * @example
 * for (const { name, run } of eventStoreConformance) {
 *   test(name, () => run(({ lease, keep }) => {
 *     const stores = [new MyStore({ lease, keep }), new MyStore({ lease, keep })] as const
 *     return { stores, close: () => Promise.all(stores.map(store => store.close())) }
 *   }))
 * }
 */
export const eventStoreConformance: readonly ConformanceTest[] = [...logging, ...leasing, ...following, ...keeping]
