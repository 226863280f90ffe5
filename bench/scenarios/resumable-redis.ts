import type { Scenario } from '../scenario.js'
import { measureTimed, timedColumns } from './timed.js'

export const resumableRedis: Scenario = {
  name: 'resumable-redis',
  about:
    'The same as paced, with streams that can be resumed on another node, whose events go to Redis, and plain ones.',
  rivals: ['resumableRedis', 'ours'],
  rounds: 3,
  redis: true,
  columns: timedColumns,
  goals: [{ what: 'CPU a token, to a plain stream', of: 'resumableRedis', to: ['ours'], key: 'cpu', atMost: 1.3 }],
  measure: round => measureTimed(round, '/paced', 1000)
}
