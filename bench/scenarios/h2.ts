import type { ContenderName } from '../contenders.js'
import type { Scenario } from '../scenario.js'
import { measureTimed, timedColumns } from './timed.js'

const peers: readonly ContenderName[] = ['h2ReadableFrom', 'h2FastifySse']

export const h2: Scenario = {
  name: 'h2',
  about: 'As `paced`, over HTTP/2 and TLS: 1000 streams, 100 on each connection.',
  contenders: ['h2', 'h2Node', ...peers, 'go'],
  h2: true,
  columns: timedColumns,
  goals: [{ what: 'CPU per token, ratio to the best peer', of: 'h2', to: peers, key: 'cpu', atMost: 1 }],
  measure: round => measureTimed(round, '/paced', 1000, true)
}
