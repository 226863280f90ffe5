import { retryAfterOf } from './backoff.js'
import { SseStreamError, said } from './errors.js'

const EVENTS = 'text/event-stream'

/** How much of an error response is read. UTF-16 code units. */
const MAX_ERROR = 65_536

/** Whether a server that answers so may answer otherwise a short while later. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

/** Whether a server that answers so has not done anything of what it was asked for (RFC 9110, section 15). */
export function isRefusal(status: number): boolean {
  return status === 408 || status === 429 || status === 503
}

/** What the server says in an error response. */
export async function errorOf(response: Response, cause: unknown): Promise<SseStreamError> {
  const { status: statusCode, statusText, headers } = response
  const message = `the server answered ${[statusCode, statusText].join(' ').trim()}`
  const text = await startOf(response.body)
  return said(text, { statusCode, code: 'SSE_STATUS', message, retryAfter: retryAfterOf(headers), cause })
}

/** The error of a response that has no events; `undefined` for one that has. */
export function problemOf({ status: statusCode, headers, body }: Response): SseStreamError | undefined {
  const type = headers.get('content-type') ?? 'no content type'
  const isOfEvents = type.split(';')[0]?.trim().toLowerCase() === EVENTS
  if (isOfEvents && body) return undefined
  const what = isOfEvents ? 'a body that fetch does not stream' : type
  const message = `the response has to be ${EVENTS}, but it is ${what}`
  return new SseStreamError({ statusCode, code: 'SSE_RESPONSE_INVALID', message })
}

async function startOf(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  const utf8 = new TextDecoder()
  let text = ''
  while (text.length < MAX_ERROR) {
    const { done, value } = await reader.read()
    if (done) break
    text += utf8.decode(value, { stream: true })
  }
  return text
}
