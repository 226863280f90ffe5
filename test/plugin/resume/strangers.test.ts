import t, { type Test } from 'tap'
import type { LogPage } from '../../../plugin/index.js'
import { hashOwner, streamKey } from '../../../plugin/resume/stream-key.js'
import { type Client, fetchAll, type OpenOptions, open } from '../../helpers/client.js'
import { type Node, node, type SteppedSource } from '../../helpers/stepped.js'
import { recorded, type StoreCall, storeKinds } from '../../helpers/store-kinds.js'
import { until } from '../../helpers/until.js'

const ID = 'msg-43'
const SECRET = 'a secret of the nodes'
const owner = ({ headers }: { headers: Record<string, unknown> }) => headers['x-user'] as string | undefined

interface Setting {
  producing: Node
  following: Node
  /** The calls of the stores of both nodes. */
  calls: readonly [StoreCall[], StoreCall[]]
  /** Makes the options of a request. */
  as(user: string | undefined, more?: Record<string, string>): OpenOptions
  /** Starts a stream as a user, and waits for its first token. */
  begin(at: Node, user: string | undefined, token: string): Promise<{ client: Client; source: SteppedSource }>
}

async function setUp(t: Test, kind: string, http2: boolean, grace = 60_000): Promise<Setting> {
  const stores = await (storeKinds[kind] as (typeof storeKinds)[string])(t)
  const [one, other] = stores.map(recorded) as [ReturnType<typeof recorded>, ReturnType<typeof recorded>]
  const make = (store: typeof one.store) =>
    node(t, {
      http2,
      plugin: {
        store,
        ownerKey: SECRET,
        resumable: { owner: async request => owner(request), anonymous: true, onDisconnect: { grace } }
      },
      resumable: { id: ID }
    })
  const as: Setting['as'] = (user, more = {}) => ({
    http2,
    headers: user === undefined ? more : { 'x-user': user, ...more }
  })
  return {
    producing: await make(one.store),
    following: await make(other.store),
    calls: [one.calls, other.calls],
    as,
    async begin(at, user, token) {
      const count = at.sources.length
      const client = open(at.url, as(user))
      await until('the source has started', () => at.sources.length > count)
      const source = at.sources[count] as SteppedSource
      source.give(token)
      await client.has(`data: ${token}`)
      return { client, source }
    }
  }
}

