import { GCProfiler } from 'node:v8'
import type { Counter } from './counter.js'

/** Counts the bytes that are allocated on the heap: what it grows by, between the collections of garbage. */
export function countBytes(): Counter {
  const profiler = new GCProfiler()
  let before = 0
  let bytes = 0
  return {
    start() {
      profiler.start()
      before = process.memoryUsage().heapUsed
    },
    stop() {
      const after = process.memoryUsage().heapUsed
      let held = before
      for (const { beforeGC, afterGC } of profiler.stop().statistics) {
        bytes += beforeGC.heapStatistics.usedHeapSize - held
        held = afterGC.heapStatistics.usedHeapSize
      }
      bytes += after - held
    },
    counts: () => ({ bytes })
  }
}
