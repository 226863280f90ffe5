import type { Scenario } from '../scenario.js'
import { answer } from './answer.js'
import { burst } from './burst.js'
import { churn } from './churn.js'
import { gateway } from './gateway.js'
import { h2 } from './h2.js'
import { heartbeat } from './heartbeat.js'
import { hot } from './hot.js'
import { idle } from './idle.js'
import { json } from './json.js'
import { paced } from './paced.js'
import { paced300 } from './paced-300.js'
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
  paced300,
  h2,
  idle,
  heartbeat,
  churn,
  answer,
  proxy,
  gateway,
  json,
  typed,
  resumable,
  resumableRedis,
  reattach,
  scale
]
