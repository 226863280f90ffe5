import { describe, test } from 'node:test'
import { eventStoreConformance } from 'fastify-sse-from/conformance'
import { Table, TableStore } from './table-store.ts'

describe('TableStore', { concurrency: 8 }, () => {
  for (const { name, run } of eventStoreConformance) {
    test(name, () =>
      run(options => {
        const table = new Table()
        return { stores: [new TableStore(table, options), new TableStore(table, options)] } // two nodes, one database
      })
    )
  }
})
