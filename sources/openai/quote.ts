import { secretPattern } from '../../plugin/toolkit.js'

/** How much of a provider's words is logged, and how much of them is read. Characters. */
const MAX_KEPT = 2000
const MAX_READ = 16_384

/**
 * How long the body of an error is read. Milliseconds. The status must reach the client before `commitAfter`, when a
 * stream begins with the status 200.
 */
const MAX_WAIT = 500

/** Turns the provider's words into the cause of an error, for the log, without the key. */
export type Quote = (words: string) => Error

export function quoteWithout(apiKey: string): Quote {
  const key = apiKey === '' ? undefined : secretPattern(apiKey)
  return words => new Error((key === undefined ? words : words.replace(key, '[key]')).slice(0, MAX_KEPT))
}

/** Reads the body of an error, as far as it arrives in time. */
export async function readWords({ status, headers, body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body?.getReader()
  const timer = setTimeout(() => reader?.cancel().catch(() => {}), MAX_WAIT)
  let words = ''
  try {
    while (words.length < MAX_READ) {
      const bytes = (await reader?.read())?.value
      if (bytes === undefined) break
      words += decoder.decode(bytes, { stream: true })
    }
  } catch {
    // What had arrived before the connection broke is worth logging too.
  }
  clearTimeout(timer)
  reader?.cancel().catch(() => {})
  return `status ${status}, content-type ${headers.get('content-type')}: ${words}`
}
