import { everybody } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { peers } from './peers.js'
import { measureTimed, timedColumns } from './timed.js'

export const paced: Scenario = {
  name: 'paced',
  about:
    '1000 streams, a token every 50 ms: what a token costs that has a write of its own, and how long it is under way.',
  rivals: everybody,
  rounds: 3,
  columns: timedColumns,
  goals: [
    { what: 'CPU a token, to one write a token', of: 'ours', to: ['nodeHttp'], key: 'cpu', atMost: 1.1 },
    { what: 'CPU a token, to the best peer', of: 'ours', to: peers(everybody), key: 'cpu', atMost: 1 },
    { what: 'latency p99, to one write a token', of: 'ours', to: ['nodeHttp'], key: 'p99', atMost: 1 }
  ],
  measure: round => measureTimed(round, '/paced', 1000)
}
