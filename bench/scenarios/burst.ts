import { everybody } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { peers } from './peers.js'
import { measureTimed, timedColumns } from './timed.js'

export const burst: Scenario = {
  name: 'burst',
  about:
    '300 streams, 8 tokens at once every 50 ms, as when a chunk of the provider brings several: what a proxy of an LLM does.',
  rivals: everybody,
  rounds: 3,
  columns: timedColumns,
  goals: [{ what: 'CPU a token, to the best peer', of: 'ours', to: peers(everybody), key: 'cpu', atMost: 1 / 3 }],
  measure: round => measureTimed(round, '/burst', 300)
}
