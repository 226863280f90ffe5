import { after, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { eventStoreConformance } from 'fastify-sse-from/conformance'
import { PostgresStore, SCHEMA } from './postgres-store.ts'

const database = await PGlite.create()
await database.exec(SCHEMA)
after(() => database.close())

for (const { name, run } of eventStoreConformance) {
  test(name, () =>
    run(({ lease, keep }) => {
      const newNode = () => new PostgresStore(database, { lease, keep })
      return { stores: [newNode(), newNode()] }
    })
  )
}
