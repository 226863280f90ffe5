import { createHash } from 'node:crypto'

/** The keys that a stream has in Redis. */
export type Part = 'log' | 'lease' | 'meta' | 'followers'

/** A Lua script: what Redis does in one step, with nothing of another's in between. */
export interface Script {
  /** The keys that it takes, in this order. */
  readonly parts: readonly Part[]
  readonly lua: string
  /** By which Redis knows it once it has run it. */
  readonly sha: string
}

/** The most events that are read at once. */
export const PAGE = 1000

/**
 * Rings for all who follow. Whether a node still follows is told by the clock of Redis, since those of the nodes differ.
 */
const NOTIFY = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function ring(followers, id)
  if redis.call('EXISTS', followers) == 0 then return end
  for _, channel in ipairs(redis.call('ZRANGEBYSCORE', followers, now(), '+inf')) do
    redis.call('PUBLISH', channel, id)
  end
end`

/**
 * Event n of a log has the id 0-n, and the end has 1-0, so that Redis itself refuses a second event n, a second end and
 * whatever comes after it.
 *
 * A script that has begun to write is not held up by a lack of memory. So what needs memory is always written first.
 */
const END = `
local function ending()
  local entry = redis.call('XRANGE', log, '1-0', '1-0')[1]
  if entry then return entry[2] end
end
local function finish(kind, text)
  redis.call('XADD', log, '1-0', kind, text)
  redis.call('PEXPIRE', log, keep)
  redis.call('PEXPIRE', meta, keep)
  redis.call('DEL', lease)
  ring(followers, id)
  redis.call('DEL', followers)
end`

/** Gives 1 where the log is the producer's, otherwise 0. Behind the other arguments stand the names and values that are kept with it. */
export const CREATE = script(
  ['log', 'lease', 'meta', 'followers'],
  ['producer', 'node', 'leaseMs', 'ttl'],
  `
local taken = redis.call('HGET', meta, 'producer')
if taken then return taken == producer and 1 or 0 end
redis.call('HSET', meta, 'producer', producer, 'node', node, 'goOn', '1')
redis.call('PEXPIRE', meta, ttl)
for i = 5, #ARGV, 2 do redis.call('HSET', meta, ARGV[i], ARGV[i + 1]) end
redis.call('SET', lease, producer, 'PX', leaseMs)
-- Left of a stream of the same id, where Redis has thrown out a part of it for lack of memory.
redis.call('DEL', log, followers)
return 1`
)

/** Gives the number of the last event, or -1 where the producer is fenced. The events stand behind the other arguments. */
export const APPEND = script(
  ['log', 'lease', 'meta', 'followers'],
  ['id', 'producer', 'first', 'ttl', 'keep', 'hasEnd', 'text'],
  `${NOTIFY}${END}
local count = redis.call('XLEN', log)
if redis.call('GET', lease) ~= producer then
  local own = hasEnd == '1' and redis.call('HGET', meta, 'producer') == producer and ending()
  if own and own[1] == 'end' and own[2] == text then return count - 1 end
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
if hasEnd == '1' and count == last then finish('end', text)
elseif isNext then ring(followers, id) end
return count`
)

/** Gives whether to stop and how many nodes follow, or nil where the producer is fenced. Needs no memory. */
export const RENEW = script(
  ['log', 'lease', 'meta', 'followers'],
  ['producer', 'leaseMs', 'ttl'],
  `${NOTIFY}
if redis.call('GET', lease) ~= producer then return false end
redis.call('PEXPIRE', lease, leaseMs)
redis.call('PEXPIRE', meta, ttl)
redis.call('PEXPIRE', log, ttl)
return { 1 - redis.call('HEXISTS', meta, 'goOn'), redis.call('ZCOUNT', followers, now(), '+inf') }`
)

/**
 * Gives the owner and the protocol, for how long the lease is held yet, the events, the kind of the end and its text; nil
 * where there is no log.
 */
export const READ = script(
  ['log', 'lease', 'meta'],
  ['from'],
  `
if redis.call('EXISTS', meta) == 0 then return false end
local left = 0
-- A lease in its last millisecond is held.
if redis.call('EXISTS', lease) == 1 then left = math.max(1, redis.call('PTTL', lease)) end
local events, kind, text = {}, false, false
for _, entry in ipairs(redis.call('XRANGE', log, '0-' .. from, '+', 'COUNT', ${PAGE})) do
  local fields = entry[2]
  if fields[1] == 'event' then events[#events + 1] = fields[2]
  else kind, text = fields[1], fields[2] end
end
return { redis.call('HMGET', meta, 'owner', 'protocol'), left, events, kind, text }`
)

export const FOLLOW = script(
  ['log', 'meta', 'followers'],
  ['id', 'node', 'leaseMs'],
  `${NOTIFY}
local producer = redis.call('HGET', meta, 'node')
if not producer or #redis.call('XRANGE', log, '1-0', '1-0') == 1 then return end
local present = now()
local before = redis.call('ZSCORE', followers, node)
-- In this order also a Redis that is full takes the little that is added.
redis.call('ZREMRANGEBYSCORE', followers, '-inf', '(' .. string.format('%d', present))
redis.call('ZADD', followers, present + leaseMs, node)
-- Another node may have a longer lease.
if redis.call('PTTL', followers) < tonumber(leaseMs) then redis.call('PEXPIRE', followers, leaseMs) end
if not before or tonumber(before) < present then redis.call('PUBLISH', producer, id) end`
)

export const UNFOLLOW = script(
  ['meta', 'followers'],
  ['id', 'node'],
  `
redis.call('ZREM', followers, node)
local producer = redis.call('HGET', meta, 'node')
if producer then redis.call('PUBLISH', producer, id) end`
)

/** Gives 1 where this has ended the log, otherwise 0. */
export const END_LOST = script(
  ['log', 'lease', 'meta', 'followers'],
  ['id', 'keep', 'text'],
  `${NOTIFY}${END}
if redis.call('EXISTS', meta) == 0 or redis.call('EXISTS', lease) == 1 or ending() then return 0 end
finish('lost', text)
return 1`
)

/** Gives 1 where there is a log, otherwise 0. */
export const STOP = script(
  ['lease', 'meta'],
  ['id'],
  `
local producer = redis.call('HGET', meta, 'node')
if not producer then return 0 end
if redis.call('EXISTS', lease) == 1 then
  redis.call('HDEL', meta, 'goOn')
  redis.call('PUBLISH', producer, id)
end
return 1`
)

function script(parts: readonly Part[], args: readonly string[], body: string): Script {
  const locals = [
    ...parts.map((name, i) => `local ${name} = KEYS[${i + 1}]`),
    ...args.map((name, i) => `local ${name} = ARGV[${i + 1}]`)
  ]
  const lua = `${locals.join('\n')}\n${body.trim()}\n`
  return { parts, lua, sha: createHash('sha1').update(lua).digest('hex') }
}
