import assert from 'node:assert/strict'
import { END, frames, newId, ownEnd, pageOf, rejectsFenced } from './assertions.js'
import { conformanceTest, LONG } from './harness.js'

const OWNERS = [undefined, '', ' ', '0', 'undefined', 'é日本👩‍👩‍👧‍👦', 'a\r\nb\0', 'o'.repeat(10_000)]

/** What `create` does, and what there is without it. */
export const creating = [
  conformanceTest('the store has limits and a lease', {}, async ({ a, b }) => {
    for (const { maxEvents, maxBytes, lease, linger = 0 } of [a, b]) {
      assert.ok(maxEvents > 0, 'maxEvents')
      assert.ok(maxBytes > 0, 'maxBytes')
      assert.equal(lease, LONG, 'lease')
      assert.ok(linger >= 0 && linger < lease, 'linger')
    }
  }),

  conformanceTest('a new log is empty, and every node can read it', {}, async ({ a, b }) => {
    const id = newId()
    assert.equal(await a.create(id, 'me', 'owner'), true)
    for (const store of [a, b]) {
      const { leaseLeft, ...page } = await pageOf(store, id)
      const empty = { first: 1, events: [], more: false, end: undefined }
      assert.deepEqual(page, { producer: 'me', owner: 'owner', protocol: undefined, ...empty })
      assert.ok(leaseLeft > 0 && leaseLeft <= LONG, 'its producer holds the lease')
    }
  }),

  conformanceTest('create refuses an id that is taken', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'])
    for (const store of [a, b]) assert.equal(await store.create(id, 'other', 'thief'), false)
    assert.equal((await pageOf(b, id)).owner, undefined)
    await rejectsFenced(b.append(id, 'other', 2, ['b']))
    assert.equal(await a.append(id, 'me', 2, ['b']), 2)
    await harness.expectLog(id, ['a', 'b'])
  }),

  conformanceTest('one of 100 producers that race for an id gets it', {}, async ({ a, b }) => {
    const id = newId()
    const producers = Array.from({ length: 100 }, (_, i) => ({ name: `producer ${i}`, store: i % 2 === 0 ? a : b }))
    const created = await Promise.all(producers.map(({ name, store }) => store.create(id, name, name)))
    assert.deepEqual(
      created.filter(isOwn => isOwn),
      [true]
    )
    for (const [i, { name, store }] of producers.entries()) {
      if (created[i]) assert.equal(await store.append(id, name, 1, ['a']), 1)
      else await rejectsFenced(store.append(id, name, 1, ['b']))
    }
    assert.equal((await pageOf(a, id)).owner, producers[created.indexOf(true)]?.name)
  }),

  conformanceTest('repeating create changes nothing', {}, async harness => {
    const { a, b } = harness
    const id = newId()
    const created = await Promise.all(Array.from({ length: 10 }, () => a.create(id, 'me', 'owner')))
    assert.deepEqual([...new Set(created)], [true])
    await a.append(id, 'me', 1, ['a'])
    await a.stop(id)
    assert.equal(await b.create(id, 'me', 'owner'), true)
    assert.equal((await a.renew(id, 'me')).stop, true)
    assert.equal((await pageOf(a, id)).owner, 'owner')
    await harness.expectLog(id, ['a'])
  }),

  conformanceTest('an id stays taken after its log has ended', {}, async harness => {
    const { a, b } = harness
    const id = await harness.newLog(['a'], END)
    assert.equal(await b.create(id, 'other', undefined), false)
    assert.equal(await a.create(id, 'me', undefined), true)
    await harness.expectLog(id, ['a'], ownEnd(END))
  }),

  conformanceTest('read returns the producer', {}, async ({ a, b }) => {
    for (const producer of ['me', 'You-1_2', 'x'.repeat(128)]) {
      const id = newId()
      await a.create(id, producer, 'owner')
      await b.create(id, 'other', 'other owner')
      for (const store of [a, b]) assert.equal((await pageOf(store, id)).producer, producer)
      await a.append(id, producer, 1, ['a'], END)
      assert.equal((await pageOf(b, id, Number.MAX_SAFE_INTEGER)).producer, producer)
    }
  }),

  conformanceTest('read returns the owner unchanged', {}, async ({ a, b }) => {
    for (const owner of OWNERS) {
      const id = newId()
      await a.create(id, 'me', owner)
      for (const store of [a, b]) assert.equal((await pageOf(store, id)).owner, owner)
      await a.append(id, 'me', 1, ['a'], END)
      assert.equal((await pageOf(b, id, Number.MAX_SAFE_INTEGER)).owner, owner)
    }
  }),

  conformanceTest('read returns the protocol unchanged', {}, async ({ a, b }) => {
    for (const owner of ['owner', undefined]) {
      for (const protocol of ['openai', undefined]) {
        const id = newId()
        await a.create(id, 'me', owner, protocol)
        for (const store of [a, b]) {
          const page = await pageOf(store, id)
          assert.deepEqual([page.owner, page.protocol], [owner, protocol])
        }
        await a.append(id, 'me', 1, ['a'], END)
        assert.equal((await pageOf(b, id, Number.MAX_SAFE_INTEGER)).protocol, protocol)
      }
    }
  }),

  conformanceTest('streams with similar ids are kept apart', {}, async harness => {
    const { a } = harness
    const id = `${newId()}-x`
    const similar = [id, id.toUpperCase(), `${id}-`, `${id}_`, `-${id}`, `${id}1`, id.padEnd(128, '0'), id.slice(0, -1)]
    // The keys of streams that have owners.
    const owned = ['a', 'b', 'A', '', 'a.'].flatMap(owner => [`${id}.${owner}`, `${id}.${owner.padEnd(43, '-')}`])
    const ids = [...similar, ...owned, `${id.padEnd(128, '0')}.${'a'.repeat(43)}`]
    for (const [i, each] of ids.entries()) {
      assert.equal(await a.create(each, 'me', undefined), true)
      await a.append(each, 'me', 1, frames(i))
    }
    for (const [i, each] of ids.entries()) await harness.expectLog(each, frames(i))
  }),

  conformanceTest('no call but create makes a log', {}, async ({ a, b }) => {
    const id = newId()
    await rejectsFenced(a.append(id, 'me', 1, ['a']))
    await rejectsFenced(a.append(id, 'me', 1, [], END))
    await rejectsFenced(a.renew(id, 'me'))
    await a.follow(id)
    await a.unfollow(id)
    assert.equal(await a.stop(id), false)
    assert.equal(await a.endLost(id, END), false)
    for (const store of [a, b]) assert.equal(await store.read(id, 0), undefined)
    assert.equal(await b.create(id, 'other', undefined), true)
    assert.deepEqual(await b.renew(id, 'other'), { stop: false, followers: 0 })
  })
]
