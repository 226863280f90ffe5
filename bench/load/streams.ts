import { now, sleep } from '../clock.js'
import { percentile, sum } from '../numbers.js'
import { h2Streams } from './h2-stream.js'
import type { Continuity, Delivery, Jobs } from './jobs.js'
import { H1Stream, type OpenStream, type StreamClient } from './stream.js'

/** An open stream, and what it has received. */
interface Open {
  client: StreamClient
  tokens: number
  /** How many tokens were not the next number. */
  wrong: number
  /** When the last token came, and the longest time between two. Microseconds. */
  lastAt: number
  longestGap: number
}

/** How many streams wait for their first token at most. A server accepts only so many connections ahead. */
const WAITING = 1000

let streams: Open[] = []

/** Opens streams, beside those that are open. */
export async function open({ port, path, streams: count, ms, h2 }: Jobs['open']['params']): Promise<undefined> {
  const openStream: OpenStream = h2 ? h2Streams(port, path) : (id, onToken) => new H1Stream(port, path, id, onToken)
  const first = streams.length
  let begun = 0
  const openOne = (i: number) => {
    const stream: Open = {
      client: openStream(String(first + i), token => {
        if (stream.tokens === 0) begun++
        if (Number(token) !== stream.tokens++) stream.wrong++
        const at = now()
        stream.longestGap = Math.max(stream.longestGap, at - stream.lastAt)
        stream.lastAt = at
      }),
      tokens: 0,
      wrong: 0,
      lastAt: Number.POSITIVE_INFINITY,
      longestGap: 0
    }
    streams.push(stream)
  }
  await evenly(count, ms, openOne, () => begun + WAITING)
  await Promise.all(streams.map(({ client }) => client.reader.opened))
  return undefined
}

export async function listen({ ms }: Jobs['listen']['params']): Promise<Delivery> {
  const latencies: number[] = []
  const startedAt = now()
  for (const { client } of streams) {
    client.reader.onToken = token => {
      latencies.push(now() - Number(token))
    }
  }
  await sleep(ms)
  const seconds = (now() - startedAt) / 1e6
  for (const { client } of streams) client.reader.onToken = () => {}
  return { tokens: latencies.length, seconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
}

export async function follow({ ms }: Jobs['follow']['params']): Promise<Continuity> {
  for (const stream of streams) stream.longestGap = 0
  await sleep(ms)
  const endedAt = now()
  return {
    tokens: sum(streams.map(({ tokens }) => tokens)),
    wrong: sum(streams.map(({ wrong }) => wrong)),
    longestGap: Math.max(...streams.map(({ longestGap, lastAt }) => Math.max(longestGap, endedAt - lastAt)))
  }
}

export async function comments({ ms }: Jobs['comments']['params']): Promise<{ comments: number }> {
  let count = 0
  for (const { client } of streams) {
    client.reader.onComment = () => {
      count++
    }
  }
  await sleep(ms)
  return { comments: count }
}

export async function close({ ms }: Jobs['close']['params']): Promise<Record<string, number>> {
  const closed: Record<string, number> = {}
  const leaving = streams
  streams = []
  await evenly(leaving.length, ms, i => {
    const { client } = leaving[i] as Open
    closed[client.id] = now()
    client.leave()
  })
  return closed
}

/** Does something `count` times, spread over `ms` or longer. @param most how often it may have been done by now */
async function evenly(count: number, ms: number, act: (i: number) => void, most = () => count): Promise<void> {
  const startedAt = now()
  for (let i = 0; i < count; ) {
    const onTime = ms === 0 ? count : Math.ceil(((now() - startedAt) / 1e3 / ms) * count)
    const due = Math.min(onTime, most())
    for (; i < Math.min(due, count); i++) act(i)
    await sleep(1)
  }
}
