import { EventSource } from 'eventsource'
import { createEventSource } from 'eventsource-client'
import type { EventSourceMessage } from 'eventsource-parser'
import t, { type Test } from 'tap'
import { fetchAll } from '../../../helpers/client.js'
import { afterBytes, cutter } from '../../../helpers/cutter.js'
import { Random, seed } from '../../../helpers/random.js'
import { asReceived, tokensOf } from '../../../helpers/tokens.js'
import { until } from '../../../helpers/until.js'
import { connections, keyTimes, startCluster } from './cluster.js'
import { type Ask, type Cut, type Reading, read } from './reader.js'

const COUNT = 300
const TEXT = asReceived(tokensOf(COUNT))

t.comment(`SEED=${seed}`)
const random = new Random(seed)
const cluster = await startCluster(t)
const { provider, url } = cluster

/** An undisturbed run, with which all others are compared. */
const whole = await fetchAll(`${url}/stream?answer=whole`)
const WHOLE = withoutStream(whole.events())

/** The events without the id and the generation of the stream, so that runs can be compared. */
function withoutStream(events: readonly EventSourceMessage[]) {
  return events.map(({ id, event, data }) => ({ id: id?.replace(/^[\w-]+(:[\w-]+(?=:\d))?/, ''), event, data }))
}

/** Checks that a complete answer came from one run of the source. */
function isWhole(t: Test, answer: string, { events, oddities }: Reading): void {
  t.strictSame(oddities, [])
  t.strictSame(withoutStream(events), WHOLE)
  t.equal(provider.calls(answer).length, 1, 'the provider was called once')
}

/** Checks that each connection was answered by another node than the previous one. */
function isAlwaysElsewhere(t: Test, { nodes }: Reading): void {
  t.strictSame(
    nodes.filter((name, i) => name === nodes[i - 1]),
    []
  )
  t.equal(new Set(nodes).size, 3)
}

const oneEvent = (): Cut => ({ events: 1, bytes: Number.POSITIVE_INFINITY })

/** A client without an event has no id to reconnect with, so the first connection lasts until the first event. */
function bytesBelow(limit: number) {
  return (isFirst: boolean): Cut => ({
    events: Number.POSITIVE_INFINITY,
    bytes: (isFirst ? FIRST_EVENT : 0) + 1 + random.below(limit)
  })
}
const FIRST_EVENT = 100
const someBytes = bytesBelow(400)
/** Rarely enough for many streams at once. */
const manyBytes = bytesBelow(4000)

t.test('an undisturbed run', async t => {
  t.equal(whole.ended, 'clean')
  t.strictSame(
    WHOLE.slice(0, -1).map(({ data }) => data),
    TEXT
  )
  t.match(WHOLE.at(-1), { id: ':301:end', event: 'done', data: '{"finishReason":"stop"}' })
})

t.test('the connection is cut after every event', async t => {
  for (const [what, pace] of [
    ['of a source that is done at once', '0'],
    ['of a source that takes its time', '5'],
    ['of a source that waits for its reader', 'test']
  ]) {
    t.test(what as string, async t => {
      const answer = `events ${pace}`
      const ask = { url: `${url}/stream?${new URLSearchParams({ answer, pace: pace as string })}` }
      const giveOne = async () => (await provider.call(answer)).give(1)
      if (pace === 'test') void giveOne()
      const reading = await read(ask, oneEvent, pace === 'test' ? () => void giveOne() : undefined)
      isWhole(t, answer, reading)
      isAlwaysElsewhere(t, reading)
      t.equal(reading.nodes.length, COUNT + 1)
    })
  }
})

t.test('the connection is cut within events', async t => {
  for (const pace of ['0', '5']) {
    t.test(`of a source with ${pace} ms between its tokens`, async t => {
      const answer = `bytes ${pace}`
      const reading = await read({ url: `${url}/stream?${new URLSearchParams({ answer, pace })}` }, someBytes)
      isWhole(t, answer, reading)
      t.ok(reading.nodes.length > 20, `${reading.nodes.length} connections`)
    })
  }
})

