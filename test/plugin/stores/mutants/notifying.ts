import { Base, type Mutant, mutant, type Notify, silentDuring } from './mutant.js'

export const notifying: readonly Mutant[] = [
  mutant(
    'does not notify followers of events',
    silentDuring('append', (...args) => args[4] === undefined),
    'an append notifies the followers'
  ),
  mutant(
    'does not notify followers of the end',
    silentDuring('append', (...args) => args[4] !== undefined),
    'the end notifies the followers'
  ),
  mutant(
    'does not notify followers when it ends a lost log',
    silentDuring('endLost'),
    'endLost notifies the followers'
  ),
  mutant(
    'does not notify the producer of a new follower',
    silentDuring('follow'),
    'the first follow of a node and its unfollow notify the producer'
  ),
  mutant(
    'does not notify the producer when a follower leaves',
    silentDuring('unfollow'),
    'the first follow of a node and its unfollow notify the producer'
  ),
  mutant(
    'never notifies anybody',
    class extends Base {
      override subscribe() {
        return () => {}
      }
    },
    'an append notifies the followers'
  ),
  mutant(
    'subscribes a function only once',
    class extends Base {
      readonly #functions = new Map<Notify, () => void>()

      override subscribe(notify: Notify) {
        if (!this.#functions.has(notify)) this.#functions.set(notify, super.subscribe(notify))
        return () => {
          this.#functions.get(notify)?.()
          this.#functions.delete(notify)
        }
      }
    },
    'subscriptions are independent of each other'
  ),
  mutant(
    'never ends a subscription',
    class extends Base {
      override subscribe(notify: Notify) {
        super.subscribe(notify)
        return () => {}
      }
    },
    'subscriptions are independent of each other'
  )
]
