import { createHash } from 'node:crypto'

/** The keys of one stream. */
export type KeyName = 'log' | 'lease' | 'meta' | 'followers' | 'slots'

/** A Lua script: Redis runs it as one step, with nothing in between. */
export interface Script {
  /** The keys that it takes, in this order. */
  readonly keys: readonly KeyName[]
  readonly lua: string
  /** The SHA-1 by which Redis finds a script that it has run before. */
  readonly sha: string
}

/** The most events that one READ returns. */
export const PAGE_SIZE = 1000

/** The clock of Redis counts, since the clocks of the nodes differ. Milliseconds. */
export const NOW = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`

/** Notifies the followers. */
const NOTIFY = `${NOW}
local function notify(followers, id)
  if redis.call('EXISTS', followers) == 0 then return end
  for _, channel in ipairs(redis.call('ZRANGEBYSCORE', followers, now(), '+inf')) do
    redis.call('PUBLISH', channel, id)
  end
end`

/**
 * Event n has the entry id 0-n and the end has 1-0. So Redis itself refuses a second event n, a second end, and any
 * event after the end.
 *
 * Once a script has written something, Redis no longer refuses its writes for lack of memory. So every script begins
 * with the write that needs memory: it fails as a whole or not at all.
 */
const END = `
local function ending()
  local entry = redis.call('XRANGE', log, '1-0', '1-0')[1]
  if entry then return entry[2] end
end
local function finish(outcome, frame)
  redis.call('XADD', log, '1-0', outcome, frame)
  redis.call('PEXPIRE', log, keep)
  redis.call('PEXPIRE', meta, keep)
  redis.call('DEL', lease)
  notify(followers, id)
  redis.call('DEL', followers)
end`

/**
 * Returns 1 if the log is the producer's, 0 if it is another's, or -1 if the call has arrived too late, when its
 * producer may be gone; and the time. The other arguments are names and values for `meta`.
 */
export const CREATE = makeScript(
  ['log', 'lease', 'meta', 'followers'],
  ['producer', 'node', 'leaseMs', 'ttl', 'deadline'],
  `${NOW}
local time = now()
local taken = redis.call('HGET', meta, 'producer')
if taken then return { taken == producer and 1 or 0, time } end
if time > tonumber(deadline) then return { -1, time } end
redis.call('HSET', meta, 'producer', producer, 'node', node, 'active', '1')
redis.call('PEXPIRE', meta, ttl)
for i = 6, #ARGV, 2 do redis.call('HSET', meta, ARGV[i], ARGV[i + 1]) end
redis.call('SET', lease, producer, 'PX', leaseMs)
-- If Redis has evicted the meta of an earlier stream with this id, these may be left of it.
redis.call('DEL', log, followers)
return { 1, time }`
)

/** Returns the number of the last event, or -1 if the producer is fenced. The other arguments are the events. */
export const APPEND = makeScript(
  ['log', 'lease', 'meta', 'followers'],
  ['id', 'producer', 'first', 'ttl', 'keep', 'hasEnd', 'frame'],
  `${NOTIFY}${END}
local count = redis.call('XLEN', log)
if redis.call('GET', lease) ~= producer then
  local own = hasEnd == '1' and redis.call('HGET', meta, 'producer') == producer and ending()
  if own and own[1] == 'end' and own[2] == frame then return count - 1 end
  return -1
end
local before = first - 1
local last = before + #ARGV - 7
local isNext = count == before and last > before
if isNext then
  for i = 1, #ARGV - 7 do
    redis.call('XADD', log, string.format('0-%d', before + i), 'event', ARGV[7 + i])
  end
  if count == 0 then redis.call('PEXPIRE', log, ttl) end
  count = last
end
if hasEnd == '1' and count == last then finish('end', frame)
elseif isNext then notify(followers, id) end
return count`
)

/**
 * Returns whether to stop and the number of followers, or nil if the producer is fenced or Redis has evicted the meta,
 * which is no stop. Needs no memory.
 */
export const RENEW = makeScript(
  ['log', 'lease', 'meta', 'followers'],
  ['producer', 'leaseMs', 'ttl'],
  `${NOTIFY}
