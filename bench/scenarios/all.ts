import type { Scenario } from '../scenario.js'
import { burst } from './burst.js'
import { churn } from './churn.js'
import { heartbeat } from './heartbeat.js'
import { hot } from './hot.js'
import { idle } from './idle.js'
import { paced } from './paced.js'
import { proxy } from './proxy.js'
import { reattach } from './reattach.js'
import { resumable } from './resumable.js'
import { resumableRedis } from './resumable-redis.js'
import { scale } from './scale.js'
import { typed } from './typed.js'

/** In the order of the report. */
export const scenarios: readonly Scenario[] = [
  hot,
  burst,
  paced,
  idle,
  heartbeat,
  churn,
  proxy,
  typed,
  resumable,
  resumableRedis,
  reattach,
  scale
]
