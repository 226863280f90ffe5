import { Base, type Mutant, mutant, silentDuring } from './mutant.js'

export const stopping: readonly Mutant[] = [
  mutant(
    'tells a producer to stop only once',
    class extends Base {
      readonly #told = new Set<string>()

      override async renew(id: string, producer: string) {
        const status = await super.renew(id, producer)
        const isTold = this.#told.has(id)
        if (status.stop) this.#told.add(id)
        return { ...status, stop: status.stop && !isTold }
      }
    },
    'renew tells the producer to stop, every time'
  ),
  mutant(
    'does not find a lost log when it is asked to stop it',
    class extends Base {
      override async stop(id: string) {
        const { end, leaseLeft } = await this.peek(id)
        return (end !== undefined || leaseLeft > 0) && (await super.stop(id))
      }
    },
    'stop finds a lost log, and does not change it'
  ),
  mutant('does not notify the producer that it must stop', silentDuring('stop'), 'stop notifies the producer')
]
