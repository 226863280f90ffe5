import { get, type IncomingMessage } from 'node:http'
import { now } from '../clock.js'
import { percentile } from '../numbers.js'
import type { Jobs } from './jobs.js'

type Reattach = Jobs['reattach']

const FIRST = /id: (.+)\n.*\n\n/
const EVENT = /^data: /gm

/** Reads all events from one node, and then all but the first from the other, by the id of the first. */
export async function reattach({ port, events, times }: Reattach['params']): Promise<Reattach['result']> {
  const latencies: number[] = []
  for (let i = 0; i < times; i++) {
    const [text] = await read(`http://127.0.0.1:${port}/one?id=${i}`, {}, events)
    const [event = '', id = ''] = FIRST.exec(text) ?? []
    const url = `http://127.0.0.1:${port}/two?id=${i}&skip=${event.length}`
    const [rest, microseconds] = await read(url, { 'last-event-id': id }, events - 1)
    if (rest.slice(rest.indexOf('id: ')) !== text.slice(text.indexOf(event) + event.length)) {
      throw new Error(`the second node did not send the rest, but: ${rest.slice(0, 200)}`)
    }
    latencies.push(microseconds)
  }
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
}

/** Reads some events, and leaves. @returns their text, and the microseconds from the request to the last event */
function read(url: string, headers: Record<string, string>, events: number): Promise<[string, number]> {
  const startedAt = now()
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response: IncomingMessage) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('close', () => reject(new Error(`the response ended with ${response.statusCode}: ${text}`)))
      response.on('data', chunk => {
        text += chunk
        if ((text.match(EVENT)?.length ?? 0) < events || !text.endsWith('\n\n')) return
        resolve([text, now() - startedAt])
        response.removeAllListeners('error')
        request.destroy()
      })
    })
    request.on('error', reject)
  })
}
