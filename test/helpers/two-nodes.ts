import type { Test } from 'tap'
import type { StreamOptions } from '../../plugin/index.js'
import { open } from './client.js'
import { FaultyStore } from './faulty-store.js'
import { type NodeOptions, node, type Run } from './stepped.js'
import { until } from './until.js'

export interface TwoNodesOptions extends Pick<NodeOptions, 'resumable' | 'path'> {
  /** How long a producer holds a log without a sign of life. Milliseconds. Default: for ever. */
  lease?: number
  stream?: StreamOptions<unknown>
  /** What the source gives first. */
  first?: unknown
}

/** Two nodes on one store, and a client on the first that has had a first token, which is in the store. */
export async function twoNodes(t: Test, { lease, first = 'a', ...options }: TwoNodesOptions = {}) {
  const stores = FaultyStore.nodes(2, lease === undefined ? {} : { lease }) as [FaultyStore, FaultyStore]
  const [one, other] = stores
  const producing = await node(t, { plugin: { store: one }, ...options })
  const following = await node(t, { plugin: { store: other }, ...options })
  const client = open(producing.url)
  await until('the source has started', () => producing.runs.length)
  const [run] = producing.runs as [Run]
  run.give(first)
  await until('the first event', () => client.events().length)
  const id = String(client.headers['x-stream-id'])
  await until('the event is in the store', async () => (await one.shared.read(id, 0))?.events.length)
  return { one, other, producing, following, client, run, id }
}
