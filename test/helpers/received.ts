import { createParser } from 'eventsource-parser'

/** What a client receives, in order. */
export type Received =
  | { kind: 'event'; event: string | undefined; data: string; id: string | undefined }
  | { kind: 'comment'; text: string }
  | { kind: 'retry'; ms: number }
  | { kind: 'error'; message: string }

/** Parses a response body as an EventSource does. */
export function receive(chunks: Iterable<Uint8Array>): Received[] {
  const received: Received[] = []
  const parser = createParser({
    onEvent: ({ event, data, id }) => received.push({ kind: 'event', event, data, id }),
    onComment: text => received.push({ kind: 'comment', text }),
    onRetry: ms => received.push({ kind: 'retry', ms }),
    onError: ({ message }) => received.push({ kind: 'error', message })
  })
  const utf8 = new TextDecoder()
  for (const chunk of chunks) parser.feed(utf8.decode(chunk, { stream: true }))
  parser.feed(utf8.decode())
  return received
}
