import type { EventSourceMessage } from 'eventsource-parser'
import t, { type Test } from 'tap'
import { hashOwner, streamKey } from '../../../../plugin/resume/stream-key.js'
import { type Client, fetchAll, open } from '../../../helpers/client.js'
import { asReceived, tokensOf } from '../../../helpers/tokens.js'
import { until } from '../../../helpers/until.js'
import { connections, keyTimes, type Node, startCluster } from './cluster.js'

/** Short, so that a lost process is detected soon. Milliseconds. */
const LEASE = 1500
/** The reconnect delay that a node sends to a client. */
const COME_BACK = /retry: [1-5]\d{3}\n$/
const LOST = { event: 'error', data: /"code":"FST_SSE_PRODUCER_LOST"/ }
/** How long a node waits for an answer before it replaces its connection. Longer than a node is frozen here. */
const SOCKET_TIMEOUT = 4000
const COUNT = 300
const TEXT = asReceived(tokensOf(COUNT))

const cluster = await startCluster(t, { LEASE: `${LEASE}`, SOCKET_TIMEOUT: `${SOCKET_TIMEOUT}` })
const { provider, redis } = cluster

let answers = 0

interface Options {
  /** The node that produces it. */
  on?: Node
  headers?: Record<string, string>
  path?: string
}

/** A stream whose tokens the test gives. Its client has the first ten. */
async function start({ on = cluster.nodes[0], headers = {}, path = '/stream' }: Options = {}) {
  const query = new URLSearchParams({ answer: `faults ${answers++}`, pace: 'test', count: `${COUNT}` })
  const client = open(`${on.url}${path}?${query}`, { headers })
  const call = await provider.call(String(query.get('answer')))
  call.give(10)
  await has(client, 10)
  return { client, call, id: String(client.headers['x-stream-id']), on, others: cluster.others(on.name) }
}

/** The same, once they are in Redis. */
async function begin(options?: Options) {
  const started = await start(options)
  const user = options?.headers?.['x-user']
  const key = streamKey(started.id, user === undefined ? undefined : hashOwner(user, undefined))
  await until('the events are in Redis', async () => (await logOf(key)).length === 10)
  return started
}

/** Waits for `count` events. */
function has(client: Client, count: number): Promise<void> {
  return until(`${count} events`, () => client.events().length >= count)
}

/** The raw data of a stream in Redis. @param key its id, if it has no owner */
function logOf(key: string) {
  return redis.xrange(`sse:{${key}}:log`, '-', '+')
}

function follow(node: Node, id: string, after = 0): Client {
  return after === 0
    ? open(`${node.url}/stream/${id}`)
    : open(`${node.url}/stream`, { headers: { 'last-event-id': `${id}:${after}` } })
}

/** Follows a stream, and waits until the node of this client gets notifications. */
async function following(node: Node, id: string): Promise<Client> {
  const before = await redis.zcard(`sse:{${id}}:followers`)
  const client = follow(node, id)
  await until('it follows', async () => (await redis.zcard(`sse:{${id}}:followers`)) > before)
  return client
}

async function everywhere(nodes: readonly Node[], id: string): Promise<Client[]> {
  const clients: Client[] = []
  for (const node of nodes) clients.push(await following(node, id))
  return clients
}

function texts(events: readonly EventSourceMessage[]): string[] {
  return events.filter(({ event }) => event === undefined).map(({ data }) => data)
}

/** Checks that the text so far is the beginning of the whole text. */
function isUnharmed(t: Test, client: Client): void {
  const got = texts(client.events())
  t.strictSame(got, TEXT.slice(0, got.length))
}

function isWhole(t: Test, client: Client): void {
  t.equal(client.ended, 'clean')
  t.strictSame(texts(client.events()), TEXT)
  t.match(client.events().at(-1), { event: 'done', data: '{"finishReason":"stop"}' })
}

/** Checks that a new stream can be followed on every node. */
async function isResumable(t: Test, nodes: readonly Node[] = cluster.nodes): Promise<void> {
  for (const on of nodes) {
    const { client, call, id, others } = await begin({ on })
    const clients = await everywhere(others, id)
    call.give()
    for (const each of [client, ...clients]) {
      await each.end()
      isWhole(t, each)
    }
  }
}

t.test('when the producing node of a stream dies, its followers get the error, and it ends once', async t => {
  const { client, id, on, others } = await begin()
  const clients: Client[] = []
  for (const node of others) clients.push(await following(node, id), follow(node, id))
  for (const each of clients) await has(each, 10)
  const at = performance.now()
  await on.kill()
  await client.end()
  t.equal(client.ended, 'broken')
  isUnharmed(t, client)
  for (const each of clients) {
    await each.end()
    t.equal(each.ended, 'clean')
    isUnharmed(t, each)
    t.match(each.events().at(-1), { ...LOST, id: `${id}:11:end` })
  }
  t.comment(`the error came ${Math.round(performance.now() - at)} ms after it died, with a lease of ${LEASE} ms`)
  for (const node of others) {
    const later = follow(node, id, 7)
    await later.end()
    t.strictSame(later.events(), clients[0]?.events().slice(7))
  }
  t.equal((await logOf(id)).length, 11)
  await on.start()
  const afterwards = follow(on, id, 7)
  await afterwards.end()
  t.strictSame(
    afterwards.events(),
    clients[0]?.events().slice(7),
    'the same from the node that has died, once it is back'
  )
})

