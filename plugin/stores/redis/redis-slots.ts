import type { StreamSlots } from '../stream-slots.js'
import type { ScriptRunner } from './script-runner.js'
import { RELEASE_SLOT, RENEW_SLOTS, TAKE_SLOT } from './slot-scripts.js'

/** The slots of a `RedisStore`: one key for each owner, which expires by itself. */
export class RedisSlots implements StreamSlots {
  readonly #scripts: ScriptRunner
  readonly #prefix: string
  readonly #lease: number

  /** @param lease milliseconds */
  constructor(scripts: ScriptRunner, prefix: string, lease: number) {
    this.#scripts = scripts
    this.#prefix = prefix
    this.#lease = lease
  }

  async take(owner: string, holder: string, limit: number): Promise<boolean> {
    const args = [holder, limit, this.#lease]
    return Number(await this.#scripts.run(TAKE_SLOT, [this.#key(owner)], args)) === 1
  }

  async renew(owner: string, holders: readonly string[]): Promise<void> {
    await this.#scripts.run(RENEW_SLOTS, [this.#key(owner)], [this.#lease, ...holders])
  }

  async release(owner: string, holder: string): Promise<void> {
    await this.#scripts.run(RELEASE_SLOT, [this.#key(owner)], [holder])
  }

  #key(owner: string): string {
    return `${this.#prefix}slots:${owner}`
  }
}
