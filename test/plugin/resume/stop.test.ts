import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

for (const where of ['on its node', 'from another node', 'from another node, when the notification is lost']) {
  t.test(`stops a source ${where}`, async t => {
    const [one, other] = FaultyStore.nodes(2, { lease: 300 }) as [FaultyStore, FaultyStore]
    one.losesNotifications = where.endsWith('lost')
    const producing = await node(t, { plugin: { store: one } })
    const asked = where === 'on its node' ? producing : await node(t, { plugin: { store: other } })
    const client = open(producing.url)
    await until('the source has started', () => producing.sources.length)
    producing.sources[0]?.give('a')
    await client.has('data: a')
    const id = client.headers['x-stream-id']
    t.equal((await fetchAll(`${asked.url}/streams/${id}`, { method: 'DELETE' })).status, 204)
    await until('the source is aborted', () => producing.sources[0]?.aborted)
    await client.end()
    t.equal(client.ended, 'clean')
    t.match(client.events().at(-1), {
      event: 'stopped',
      id: `${id}:2:end`,
      data: '{}'
    })
    t.equal(await asked.app.sseStreams.stop(id as string), true, 'it has ended, and that is what was asked for')
    t.same(
      producing.log.filter(({ msg }) => msg === 'stream stopped').map(({ level, outcome }) => [level, outcome]),
      [[30, 'stopped']]
    )
    t.same(
      [...producing.log, ...asked.log].filter(({ err }) => err),
      [],
      'a stop is not an error'
    )
  })
}

t.test('returns false if there is no such stream', async t => {
  const { url } = await node(t)
  t.equal((await fetchAll(`${url}/streams/${'a'.repeat(22)}`, { method: 'DELETE' })).status, 404)
})

t.test('stops a source that no client follows, and logs it once', async t => {
  const { url, app, sources, log } = await node(t, { resumable: { onDisconnect: 'continue' } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give('a')
  await client.has('data: a')
  client.leave()
  await until('the client is gone', () => log.some(({ msg }) => msg === 'stream closed prematurely'))
  await app.sseStreams.stop(client.headers['x-stream-id'] as string)
  t.ok(sources[0]?.aborted)
  t.equal(log.filter(({ msg }) => msg === 'stream stopped').length, 1)
  t.same(
    log.filter(({ err }) => err),
    []
  )
})
