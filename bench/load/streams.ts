import { now, sleep } from '../clock.js'
import { percentile, sum } from '../numbers.js'
import type { Continuity, Delivery, Jobs } from './jobs.js'
import { StreamClient } from './stream.js'

/** An open stream, and what it has received. */
interface Open {
  client: StreamClient
  tokens: number
  /** How many tokens were not the next number. */
  wrong: number
}

let streams: Open[] = []

export async function open({ port, path, streams: count, ms }: Jobs['open']['params']): Promise<undefined> {
  await evenly(count, ms, i => {
    const stream: Open = {
      client: new StreamClient(port, path, String(i), token => {
        if (Number(token) !== stream.tokens++) stream.wrong++
      }),
      tokens: 0,
      wrong: 0
    }
    streams.push(stream)
  })
  await Promise.all(streams.map(({ client }) => client.opened))
  return undefined
}

export async function listen({ ms }: Jobs['listen']['params']): Promise<Delivery> {
  const latencies: number[] = []
  const startedAt = now()
  for (const { client } of streams) {
    client.onToken = token => {
      latencies.push(now() - Number(token))
    }
  }
  await sleep(ms)
  const seconds = (now() - startedAt) / 1e6
  for (const { client } of streams) client.onToken = () => {}
  return { tokens: latencies.length, seconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
}

export async function follow({ ms }: Jobs['follow']['params']): Promise<Continuity> {
  await sleep(ms)
  const counts = streams.map(({ tokens }) => tokens)
  return {
    tokens: sum(counts),
    wrong: sum(streams.map(({ wrong }) => wrong)),
    fewest: Math.min(...counts),
    most: Math.max(...counts)
  }
}

export async function comments({ ms }: Jobs['comments']['params']): Promise<{ comments: number }> {
  let count = 0
  for (const { client } of streams) {
    client.onComment = () => {
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

/** Does something `count` times, spread over `ms`. */
async function evenly(count: number, ms: number, act: (i: number) => void): Promise<void> {
  const startedAt = now()
  for (let i = 0; i < count; ) {
    const due = ms === 0 ? count : Math.ceil(((now() - startedAt) / 1e3 / ms) * count)
    for (; i < Math.min(due, count); i++) act(i)
    await sleep(1)
  }
}
