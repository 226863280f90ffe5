import { PGlite } from '@electric-sql/pglite'
import { eventStoreConformance } from 'fastify-sse-from/conformance'
import t from 'tap'
import { PostgresStore, SCHEMA } from './postgres-store.ts'

const database = await PGlite.create()
await database.exec(SCHEMA)
t.teardown(() => database.close())

for (const { name, run } of eventStoreConformance) {
  t.test(name, () =>
    run(({ lease, keep }) => {
      const newNode = () => new PostgresStore(database, { lease, keep })
      return { stores: [newNode(), newNode()] }
    })
  )
}
