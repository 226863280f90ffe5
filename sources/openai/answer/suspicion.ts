import { isFilled, isObject } from './chunk/values.js'

/** What is sent to keep a connection alive, or stands for nothing. */
const PINGS = 'ping|pong|(openrouter )?processing|heart[-_ ]?beat|keep[-_ ]?alive|ok|done'
const NOTHINGS = 'null|undefined|nan|true|false|-?[\\d.]+'
const PING = new RegExp(`^[\\s:<[("]*(${PINGS}|${NOTHINGS})?[\\s>\\])!."]*$`, 'i')

/** What an event that is part of the answer, or tells of its progress, calls itself. */
const PROGRESS =
  /^(message|chunk|chat|completion|delta|start|begin|end|finish|stop|queued|pending|running|in_progress)/i

/** Names of what an event says about itself or the answer. */
const OF_ITSELF = 'ids?|object|created(_at)?|model|provider|time|timestamp|fingerprint|tier|obfuscation|groq|index|done'
const OF_ANSWER = 'usage|timings|citations|search_results|metadata|choices'
const ABOUT = new RegExp(`(^|_)(${OF_ITSELF}|${OF_ANSWER})$`)

/** Names whose value says what an event is. */
const KIND = /^(type|event|status|state)$/

/**
 * Whether an event that is no chunk may be an error in a form that is not known. Pings, progress and metadata are none.
 */
export function isSuspect(event: unknown): boolean {
  if (typeof event === 'string') return !PING.test(event)
  return isObject(event) && Object.entries(event).some(([name, value]) => isSuspectField(name, value))
}

function isSuspectField(name: string, value: unknown): boolean {
  if (ABOUT.test(name) || !isFilled(value)) return false
  return !(KIND.test(name) && typeof value === 'string' && (PROGRESS.test(value) || PING.test(value)))
}