if redis.call('GET', lease) ~= producer then return false end
if redis.call('PEXPIRE', meta, ttl) == 0 then return false end
redis.call('PEXPIRE', lease, leaseMs)
redis.call('PEXPIRE', log, ttl)
return { 1 - redis.call('HEXISTS', meta, 'active'), redis.call('ZCOUNT', followers, now(), '+inf') }`
)

/**
 * Returns producer, owner and protocol, the time left of the lease, events, and how and with what it ended; nil if not
 * there.
 */
export const READ = makeScript(
  ['log', 'lease', 'meta'],
  ['from'],
  `
if redis.call('EXISTS', meta) == 0 then return false end
local left = 0
-- PTTL is 0 in the last millisecond, in which the lease is still held.
if redis.call('EXISTS', lease) == 1 then left = math.max(1, redis.call('PTTL', lease)) end
local events, outcome, frame = {}, false, false
for _, entry in ipairs(redis.call('XRANGE', log, '0-' .. from, '+', 'COUNT', ${PAGE_SIZE})) do
  local fields = entry[2]
  if fields[1] == 'event' then events[#events + 1] = fields[2]
  else outcome, frame = fields[1], fields[2] end
end
return { redis.call('HMGET', meta, 'producer', 'owner', 'protocol'), left, events, outcome, frame }`
)

export const FOLLOW = makeScript(
  ['log', 'meta', 'followers'],
  ['id', 'node', 'leaseMs'],
  `${NOTIFY}
local producer = redis.call('HGET', meta, 'node')
if not producer or #redis.call('XRANGE', log, '1-0', '1-0') == 1 then return end
local present = now()
local before = redis.call('ZSCORE', followers, node)
-- This comes first, so that even a full Redis accepts the small ZADD after it.
redis.call('ZREMRANGEBYSCORE', followers, '-inf', '(' .. string.format('%d', present))
redis.call('ZADD', followers, present + leaseMs, node)
-- Another node may have a longer lease.
if redis.call('PTTL', followers) < tonumber(leaseMs) then redis.call('PEXPIRE', followers, leaseMs) end
if not before or tonumber(before) < present then redis.call('PUBLISH', producer, id) end`
)

export const UNFOLLOW = makeScript(
  ['meta', 'followers'],
  ['id', 'node'],
  `
redis.call('ZREM', followers, node)
local producer = redis.call('HGET', meta, 'node')
if producer then redis.call('PUBLISH', producer, id) end`
)

/** Returns 1 if this has ended the log, otherwise 0. */
export const END_LOST = makeScript(
  ['log', 'lease', 'meta', 'followers'],
  ['id', 'keep', 'frame'],
  `${NOTIFY}${END}
if redis.call('EXISTS', meta) == 0 or redis.call('EXISTS', lease) == 1 or ending() then return 0 end
finish('lost', frame)
return 1`
)

/** Returns 1 if there is such a log, otherwise 0. Needs no memory. */
export const STOP = makeScript(
  ['lease', 'meta'],
  ['id'],
  `
local producer = redis.call('HGET', meta, 'node')
if not producer then return 0 end
if redis.call('EXISTS', lease) == 1 then
  redis.call('HDEL', meta, 'active')
  redis.call('PUBLISH', producer, id)
end
return 1`
)

/** Makes a script with its keys and its first arguments as local variables. */
export function makeScript(keys: readonly KeyName[], args: readonly string[], body: string): Script {
  const locals = [
    ...keys.map((name, i) => `local ${name} = KEYS[${i + 1}]`),
    ...args.map((name, i) => `local ${name} = ARGV[${i + 1}]`)
  ]
  const lua = `${locals.join('\n')}\n${body.trim()}\n`
  return { keys, lua, sha: createHash('sha1').update(lua).digest('hex') }
}
