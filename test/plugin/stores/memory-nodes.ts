import type { EventStore, MemoryStore } from '../../../plugin/index.js'

/** Two nodes over one store in memory, which does not tell followers apart by itself. */
export function nodesOf(shared: MemoryStore): [EventStore, EventStore] {
  /** Of each stream: until when each node counts as a follower. */
  const followed = new Map<string, Map<number, number>>()
  const followersOf = (id: string) => {
    const untils = followed.get(id)?.values() ?? []
    return [...untils].filter(until => until > performance.now()).length
  }
  const node = (me: number): EventStore => ({
    maxEvents: shared.maxEvents,
    maxBytes: shared.maxBytes,
    lease: shared.lease,
    slots: shared.slots,
    create: (...args) => shared.create(...args),
    append: (...args) => shared.append(...args),
    read: (...args) => shared.read(...args),
    endLost: (...args) => shared.endLost(...args),
    stop: id => shared.stop(id),
    subscribe: notify => shared.subscribe(notify),
    async renew(id, producer) {
      return { ...(await shared.renew(id, producer)), followers: followersOf(id) }
    },
    async follow(id) {
      if ((await shared.read(id, Number.MAX_SAFE_INTEGER)) === undefined) return
      const followers = followed.get(id) ?? new Map<number, number>()
      followed.set(id, followers.set(me, performance.now() + shared.lease))
      await shared.follow(id)
    },
    async unfollow(id) {
      followed.get(id)?.delete(me)
      await shared.unfollow(id)
      if (followersOf(id) > 0) await shared.follow(id)
    }
  })
  return [node(0), node(1)]
}