t.test('a node that was frozen for longer than its lease stops its source and changes nothing', async t => {
  const { client, call, id, on, others } = await begin()
  const clients = await everywhere(others, id)
  on.freeze()
  t.teardown(() => on.thaw())
  for (const each of clients) {
    await each.end()
    isUnharmed(t, each)
    t.match(each.events().at(-1), LOST)
  }
  const log = await logOf(id)
  // Data that arrives meanwhile waits for the node, which reads it when it goes on.
  call.give(50)
  on.thaw()
  await until('its source is aborted', () => call.aborted)
  await client.end()
  isUnharmed(t, client)
  t.match(client.events().at(-1), LOST)
  t.strictSame(await logOf(id), log)
  await isResumable(t, [on])
})

t.test('a stop from another node ends the source at once', async t => {
  const times: number[] = []
  for (let i = 0; i < 15; i++) {
    const { call, client, id, others } = await begin()
    const at = performance.now()
    const answer = await fetchAll(`${(others[i % 2] as Node).url}/stream/${id}`, { method: 'DELETE' })
    t.equal(answer.status, 204)
    await until('its source is aborted', () => call.aborted)
    times.push((call.closedAt as number) - at)
    await client.end()
    t.match(client.events().at(-1), { event: 'stopped', data: '{}' })
  }
  times.sort((a, b) => a - b)
  const [median, slowest] = [times[7] as number, times[14] as number]
  t.comment(`stopped after ${median.toFixed(1)} ms, at most ${slowest.toFixed(1)} ms`)
  t.ok(median < 5000)
})

t.test('a stream does not exist for another owner', async t => {
  const me = { 'x-user': 'me' }
  const { call, client, id, on, others } = await begin({ headers: me, path: '/mine' })
  const unknown = 'a'.repeat(22)
  for (const node of [on, ...others]) {
    for (const headers of [{ 'x-user': 'you' }, { 'x-user': 'ME' }, {}] as Record<string, string>[]) {
      const ways = (id: string) => [
        fetchAll(`${node.url}/mine/${id}`, { headers }),
        fetchAll(`${node.url}/mine`, { headers: { ...headers, 'last-event-id': `${id}:3` } }),
        fetchAll(`${node.url}/mine`, { headers: { ...headers, 'last-event-id': `${id}:3` }, body: {} }),
        fetchAll(`${node.url}/mine/${id}`, { headers, method: 'DELETE' })
      ]
      const [there, not] = await Promise.all([Promise.all(ways(id)), Promise.all(ways(unknown))])
      for (const [i, answer] of there.entries()) {
        const other = not[i] as Client
        t.equal(answer.status, 404)
        t.equal(answer.text(), other.text())
        t.strictSame({ ...answer.headers, date: '' }, { ...other.headers, date: '' })
      }
    }
  }
  const open_ = await fetchAll(`${others[0].url}/stream/${id}`)
  t.equal(open_.status, 410)
  t.equal(open_.text(), (await fetchAll(`${others[0].url}/stream/${unknown}`)).text())
  t.notOk(call.aborted)
  const again = open(`${others[1].url}/mine/${id}`, { headers: me })
  await has(again, 10)
  call.give()
  for (const each of [client, again]) {
    await each.end()
    isWhole(t, each)
  }
})

t.test(
  'when Redis dies, attached clients keep their tokens, and streams are resumable again once it is back',
  async t => {
    const { call, client, id, on, others } = await begin()
    const elsewhere = await following(others[0], id)
    await has(elsewhere, 10)
    await cluster.server.kill()
    call.give(50)
    await has(client, 60)
    const during = await start({ on: others[1] })
    await elsewhere.end()
    isUnharmed(t, elsewhere)
    t.match(elsewhere.text(), COME_BACK)
    for (const node of others) {
      const answer = follow(node, id, 7)
      await answer.end()
      t.equal(answer.status, 200)
      t.equal(answer.ended, 'clean')
      t.match(answer.text(), COME_BACK)
      t.same(answer.events(), [])
    }
    const here = follow(on, id, 7)
    await has(here, 53)

    await cluster.server.start()
    call.give()
    for (const each of [client, here]) {
      await each.end()
      t.match(each.events().at(-1), { event: 'done' })
    }
    isWhole(t, client)
    t.strictSame(here.events(), client.events().slice(7))
    during.call.give()
    await during.client.end()
    isWhole(t, during.client)

    // This Redis has kept nothing, so the producing node has created the log anew.
    await until('the log is whole again', async () => (await logOf(id)).length === COUNT + 1)
    for (const node of others) {
      await until('the node has Redis again', async () => (await fetchAll(`${node.url}/stream/${id}`)).events().length)
      const again = follow(node, id, 7)
      await again.end()
      t.strictSame(again.events(), client.events().slice(7))
    }
    await until('each node has two connections', async () => {
      return Object.values(await connections(redis)).every(count => count === 2)
    })
    await isResumable(t)
  }
)

