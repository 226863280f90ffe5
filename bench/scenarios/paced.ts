import { general, peers } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { measureTimed, timedColumns } from './timed.js'

export const paced: Scenario = {
  name: 'paced',
  about: '1000 streams, a token every 50 ms: the cost and the latency of a token that is written alone.',
  contenders: general,
  columns: timedColumns,
  goals: [
    { what: 'CPU per token, ratio to one write per token', of: 'ours', to: ['nodeHttp'], key: 'cpu', atMost: 1.1 },
    { what: 'CPU per token, ratio to the best peer', of: 'ours', to: peers, key: 'cpu', atMost: 1 },
    { what: 'latency, p99, ratio to one write per token', of: 'ours', to: ['nodeHttp'], key: 'p99', atMost: 1 }
  ],
  measure: round => measureTimed(round, '/paced', 1000)
}
