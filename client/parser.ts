import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** How long an event may be. UTF-16 code units. */
const MAX_EVENT = 2 ** 24

/**
 * Reads one response as server-sent events (WHATWG HTML, section 9.2.6), whatever the chunks it comes in.
 *
 * @param onRetry is given the milliseconds of each `retry:`
 * @returns a function that gives the events which are complete with a chunk. It throws where one is too long
 */
export function makeParser(onRetry: (ms: number) => void): (chunk: Uint8Array) => EventSourceMessage[] {
  const utf8 = new TextDecoder()
  let messages: EventSourceMessage[]
  let endsInCr = false
  const { feed } = createParser({ maxBufferSize: MAX_EVENT, onEvent: message => messages.push(message), onRetry })
  return chunk => {
    messages = []
    const text = utf8.decode(chunk, { stream: true })
    // A CR ends a line at once. The parser would wait for what comes after it, which may be the other half.
    const rest = endsInCr ? text.replace(/^\n/, '') : text
    if (text) endsInCr = text.endsWith('\r')
    feed(rest.replace(/\r\n?/g, '\n'))
    return messages
  }
}