for (const kind of Object.keys(storeKinds)) {
  for (const http2 of [false, true]) {
    const over = `${kind}, HTTP/${http2 ? 2 : 1.1}`

    t.test(`two owners and nobody may use the same id, over ${over}`, async t => {
      const { producing, following, as, begin } = await setUp(t, kind, http2)
      const users = ['me', 'you', undefined]
      const begun: (Awaited<ReturnType<Setting['begin']>> & { user: string | undefined })[] = []
      for (const user of users) begun.push({ user, ...(await begin(producing, user, `for ${user}`)) })
      t.equal(producing.sources.length, 3, 'each has a source of its own')
      for (const { user, client, source } of begun) {
        t.equal(client.headers['x-stream-id'], ID, 'its id does not show the owner')
        const lastEventId = String(client.events()[0]?.id)
        t.match(lastEventId, new RegExp(`^${ID}:[\\w-]{11}:1$`))
        t.strictSame(client.events(), [{ id: lastEventId, event: undefined, data: `for ${user}` }])
        const again = open(following.url, as(user, { 'last-event-id': lastEventId }))
        const whole = open(`${following.url}/streams/${ID}`, as(user))
        source.give(`more for ${user}`)
        for (const other of [again, whole, client]) await other.has(`data: more for ${user}`)
        t.strictSame(
          [again, whole].map(({ events }) => events().map(({ data }) => data)),
          [[`more for ${user}`], [`for ${user}`, `more for ${user}`]]
        )
      }
      for (const [i, { user, client, source }] of begun.entries()) {
        t.equal(await following.app.sseStreams.stop(ID, { owner: user }), true)
        await client.end()
        t.match(client.events().at(-1), { event: 'stopped', data: '{}' })
        t.ok(source.aborted)
        t.strictSame(
          begun.map(({ source }) => source.aborted),
          begun.map((_, n) => n <= i),
          'no other stream is stopped'
        )
      }
    })

    t.test(`a stranger's request finds nothing, whether there is a stream or not, over ${over}`, async t => {
      const { producing, following, calls, as, begin } = await setUp(t, kind, http2)
      const { client, source } = await begin(producing, 'me', 'mine')
      const key = streamKey(ID, hashOwner('me', SECRET))
      await until('the stream is in the store', async () => {
        const [{ result } = {}] = calls[0].filter(({ method }) => method === 'create')
        return result
      })
      const shape = (made: readonly StoreCall[], id: string) =>
        made.map(({ method, key, result }) => ({ method, key: String(key).replace(id, 'id'), result }))
      for (const user of ['you', undefined]) {
        for (const [i, at] of [producing, following].entries()) {
          const store = calls[i] as StoreCall[]
          const seen = async (id: string) => {
            const own = () => store.filter(({ key: asked }) => asked !== key)
            const before = own().length
            const answers = [
              await fetchAll(`${at.url}/streams/${id}`, as(user)),
              await fetchAll(`${at.url}/streams/${id}`, as(user, { 'last-event-id': `${id}:1` }))
            ].map(({ status, headers, text }) => ({ status, headers: { ...headers, date: '' }, text: text() }))
            const stopped = await at.app.sseStreams.stop(id, { owner: user })
            const made = own().slice(before)
            for (const { result } of made) t.notOk(result, 'the store gave nothing')
            return { answers, stopped, made: shape(made, id) }
          }
          const there = await seen(ID)
          t.match(there, { answers: [{ status: 404 }, { status: 404 }], stopped: false })
          t.strictSame(there, await seen('msg-44'))
        }
      }
      const readByStrangers = calls[1].filter(({ method, result }) => method === 'read' && result !== undefined)
      t.strictSame(readByStrangers, [])
      source.give(undefined)
      await client.end()
      t.match(client.events().at(-1), { event: 'done' })
    })

    t.test(`a stranger who polls does not keep an abandoned source alive, over ${over}`, async t => {
      const { following, producing, as, begin } = await setUp(t, kind, http2, 100)
      const { client, source } = await begin(producing, 'me', 'mine')
      let polls = 0
      client.leave()
      const poll = async () => {
        while (!source.aborted) {
          for (const user of ['you', undefined]) {
            const { status } = await fetchAll(`${following.url}/streams/${ID}`, as(user))
            if (status !== 404) return
            polls++
          }
        }
      }
      await Promise.all([poll(), poll(), until('the source is aborted', () => source.aborted)])
      t.ok(polls > 0)
    })

    t.test(`the owner of a stream is kept as a hash, over ${over}`, async t => {
      const { producing, calls, begin } = await setUp(t, kind, http2)
      const token = 'Bearer secret-token'
      const { client, source } = await begin(producing, token, 'mine')
      source.give(undefined)
      await client.end()
      const key = streamKey(ID, hashOwner(token, SECRET))
      const [create] = calls[0]
      t.match(create, { method: 'create', key, result: true })
      t.notMatch(JSON.stringify(calls), 'secret-token')
      await until('the end is in the store', async () => calls[0].some(({ method }) => method === 'append'))
      const stores = producing.app.sseStreams
      t.equal(await stores.stop(ID, { owner: hashOwner(token, SECRET) }), false, 'the hash is not the owner')
      t.equal(await stores.stop(key, {}), false, 'no id reaches the key of a stream with an owner')
      t.equal(await stores.stop(ID, { owner: token }), true)
    })
  }
}

t.test('with another ownerKey, a node finds no stream of an owner', async t => {
  const [store] = await (storeKinds.MemoryStore as (typeof storeKinds)[string])(t)
  const make = (ownerKey: string | undefined) =>
    node(t, { plugin: { store, ownerKey, resumable: { owner } }, resumable: { id: ID } })
  const headers = { 'x-user': 'me' }
  const { url, sources, app } = await make(SECRET)
  const client = open(url, { headers })
  await until('the source has started', () => sources.length)
  sources[0]?.give('a', undefined)
  await client.end()
  for (const ownerKey of [`${SECRET}!`, undefined]) {
    const other = await make(ownerKey)
    t.equal((await fetchAll(`${other.url}/streams/${ID}`, { headers })).status, 404)
  }
  t.equal((await fetchAll(`${url}/streams/${ID}`, { headers })).text(), client.text())
  t.equal(await app.sseStreams.stop(ID), false)
})

t.test('no client gets the stream of another owner from a store that mixes them up', async t => {
  const [store] = await (storeKinds.MemoryStore as (typeof storeKinds)[string])(t)
  const mixed = new Proxy(store, {
    get(target, name) {
      if (name === 'local') return undefined
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'read') return member.bind(target)
      const read = async (): Promise<LogPage | undefined> =>
        await store.read(streamKey(ID, hashOwner('me', undefined)), 0)
      return read
    }
  })
  const producing = await node(t, { plugin: { store, resumable: { owner } }, resumable: { id: ID } })
  const asked = await node(t, { plugin: { store: mixed, resumable: { owner } }, resumable: { id: ID } })
  const client = open(producing.url, { headers: { 'x-user': 'me' } })
  await until('the source has started', () => producing.sources.length)
  producing.sources[0]?.give('a', undefined)
  await client.end()
  t.equal((await fetchAll(`${asked.url}/streams/${ID}`, { headers: { 'x-user': 'you' } })).status, 404)
})
