import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { after, type Node, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

/** A client that has had a first token. */
async function started({ url, runs }: Node) {
  const count = runs.length
  const client = open(url)
  await until('the source has started', () => runs.length > count)
  const run = runs[count] as Node['runs'][number]
  run.give('a')
  await client.has('data: a')
  return { client, run, id: client.events()[0]?.id }
}

const ABANDONED =
  '{"statusCode":410,"code":"FST_SSE_STREAM_ABANDONED","message":"the stream was stopped because its last client left"}'

t.test("onDisconnect 'abort' stops the source as soon as its client is gone", async t => {
  const server = await node(t, { resumable: { onDisconnect: 'abort' } })
  const { client, run, id } = await started(server)
  t.notOk(run.aborted)
  client.leave()
  await until('the source is aborted', () => run.aborted)
  const again = await fetchAll(server.url, after(id))
  t.strictSame(again.events(), [{ id: `${id?.replace(/1$/, '2')}:end`, event: 'error', data: ABANDONED }])
  t.equal(server.runs.length, 1)
  t.ok(run.over)
})

t.test('a grace that is over stops it, and what it has sent can still be had', async t => {
  const server = await node(t, { resumable: { onDisconnect: { grace: 1 } } })
  const { client, run, id } = await started(server)
  client.leave()
  await until('the source is aborted', () => run.aborted)
  const again = await fetchAll(`${server.url}/streams/${id?.split(':')[0]}`)
  t.strictSame(
    again.events().map(({ data }) => data),
    ['a', ABANDONED]
  )
})

t.test('a client that comes back in time keeps it going', async t => {
  const server = await node(t, { resumable: { onDisconnect: { grace: 60_000 } } })
  const { client, run, id } = await started(server)
  client.leave()
  const again = open(server.url, after(id))
  run.give('b')
  await again.has('data: b')
  run.give(undefined)
  await again.end()
  t.equal(again.ended, 'clean')
  t.notOk(run.aborted)
})

t.test("onDisconnect 'continue' lets it run to its end without a client", async t => {
  const server = await node(t, { resumable: { onDisconnect: 'continue' } })
  const { client, run, id } = await started(server)
  client.leave()
  await until('the client is gone', () => server.log.some(({ msg }) => msg === 'stream closed prematurely'))
  run.give('b', 'c', undefined)
  await until('the source is over', () => run.over)
  t.notOk(run.aborted)
  const again = await fetchAll(server.url, after(id))
  t.strictSame(
    again.events().map(({ data }) => data),
    ['b', 'c', '{}']
  )
})

t.test('goes on while one of several clients is there', async t => {
  const server = await node(t, { resumable: { onDisconnect: 'abort' } })
  const { client, run, id } = await started(server)
  const second = open(server.url, after(id))
  await second.head()
  client.leave()
  run.give('b')
  await second.has('data: b')
  t.notOk(run.aborted)
  second.leave()
  await until('the source is aborted', () => run.aborted)
  t.pass()
})

t.test('a client on another node counts, and counts no more when it has left', async t => {
  const [one, other] = FaultyStore.nodes(2) as [FaultyStore, FaultyStore]
  const resumable = { onDisconnect: { grace: 1 } } as const
  const producing = await node(t, { plugin: { store: one }, resumable })
  const following = await node(t, { plugin: { store: other }, resumable })
  const { client, run, id } = await started(producing)
  const second = open(following.url, after(id))
  await until('the other node follows', () => other.calls.follow)
  client.leave()
  run.give('b')
  await second.has('data: b')
  await until('the grace was over', () => (one.calls.renew ?? 0) > 1)
  t.notOk(run.aborted)
  second.leave()
  await until('the source is aborted', () => run.aborted)
  t.equal(following.runs.length, 0)
})

t.test('a source whose client leaves before the first event goes on as well', async t => {
  const server = await node(t, { stream: { commitAfter: 0 } })
  const client = open(server.url)
  await client.has(':\n')
  const id = client.headers['x-stream-id']
  client.leave()
  const again = open(`${server.url}/streams/${id}`)
  server.runs[0]?.give('a', undefined)
  await again.end()
  t.strictSame(
    again.events().map(({ data }) => data),
    ['a', '{}']
  )
})
