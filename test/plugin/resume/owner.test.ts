import t from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { FaultyStore } from '../../helpers/faulty-store.js'
import { after, node } from '../../helpers/stepped.js'
import { until } from '../../helpers/until.js'

const owner = (request: { headers: Record<string, unknown> }) => request.headers['x-user'] as string | undefined
const as = (user: string | undefined, more: Record<string, string> = {}) => ({
  headers: user === undefined ? more : { 'x-user': user, ...more }
})

for (const where of ['on its node', 'on another node', 'after its end']) {
  t.test(`only its owner can use a stream, ${where}`, async t => {
    const [one, other] = FaultyStore.nodes(2)
    const producing = await node(t, { plugin: { store: one, resumable: { owner } } })
    const asked =
      where === 'on its node' ? producing : await node(t, { plugin: { store: other, resumable: { owner } } })
    const client = open(producing.url, as('me'))
    await until('the source has started', () => producing.sources.length)
    producing.sources[0]?.give('a')
    await client.has('data: a')
    const position = client.events()[0]?.id as string
    const [id] = position.split(':')
    if (where === 'after its end') {
      producing.sources[0]?.give(undefined)
      await client.end()
    }
    const unknown = 'a'.repeat(22)
    for (const user of ['you', 'ME', 'mee']) {
      for (const [there, not] of [
        [
          await fetchAll(asked.url, as(user, { 'last-event-id': position })),
          await fetchAll(asked.url, as(user, { 'last-event-id': `${unknown}:1` }))
        ],
        [
          await fetchAll(`${asked.url}/streams/${id}`, as(user)),
          await fetchAll(`${asked.url}/streams/${unknown}`, as(user))
        ]
      ] as const) {
        t.equal(there.status, 404)
        t.equal(there.text(), not.text())
        t.equal(not.status, 404)
        const { date: _1, ...head } = there.headers
        const { date: _2, ...otherHead } = not.headers
        t.strictSame(head, otherHead)
      }
      t.equal(await asked.app.sseStreams.stop(id as string, { owner: user }), false)
    }
    t.equal(producing.sources[0]?.aborted, false)
    const again = open(asked.url, as('me', { 'last-event-id': position }))
    await again.head()
    t.equal(again.status, 200)
    t.equal(await asked.app.sseStreams.stop(id as string, { owner: 'me' }), true)
    await again.end()
  })
}

t.test('a request without an owner gets nothing of a stream that has one', async t => {
  const store = new FaultyStore()
  const owned = await node(t, { plugin: { store }, resumable: { owner } })
  const open_ = await node(t, { plugin: { store } })
  const client = open(owned.url, as('me'))
  await until('the source has started', () => owned.sources.length)
  owned.sources[0]?.give('a', undefined)
  await client.end()
  const answer = await fetchAll(open_.url, after(client.events()[0]?.id))
  t.equal(answer.status, 410)
  t.equal(answer.text(), (await fetchAll(open_.url, after(`${'a'.repeat(22)}:1`))).text())
})
