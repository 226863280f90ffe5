import { Base, type Mutant, mutant } from './mutant.js'

export const following: readonly Mutant[] = [
  mutant(
    'counts calls of follow',
    class extends Base {
      #followers = 0

      override async follow() {
        this.#followers++
      }
      override async unfollow() {
        this.#followers--
      }
      override async renew(id: string, producer: string) {
        return { ...(await super.renew(id, producer)), followers: this.#followers }
      }
    },
    'each node that follows counts once',
    'a node that does not follow may call unfollow',
    'followers are counted per stream'
  ),
  mutant(
    'counts a follower forever',
    class extends Base {
      readonly #followed = new Set<string>()

      override async follow(id: string) {
        this.#followed.add(id)
      }
      override async renew(id: string, producer: string) {
        return { ...(await super.renew(id, producer)), followers: this.#followed.has(id) ? 1 : 0 }
      }
    },
    'each node that follows counts once',
    'a follower counts until its lease expires'
  ),
  mutant(
    'ignores the second follow of a node',
    class extends Base {
      readonly #followed = new Set<string>()

      override async follow(id: string) {
        if (this.#followed.has(id)) return
        this.#followed.add(id)
        await super.follow(id)
      }
    },
    'a follower that calls follow again keeps counting'
  ),
  mutant(
    'rejects follow for an ended log',
    class extends Base {
      override async follow(id: string) {
        if ((await this.peek(id)).end !== undefined) throw new Error('it has ended')
        await super.follow(id)
      }
    },
    'follow, unfollow and stop do not change an ended log'
  )
]
