import t from 'tap'
import { MemoryStore } from '../../../plugin/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { after, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

const ID = 'a-chosen-id'

const stores = { 'that shares its memory': () => new MemoryStore(), 'that does not': () => new FaultyStore() }

for (const [what, makeStore] of Object.entries(stores)) {
  t.test(`a second request with the id of a running stream leaves it alone, on a store ${what}`, async t => {
    const failures: unknown[] = []
    const stream = { onError: (error: Error) => void failures.push(error) as undefined }
    const { url, sources, log, app } = await node(t, {
      plugin: { store: makeStore() },
      stream,
      resumable: { id: ID }
    })
    const first = open(url)
    await until('the source has started', () => sources.length)
    sources[0]?.give('a')
    await first.has('data: a')
    const second = open(url)
    await second.has('data: a')
    sources[0]?.give('b')
    await Promise.all([first.has('data: b'), second.has('data: b')])
    t.equal(sources.length, 1)
    const third = open(`${url}/streams/${ID}`)
    await third.has('data: b')
    sources[0]?.give('c')
    await third.has('data: c')
    t.strictSame(failures, [], 'nothing has failed')
    t.notOk(log.some(({ msg }) => msg === 'stream failed'))
    t.equal(await app.sseStreams.stop(ID), true)
    await Promise.all([first.end(), second.end(), third.end()])
    t.ok(sources[0]?.aborted, 'it can still be stopped')
    t.match(third.events().at(-1), { event: 'stopped' })
  })
}

t.test('a client that has the last event is answered 204 also where a comment came after it', async t => {
  const { url, sources } = await node(t, { stream: { end: false } })
  const client = open(url)
  await until('the source has started', () => sources.length)
  sources[0]?.give({ data: 'x' }, { comment: 'one' }, { retry: 5 }, undefined)
  await client.end()
  const id = client.headers['x-stream-id']
  t.equal((await fetchAll(url, after(`${id}:1`))).status, 204)
  t.equal((await fetchAll(url, after(`${id}:2`))).status, 204)
  t.equal((await fetchAll(url, after(`${id}:4`))).status, 410)
})
