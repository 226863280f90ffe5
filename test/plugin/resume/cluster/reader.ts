import { request } from 'node:http'
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface Ask {
  /** The URL that begins the stream. */
  url: string
  method?: string
  body?: object
  /** The URL that resumes it, if that is another one. */
  again?: (id: string) => { url: string; method?: string; body?: object }
}

/** How much of a connection reaches the client. */
export interface Cut {
  events: number
  bytes: number
}

/** All data of a stream that a client got, over any number of connections. */
export interface Reading {
  events: EventSourceMessage[]
  /** The node that answered each connection. */
  nodes: string[]
  /** Responses that were not part of the stream. */
  oddities: string[]
}

/**
 * Reads a stream whose connection is cut repeatedly, like an EventSource that reconnects at once. Data after a cut is
 * lost, and so is an incomplete event.
 *
 * @param cut where each connection is cut
 * @param seen called after each event
 */
export async function read(ask: Ask, cut: (isFirst: boolean) => Cut, seen?: (count: number) => void): Promise<Reading> {
  const reading: Reading = { events: [], nodes: [], oddities: [] }
  while (reading.oddities.length === 0) {
    const id = reading.events.at(-1)?.id
    if (id?.endsWith(':end')) break
    const asked = id === undefined ? ask : (ask.again?.(id.split(':')[0] as string) ?? ask)
    await connect(asked, id, cut(reading.nodes.length === 0), reading, seen)
  }
  return reading
}

function connect(
  { url, method, body }: Pick<Ask, 'url' | 'method' | 'body'>,
  lastEventId: string | undefined,
  cut: Cut,
  { events, nodes, oddities }: Reading,
  seen: ((count: number) => void) | undefined
): Promise<void> {
  return new Promise(resolve => {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId })
    }
    let hasLeft = false
    const leave = () => {
      hasLeft = true
      asked.destroy()
    }
    let { events: eventsLeft, bytes: bytesLeft } = cut
    const utf8 = new TextDecoder()
    const parser = createParser({
      onEvent: event => {
        if (eventsLeft-- <= 0) return
        events.push(event)
        seen?.(events.length)
      }
    })
    const asked = request(url, { method: method ?? 'GET', headers, agent: false }, response => {
      nodes.push(String(response.headers['x-node']))
      if (bytesLeft <= 0) leave()
      if (response.statusCode !== 200) oddities.push(`status ${response.statusCode}`)
      response.on('data', (chunk: Buffer) => {
        if (bytesLeft <= 0) return
        parser.feed(utf8.decode(chunk.subarray(0, bytesLeft), { stream: true }))
        bytesLeft -= chunk.length
        if (eventsLeft <= 0 || bytesLeft <= 0) leave()
      })
      response.on('error', () => {})
    })
    asked.on('error', error => {
      if (!hasLeft) oddities.push(error.message)
    })
    asked.on('close', resolve)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