t.test('the connection is cut before the first event, of a stream whose id the client has chosen', async t => {
  for (const method of ['GET', 'POST']) {
    t.test(method, async t => {
      const answer = `chosen ${method}`
      const ask = { url: `${url}/stream?${new URLSearchParams({ answer, id: `chosen-${method}`, pace: '5' })}`, method }
      let connections = 0
      // The first connections carry only the head, and then only a part of an event.
      const reading = await read(ask, () => ({ events: Number.POSITIVE_INFINITY, bytes: 10 * connections++ }))
      isWhole(t, answer, reading)
      t.ok(reading.nodes.length > 5, `${reading.nodes.length} connections`)
    })
  }
})

t.test('an answer to a POST is cut', async t => {
  const ways: Record<string, Ask['again']> = {
    'and asked for by its id': id => ({ url: `${url}/stream/${id}` }),
    'and asked for by the same request': undefined
  }
  for (const [what, again] of Object.entries(ways)) {
    t.test(what, async t => {
      const ask = { url: `${url}/stream`, method: 'POST', body: { answer: `post ${what}`, pace: '2' } }
      const reading = await read(again === undefined ? ask : { ...ask, again }, isFirst =>
        random.chance(0.5) ? oneEvent() : someBytes(isFirst)
      )
      isWhole(t, `post ${what}`, reading)
      t.ok(reading.nodes.length > 20, `${reading.nodes.length} connections`)
    })
  }
})

t.test('widely used clients get the whole answer through a network that loses connections', async t => {
  // Each client has a separate network: a connection of another client might be cut before the first event.
  const lossy = async (t: Test, answer: string) => {
    const network = await cutter(t, Number(new URL(url).port), () => afterBytes(500 + random.below(1500)))
    const address = `http://127.0.0.1:${network.port}/stream?${new URLSearchParams({ answer, pace: '5' })}`
    return { network, address }
  }

  t.test('eventsource', async t => {
    const { network, address } = await lossy(t, 'eventsource')
    const source = new EventSource(address)
    t.teardown(() => source.close())
    const events: EventSourceMessage[] = []
    let isOver = false
    for (const name of ['message', 'done', 'error'] as const) {
      source.addEventListener(name, (event: Event & { data?: string; lastEventId?: string }) => {
        // A lost connection is an `error` event too.
        if (event.data === undefined) isOver ||= source.readyState === source.CLOSED
        else events.push({ id: event.lastEventId, event: name === 'message' ? undefined : name, data: event.data })
      })
    }
    // After the last event it reconnects once more, and gets a 204.
    await until('it gives up', () => isOver)
    t.strictSame(withoutStream(events), WHOLE)
    t.equal(provider.calls('eventsource').length, 1)
    t.ok(network.cuts > 5, `${network.cuts} cuts`)
  })

  t.test('eventsource-client', async t => {
    const { network, address } = await lossy(t, 'eventsource-client')
    const events: EventSourceMessage[] = []
    const client = createEventSource({ url: address, onMessage: event => events.push({ ...event }) })
    t.teardown(() => client.close())
    await until('it gives up', () => client.readyState === 'closed')
    t.strictSame(withoutStream(events), WHOLE)
    t.equal(provider.calls('eventsource-client').length, 1)
    t.ok(network.cuts > 5, `${network.cuts} cuts`)
  })
})

t.test('200 streams are cut at once', async t => {
  const before = await connections(cluster.redis)
  const readings = Array.from({ length: 200 }, async (_, i) => {
    const [answer, pace] = [`many ${i}`, i % 4 === 0 ? '0' : '100']
    const ask = { url: `${url}/stream?${new URLSearchParams({ answer, pace, burst: '10' })}` }
    return { answer, reading: await read(ask, manyBytes) }
  })
  await until('the middle of it', () => provider.calls('many 199').length > 0)
  t.strictSame(await connections(cluster.redis), before, 'the connections of a node do not depend on its streams')
  let cuts = 0
  for (const { answer, reading } of await Promise.all(readings)) {
    isWhole(t, answer, reading)
    cuts += reading.nodes.length - 1
  }
  t.ok(cuts > 200, `${cuts} cuts`)
})

t.test('all keys in Redis expire, and each node has two connections', async t => {
  await until('all is over', async () => (await cluster.redis.keys('*:lease')).length === 0)
  const times = await keyTimes(cluster.redis)
  t.ok(times.size > 200)
  t.strictSame(
    [...times].filter(([, ms]) => ms < 0),
    []
  )
  t.strictSame(await connections(cluster.redis), { one: 2, two: 2, three: 2 })
  for (const { log } of cluster.nodes) t.equal(log, '')
})
