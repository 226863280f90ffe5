import { SseStreamError } from './errors.js'
import type { CheckData, Decoding } from './types.js'

/** What `eventStream` keeps beside a schema: how the data of each event is checked. */
const checks = Symbol.for('fastify-sse-from.checks')

interface Check {
  Check(data: unknown): boolean
  Errors(data: unknown): { First(): { message: string; path: string } | undefined }
}

/** @throws SseStreamError */
export type Decode = (event: string, text: string) => unknown

/** Makes data of the text of events. */
export function makeDecode(
  validate: CheckData | object | undefined,
  decoding: Readonly<Record<string, Decoding>> | undefined
): Decode {
  if (typeof validate === 'object') return decodeBy((validate as { [checks]: Readonly<Record<string, Check>> })[checks])
  return (event, text) => {
    const how = decoding?.[event] ?? (event === 'message' ? 'text' : 'json')
    const data = how === 'text' ? text : toJson(event, text)
    if (validate !== undefined && !validate(event, data)) throw invalid(event, 'does not pass the check')
    return data
  }
}

/** The server sends a string as it is, and all else as JSON. So what passes as a string is one. */
function decodeBy(all: Readonly<Record<string, Check>>): Decode {
  return (event, text) => {
    const check = Object.hasOwn(all, event) ? all[event] : undefined
    if (check === undefined) throw invalid(event, 'is not in the schema, which declares no such event')
    if (check.Check(text)) return text
    const data = toJson(event, text)
    if (check.Check(data)) return data
    const { message, path } = check.Errors(data).First() as { message: string; path: string }
    throw invalid(event, `is not what the schema declares: ${message}${path && ` at ${path}`}`)
  }
}

function toJson(event: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(event, 'is not JSON', cause)
  }
}

function invalid(event: string, what: string, cause?: unknown): SseStreamError {
  return new SseStreamError({ code: 'SSE_EVENT_INVALID', message: `the data of "${event}" ${what}`, cause })
}