t.test(
  'clients get their answers while Redis is out of memory, and streams are resumable again afterwards',
  async t => {
    const { call, client, id, others } = await begin()
    const elsewhere = await following(others[0], id)
    await has(elsewhere, 10)
    await redis.config('SET', 'maxmemory', '1')
    t.teardown(() => redis.config('SET', 'maxmemory', '0'))
    call.give(50)
    await has(client, 60)
    const during = await start({ on: others[1] })
    during.call.give()
    await during.client.end()
    isWhole(t, during.client)
    // Nothing new can be written, but existing logs can be read.
    const meanwhile = follow(others[1], id, 7)
    await has(meanwhile, 3)
    t.equal((await logOf(id)).length, 10)

    await redis.config('SET', 'maxmemory', '0')
    call.give()
    for (const each of [client, elsewhere]) {
      await each.end()
      isWhole(t, each)
    }
    await meanwhile.end()
    t.strictSame(meanwhile.events(), client.events().slice(7))
    await isResumable(t)
  }
)

for (const direction of ['to server', 'to client', 'both'] as const) {
  const which = { 'to server': 'to Redis', 'to client': 'from Redis', both: 'both ways' }[direction]

  t.test(`the producing node is cut off, ${which}`, async t => {
    const { call, client, id, on, others } = await begin()
    const clients = await everywhere(others, id)
    on.network.cut(direction)
    t.teardown(() => on.network.heal())
    call.give(50)
    await has(client, 60)
    for (const each of clients) {
      await each.end()
      t.equal(each.ended, 'clean')
      isUnharmed(t, each)
      t.match(each.events().at(-1), LOST)
    }
    const log = await logOf(id)
    on.network.heal()
    call.give()
    await client.end()
    isWhole(t, client)
    await isResumable(t, [on])
    t.strictSame(await logOf(id), log)
  })

  t.test(`a following node is cut off, ${which}`, async t => {
    const { call, client, id, others } = await begin()
    const [cutOff, well] = others
    const elsewhere = await following(cutOff, id)
    await has(elsewhere, 10)
    cutOff.network.cut(direction)
    t.teardown(() => cutOff.network.heal())
    call.give(50)
    await elsewhere.end()
    isUnharmed(t, elsewhere)
    t.match(elsewhere.text(), COME_BACK)
    const refused = follow(cutOff, id, 10)
    await refused.end()
    t.equal(refused.status, 200)
    t.match(refused.text(), COME_BACK)
    const had = elsewhere.events().length
    const again = follow(well, id, had)
    await has(again, 60 - had)
    cutOff.network.heal()
    await until('the node has Redis again', async () => {
      const client = follow(cutOff, id, 10)
      await until('an answer', () => client.ended || client.events().length)
      client.leave()
      return client.events().length
    })
    call.give()
    for (const each of [client, again]) await each.end()
    isWhole(t, client)
    t.strictSame(again.events(), client.events().slice(had))
  })
}

t.test('many streams need no more connections, and all keys in Redis expire', async t => {
  const before = await connections(redis)
  t.strictSame(before, { one: 2, two: 2, three: 2 })
  const streams = await Promise.all(Array.from({ length: 60 }, (_, i) => begin({ on: cluster.nodes[i % 3] as Node })))
  const clients = streams.map(({ id, others }) => follow(others[0], id))
  for (const client of clients) await has(client, 10)
  t.strictSame(await connections(redis), before)
  t.strictSame(
    [...(await keyTimes(redis))].filter(([, ms]) => ms < 0),
    []
  )
  for (const { call } of streams) call.give()
  for (const client of clients) {
    await client.end()
    isWhole(t, client)
  }
  await until('all is over', async () => (await redis.keys('*:lease')).length === 0)
  const times = await keyTimes(redis)
  t.strictSame(
    [...times].filter(([, ms]) => ms < 0),
    []
  )
})

t.test('a connection to Redis that has died silently is replaced', async t => {
  const { call, client, on } = await begin()
  on.network.forget()
  call.give()
  await client.end()
  isWhole(t, client)
  const unknown = `${on.url}/stream/${'a'.repeat(22)}`
  await until('the node has Redis again', async () => (await fetchAll(unknown)).status === 410)
  await isResumable(t, [on])
})
