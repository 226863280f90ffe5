import type { Scenario } from '../scenario.js'
import { measureTimed, timedColumns } from './timed.js'

export const resumableRedis: Scenario = {
  name: 'resumable-redis',
  about:
    'As `paced`: streams that can be resumed on any node, because Redis keeps their events, against plain streams.',
  contenders: ['resumableRedis', 'ours'],
  redis: true,
  columns: timedColumns,
  goals: [
    { what: 'CPU per token, ratio to a plain stream', of: 'resumableRedis', to: ['ours'], key: 'cpu', atMost: 1.3 }
  ],
  measure: round => measureTimed(round, '/paced', 1000)
}
