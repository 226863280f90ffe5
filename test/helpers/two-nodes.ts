import type { Test } from 'tap'
import type { StreamOptions } from '../../plugin/index.js'
import { open } from './client.js'
import { FaultyStore } from './faulty-store.js'
import { type NodeOptions, node, type SteppedSource } from './stepped.js'
import { until } from './until.js'

export interface TwoNodesOptions extends Pick<NodeOptions, 'resumable' | 'path'> {
  /** The lease of a producer. Milliseconds. Default: no limit. */
  lease?: number
  stream?: StreamOptions<unknown>
  /** The first item of the source. */
  first?: unknown
}

/** Starts two nodes on one store, and a client of the first node. Client and store have received the first item. */
export async function twoNodes(t: Test, { lease, first = 'a', ...options }: TwoNodesOptions = {}) {
  const stores = FaultyStore.nodes(2, lease === undefined ? {} : { lease }) as [FaultyStore, FaultyStore]
  const [one, other] = stores
  const producing = await node(t, { plugin: { store: one }, ...options })
  const following = await node(t, { plugin: { store: other }, ...options })
  const client = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  const [source] = producing.sources as [SteppedSource]
  source.give(first)
  await until('the first event', () => client.events().length)
  const id = String(client.headers['x-stream-id'])
  await until('the event is in the store', async () => (await one.shared.read(id, 0))?.events.length)
  return { one, other, producing, following, client, source, id }
}
