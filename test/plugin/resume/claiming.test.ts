import t, { type Test } from 'tap'
import type { OnDisconnect } from '../../../plugin/index.js'
import { type Client, fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { redisNodes } from '../../helpers/redis-nodes.js'
import { serve } from '../../helpers/server.js'
import { type Node, node, type SteppedSource } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

const ID = 'mine'
const LEFT = ({ log }: Node) => log.some(({ msg }) => msg === 'client left')

const texts = (client: Client) => client.events().map(({ event, data }) => event ?? data)

/** Holds back the claim of the id until the test lets it go. */
function holdClaim(store: FaultyStore) {
  const held: (() => void)[] = []
  store.before = method =>
    method === 'create'
      ? new Promise<void>(resolve => {
          held.push(resolve)
        })
      : undefined
  return {
    isHeld: () => held.length > 0,
    go: () => {
      store.comeBack()
      for (const resolve of held) resolve()
    }
  }
}

/** Waits until no client is connected any more. */
function isDeserted({ app }: Node): Promise<void> {
  return until('the server sees that its client has left', async () => {
    return (await new Promise(resolve => app.server.getConnections((_error, count) => resolve(count)))) === 0
  })
}

interface Setting {
  producing: Node
  following: Node
  claim: ReturnType<typeof holdClaim>
}

/** Two nodes, the first of which claims the id for a client that has left meanwhile. */
async function claimedForNobody(t: Test, onDisconnect?: OnDisconnect): Promise<Setting> {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const resumable = { id: ID, ...(onDisconnect === undefined ? {} : { onDisconnect }) }
  const producing = await node(t, { plugin: { store: one }, resumable })
  const following = await node(t, { plugin: { store: other }, resumable })
  const claim = holdClaim(one)
  const client = open(producing.url)
  await until('the id is claimed', claim.isHeld)
  client.leave()
  await client.end()
  await isDeserted(producing)
  return { producing, following, claim }
}

for (const onDisconnect of [undefined, 'continue'] as const) {
  const policy = onDisconnect ?? 'the default grace'

  t.test(`a stream whose client leaves while its id is claimed goes on, with ${policy}`, async t => {
    const { producing, following, claim } = await claimedForNobody(t, onDisconnect)
    claim.go()
    await until('the source has started', () => producing.sources.length)
    await until('it is logged', () => LEFT(producing))
    const clients = [open(producing.url), open(following.url), open(`${following.url}/streams/${ID}`)]
    producing.sources[0]?.give('a', 'b', undefined)
    for (const client of clients) {
      await client.end()
      t.strictSame(texts(client), ['a', 'b', 'done'])
    }
    t.strictSame(texts(await fetchAll(following.url)), ['a', 'b', 'done'], 'also for whoever asks later')
    t.equal(producing.sources.length + following.sources.length, 1)
  })
}

t.test('the grace begins when the client has left, and ends a stream that nobody wants', async t => {
  const { producing, following, claim } = await claimedForNobody(t, { grace: 1 })
  claim.go()
  await until('the source is aborted', () => producing.sources[0]?.aborted)
  t.match((await fetchAll(following.url)).events(), [{ event: 'error', data: /FST_SSE_STREAM_ABANDONED/ }])
})

t.test("with 'abort', the source of a stream that nobody follows does not start", async t => {
  const { producing, claim } = await claimedForNobody(t, 'abort')
  claim.go()
  await until('it is logged', () => LEFT(producing))
  t.match((await fetchAll(producing.url)).events(), [{ event: 'error', data: /FST_SSE_STREAM_ABANDONED/ }])
  t.equal(producing.sources.length, 0)
})

t.test("with 'abort', a client of another node that follows by then keeps the stream", async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const hook = { isHeld: false, go: () => {} }
  const resumable = { id: ID, onDisconnect: 'abort' } as const
  const producing = await node(t, { plugin: { store: one }, resumable })
  const following = await node(t, { plugin: { store: other }, resumable })
  // The id is claimed, and then a slow answer of the store keeps the producer from learning of it.
  one.before = async (method, ...args) => {
    if (method !== 'create') return
    await one.shared.create(...(args as Parameters<FaultyStore['create']>))
    hook.isHeld = true
    await new Promise<void>(resolve => {
      hook.go = resolve
    })
  }
  const client = open(producing.url)
  await until('the id is claimed', () => hook.isHeld)
  const waiting = open(following.url)
  await until('the other node follows', () => other.calls.follow)
  client.leave()
  await client.end()
  await isDeserted(producing)
  hook.go()
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a', undefined)
  await waiting.end()
  t.strictSame(texts(waiting), ['a', 'done'])
})

