import { makeScript, NOW } from './scripts.js'

/** Slots are the members of a sorted set. Their scores say when their leases expire, on the clock of Redis. */
const KEYS = ['slots'] as const

/** Returns 1 if the holder has a slot, otherwise 0. */
export const TAKE_SLOT = makeScript(
  KEYS,
  ['holder', 'limit', 'leaseMs'],
  `${NOW}
local present = now()
redis.call('ZREMRANGEBYSCORE', slots, '-inf', present)
if not redis.call('ZSCORE', slots, holder) and redis.call('ZCARD', slots) >= tonumber(limit) then return 0 end
redis.call('ZADD', slots, present + leaseMs, holder)
redis.call('PEXPIRE', slots, leaseMs)
return 1`
)

/** The other arguments are the holders. */
export const RENEW_SLOTS = makeScript(
  KEYS,
  ['leaseMs'],
  `${NOW}
local present = now()
redis.call('ZREMRANGEBYSCORE', slots, '-inf', present)
for i = 2, #ARGV do redis.call('ZADD', slots, present + leaseMs, ARGV[i]) end
redis.call('PEXPIRE', slots, leaseMs)`
)

export const RELEASE_SLOT = makeScript(KEYS, ['holder'], `redis.call('ZREM', slots, holder)`)
