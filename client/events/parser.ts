/** The longest event that is read. UTF-16 code units. */
const MAX_EVENT = 2 ** 24

/** An event, an `id` without one, or a `retry`. */
export interface Block {
  /** The name of the event. */
  event?: string | undefined
  /** `undefined` if the block is no event. */
  data?: string
  id?: string
  /** How long the server asks its clients to wait before they reconnect. Milliseconds. */
  retry?: number
}

/**
 * Reads the body of one response as server-sent events (WHATWG HTML, section 9.2.6).
 *
 * @returns a function that takes the next chunk, cut anywhere, and returns what that chunk completes. It throws a
 *   RangeError for an event that is too long.
 */
export function makeParser(): (chunk: Uint8Array) => Block[] {
  // Drops a byte order mark at the start, and only there.
  const utf8 = new TextDecoder()
  let endsInCr = false
  /** The start of a line whose end has not arrived. */
  let rest = ''
  let block: Block = {}

  return chunk => {
    const blocks: Block[] = []
    const text = utf8.decode(chunk, { stream: true })
    // A CR ends its line at once. If it was the first half of a CRLF, the other half ends nothing.
    const lines = text.replace(endsInCr ? /^\n/ : '', '').split(/\r\n?|\n/)
    if (text) endsInCr = text.endsWith('\r')
    lines[0] = rest + lines[0]
    rest = lines.pop() as string
    for (const line of lines) {
      const [, name, value] = /^([^:]*):? ?(.*)/s.exec(line) as unknown as [string, string, string]
      if (!line) {
        if (block.data !== undefined || block.id !== undefined) blocks.push(block)
        block = {}
      } else if (name === 'data') {
        block.data = block.data === undefined ? value : `${block.data}\n${value}`
      } else if (name === 'event') {
        block.event = value || undefined
      } else if (name === 'id') {
        if (!value.includes('\0')) block.id = value
      } else if (name === 'retry') {
        if (/^\d+$/.test(value)) blocks.push({ retry: Number(value) })
      }
    }
    if (rest.length + (block.data ?? '').length > MAX_EVENT) {
      throw new RangeError(`an event is longer than ${MAX_EVENT} characters`)
    }
    return blocks
  }
}
