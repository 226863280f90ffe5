import type { JobName, Jobs } from './load/jobs.js'
import { BenchProcess } from './process.js'

/** The process that asks the servers. */
export class Load {
  readonly #process = new BenchProcess('load/main.js', 'load')

  do<Name extends JobName>(name: Name, takes: Jobs[Name]['takes']): Promise<Jobs[Name]['gives']> {
    return this.#process.ask(JSON.stringify({ name, takes })) as Promise<Jobs[Name]['gives']>
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
