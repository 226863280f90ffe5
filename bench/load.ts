import type { JobName, Jobs } from './load/jobs.js'
import { BenchProcess } from './process.js'

/** The process that puts load on the servers. */
export class Load {
  readonly #process = new BenchProcess('load/main.js', 'load')

  do<Name extends JobName>(name: Name, params: Jobs[Name]['params']): Promise<Jobs[Name]['result']> {
    return this.#process.ask(JSON.stringify({ name, params })) as Promise<Jobs[Name]['result']>
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
