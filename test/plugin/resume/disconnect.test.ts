import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { after, type Node, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

/** A client that has received a first token. */
async function started({ url, sources }: Node) {
  const count = sources.length
  const client = open(url)
  await until('the source has started', () => sources.length > count)
  const source = sources[count] as Node['sources'][number]
  source.give('a')
  await client.has('data: a')
  return { client, source, id: client.events()[0]?.id }
}

const ABANDONED =
  '{"statusCode":410,"code":"FST_SSE_STREAM_ABANDONED","message":"the stream was stopped because its last client left"}'

t.test("onDisconnect 'abort' stops the source as soon as its client has left", async t => {
  const server = await node(t, { resumable: { onDisconnect: 'abort' } })
  const { client, source, id } = await started(server)
  t.notOk(source.aborted)
  client.leave()
  await until('the source is aborted', () => source.aborted)
  const again = await fetchAll(server.url, after(id))
  t.strictSame(again.events(), [{ id: `${id?.replace(/1$/, '2')}:end`, event: 'error', data: ABANDONED }])
  t.equal(server.sources.length, 1)
  t.ok(source.over)
})

t.test('stops the source after the grace, and its events can still be read', async t => {
  const server = await node(t, { resumable: { onDisconnect: { grace: 1 } } })
  const { client, source, id } = await started(server)
  client.leave()
  await until('the source is aborted', () => source.aborted)
  const again = await fetchAll(`${server.url}/streams/${id?.split(':')[0]}`)
  t.strictSame(
    again.events().map(({ data }) => data),
    ['a', ABANDONED]
  )
})

t.test('a client that comes back in time keeps the source running', async t => {
  const server = await node(t, { resumable: { onDisconnect: { grace: 60_000 } } })
  const { client, source, id } = await started(server)
  client.leave()
  const again = open(server.url, after(id))
  source.give('b')
  await again.has('data: b')
  source.give(undefined)
  await again.end()
  t.equal(again.ended, 'clean')
  t.notOk(source.aborted)
})

t.test("onDisconnect 'continue' lets the source run to its end without a client", async t => {
  const server = await node(t, { resumable: { onDisconnect: 'continue' } })
  const { client, source, id } = await started(server)
  client.leave()
  await until('the client is gone', () => server.log.some(({ msg }) => msg === 'stream closed prematurely'))
  source.give('b', 'c', undefined)
  await until('the source is over', () => source.over)
  t.notOk(source.aborted)
  const again = await fetchAll(server.url, after(id))
  t.strictSame(
    again.events().map(({ data }) => data),
    ['b', 'c', '{}']
  )
})

t.test('the source goes on as long as one of several clients stays', async t => {
  const server = await node(t, { resumable: { onDisconnect: 'abort' } })
  const { client, source, id } = await started(server)
  const second = open(server.url, after(id))
  await second.head()
  client.leave()
  source.give('b')
  await second.has('data: b')
  t.notOk(source.aborted)
  second.leave()
  await until('the source is aborted', () => source.aborted)
  t.pass()
})

t.test('a client on another node counts until it has left', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const resumable = { onDisconnect: { grace: 1 } } as const
  const producing = await node(t, { plugin: { store: one }, resumable })
  const following = await node(t, { plugin: { store: other }, resumable })
  const { client, source, id } = await started(producing)
  const second = open(following.url, after(id))
  await until('the other node follows', () => other.calls.follow)
  client.leave()
  source.give('b')
  await second.has('data: b')
  await until('the grace was over', () => (one.calls.renew ?? 0) > 1)
  t.notOk(source.aborted)
  second.leave()
  await until('the source is aborted', () => source.aborted)
  t.equal(following.sources.length, 0)
})

t.test('a source whose client leaves before the first event goes on', async t => {
  const server = await node(t, { stream: { commitAfter: 0 } })
  const client = open(server.url)
  await client.has(':\n')
  const id = client.headers['x-stream-id']
  client.leave()
  const again = open(`${server.url}/streams/${id}`)
  server.sources[0]?.give('a', undefined)
  await again.end()
  t.strictSame(
    again.events().map(({ data }) => data),
    ['a', '{}']
  )
})