t.test('a claimed stream goes on although its client leaves while a hook delays the response', async t => {
  let go: () => void = () => {}
  let isHeld = false
  const started: string[] = []
  const { url, log } = await serve(t, app => {
    const onSend = () => {
      if (isHeld) return Promise.resolve()
      isHeld = true
      return new Promise<void>(resolve => {
        go = resolve
      })
    }
    app.get('/', { onSend }, (_request, reply) =>
      reply.sseFrom(
        () => {
          started.push('source')
          return ['a']
        },
        { resumable: { id: ID } }
      )
    )
  })
  const client = open(url)
  await until('the hook holds the response', () => isHeld)
  client.leave()
  await client.end()
  await until('it is logged', () => log.some(({ msg }) => msg === 'client left, and the source goes on'))
  go()
  t.strictSame(texts(await fetchAll(url)), ['a', 'done'])
  t.equal(started.length, 1)
})

t.test('requests for one id share a source although the store does not answer', async t => {
  const store = new FaultyStore()
  const { url, sources } = await node(t, { plugin: { store }, resumable: { id: ID } })
  const claim = holdClaim(store)
  const clients = [open(url), open(url), open(url)]
  await until('the id is claimed', claim.isHeld)
  claim.go()
  store.goDown()
  await until('the source has started', () => sources.length)
  clients.push(open(url))
  sources[0]?.give('a', undefined)
  for (const client of clients) {
    await client.end()
    t.strictSame(texts(client), ['a', 'done'])
  }
  t.equal(sources.length, 1)
})

t.test('a second claim of a node follows the stream that another node has', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const producing = await node(t, { plugin: { store: one }, resumable: { id: ID } })
  const following = await node(t, { plugin: { store: other }, resumable: { id: ID } })
  const first = open(producing.url)
  await until('the source has started', () => producing.sources.length)
  const claim = holdClaim(other)
  const clients = [open(following.url), open(following.url)]
  await until('the id is claimed', claim.isHeld)
  claim.go()
  producing.sources[0]?.give('a', undefined)
  for (const client of [first, ...clients]) {
    await client.end()
    t.strictSame(texts(client), ['a', 'done'])
  }
  t.equal(following.sources.length, 0)
})

t.test('a server that closes while an id is claimed lets the stream run, and waits for it', async t => {
  const store = new FaultyStore()
  const { url, sources, app } = await node(t, {
    plugin: { store, drainTimeout: 60_000 },
    resumable: { id: ID }
  })
  const claim = holdClaim(store)
  const client = open(url)
  await until('the id is claimed', claim.isHeld)
  const closed = app.close()
  await until('it listens no more', () => !app.server.listening)
  claim.go()
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', undefined)
  await client.end()
  t.strictSame(texts(client), ['a', 'done'])
  await closed
})

t.test('a server that has closed before an id was claimed ends that stream, and hangs on nothing', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const { url, sources, app } = await node(t, { plugin: { store: one, drainTimeout: 1 }, resumable: { id: ID } })
  const following = await node(t, { plugin: { store: other }, resumable: { id: ID } })
  const claim = holdClaim(one)
  const client = open(url)
  await until('the id is claimed', claim.isHeld)
  const closed = app.close()
  await until('it listens no more', () => !app.server.listening)
  await new Promise(resolve => setTimeout(resolve, 20))
  claim.go()
  await client.end()
  await closed
  t.equal(client.status, 200)
  t.match(client.text(), /^retry: \d+\n$/)
  t.equal(sources.length, 0)
  t.match((await fetchAll(following.url)).events(), [{ event: 'error', data: /FST_SSE_CLOSING/ }])
})

t.test('over a slow Redis, the id of a client that leaves early is not lost', async t => {
  const { nodes, redis } = await redisNodes(t, { resumable: { id: ID }, timeout: 5000 })
  const [producing, following] = nodes
  // Each way takes this long.
  for (const { network } of nodes) network.delay(50)
  const early = open(producing.url)
  await until('the request arrives', () => producing.log.some(({ msg }) => msg === 'incoming request'))
  const waiting = open(following.url)
  early.leave()
  await until('the id is claimed', async () => (await redis.keys('*')).length)
  await until('a source has started', () => nodes.some(({ sources }) => sources.length))
  const source = nodes.flatMap(({ sources }) => sources)[0] as SteppedSource
  source.give('a', undefined)
  await waiting.end()
  t.strictSame(texts(waiting), ['a', 'done'])
  for (const { url } of nodes) t.strictSame(texts(await fetchAll(url)), ['a', 'done'])
  t.equal(nodes.flatMap(({ sources }) => sources).length, 1)
})
