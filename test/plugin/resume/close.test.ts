import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { after, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

t.test('a closing server lets a stream without clients finish', async t => {
  const [one, other] = FaultyStore.nodes(2)
  const closing = await node(t, { plugin: { store: one, drainTimeout: 60_000 } })
  const next = await node(t, { plugin: { store: other } })
  const client = open(closing.url)
  await until('the source has started', () => closing.sources.length)
  closing.sources[0]?.give('a')
  await client.has('data: a')
  client.leave()
  await until('the client is gone', () => closing.log.some(({ msg }) => msg === 'stream closed prematurely'))
  const closed = closing.app.close()
  const again = open(next.url, after(client.events()[0]?.id))
  await again.head()
  closing.sources[0]?.give('b', undefined)
  await closed
  await again.end()
  t.strictSame(
    again.events().map(({ data }) => data),
    ['b', '{}']
  )
})

t.test('cuts off the remaining streams, and a client that reconnects elsewhere gets the error', async t => {
  const [one, other] = FaultyStore.nodes(2)
  const closing = await node(t, { plugin: { store: one, drainTimeout: 1 } })
  const next = await node(t, { plugin: { store: other } })
  const client = open(closing.url)
  await until('the source has started', () => closing.sources.length)
  closing.sources[0]?.give('a')
  await client.has('data: a')
  await closing.app.close()
  await client.end()
  t.equal(client.ended, 'broken')
  t.match(client.text(), /\nretry: \d+\n$/)
  t.ok(closing.sources[0]?.aborted)
  const again = await fetchAll(next.url, after(client.events()[0]?.id))
  t.match(again.events(), [{ event: 'error', data: /"statusCode":503,"code":"FST_SSE_CLOSING"/ }])
  t.same(
    closing.log.filter(({ level }) => level > 30),
    []
  )
})

t.test('does not wait for a store that cannot be reached', async t => {
  const store = new FaultyStore()
  const { app, url, sources } = await node(t, { plugin: { store, drainTimeout: 1 } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await client.has('data: a')
  store.goDown()
  sources[0]?.give('b')
  await client.has('data: b')
  await app.close()
  t.ok(sources[0]?.aborted)
})

t.test('a client that reconnects to a closing server is asked to reconnect later', async t => {
  const store = new FaultyStore()
  const { app, url, sources } = await node(t, { plugin: { store, drainTimeout: 60_000 } })
  const first = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', undefined)
  await first.end()
  const running = open(url)
  await until('the other source has started', () => sources.length === 2)
  sources[1]?.give('a')
  await running.has('data: a')
  let arrive = () => {}
  let isAsked = false
  store.before = method => {
    if (method !== 'read') return undefined
    isAsked = true
    return new Promise<void>(resolve => {
      arrive = resolve
    })
  }
  const answer = open(url, after(first.events()[0]?.id))
  await until('the log is read', () => isAsked)
  const closed = app.close()
  await until('the server closes', async () => {
    const { status } = await fetchAll(url).catch(() => ({ status: undefined }))
    return status !== 200
  })
  arrive()
  await answer.end()
  t.equal(answer.status, 200)
  t.match(answer.text(), /^retry: \d+\n$/)
  sources[1]?.give(undefined)
  await closed
})
