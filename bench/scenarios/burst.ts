import { general, peers } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { measureTimed, timedColumns } from './timed.js'

export const burst: Scenario = {
  name: 'burst',
  about: `300 streams, 8 tokens at once every 50 ms: the load of an LLM proxy whose provider packs several tokens into a
chunk.`,
  contenders: general,
  columns: timedColumns,
  goals: [{ what: 'CPU per token, ratio to the best peer', of: 'ours', to: peers, key: 'cpu', atMost: 1 / 3 }],
  measure: round => measureTimed(round, '/burst', 300)
}
