import { FST_SSE_STORE_UNAVAILABLE } from '../../errors.js'
import { toError } from '../../framing/failure.js'
import { type SetItem, UnorderedSet } from '../../util/unordered-set.js'
import type { Script } from './scripts.js'

/** What a `RedisStore` needs of a client: a `Redis` or a `Cluster` of ioredis 5 or 6 has it. */
export interface RedisClient {
  readonly status: string
  readonly isCluster: boolean
  evalsha(sha: string, keys: number, ...rest: (string | number)[]): Promise<unknown>
  eval(lua: string, keys: number, ...rest: (string | number)[]): Promise<unknown>
  pipeline(commands: [name: string, ...args: unknown[]][]): { exec(): Promise<PipelineResult[] | null> }
}

/** As a pipeline of ioredis gives it. */
type PipelineResult = [error: Error | null, result?: unknown]

interface Call extends SetItem {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  /** How many looks it has been waiting for. */
  looks: number
  /** How many answers had come when it was sent. */
  answers: number
}

/** In these a client has no connection, and would keep a call until it has. */
const DOWN = ['reconnecting', 'disconnecting', 'close', 'end']
/** How often calls without an answer are looked at before they are given up. */
const LOOKS = 4
/** How long a silent Redis is left alone before it is asked again. Milliseconds. */
const REST = 1000

/**
 * Runs scripts in Redis: all that are called in one turn of the event loop in one write, each with an answer or an error
 * in bounded time.
 */
export class ScriptRunner {
  readonly #client: RedisClient
  readonly #timeout: number
  #waiting: Call[] = []
  readonly #underway = new UnorderedSet<Call>()
  #isWatching = false
  #answers = 0
  /** When a Redis that was silent is asked again: `Infinity` while it is, and `undefined` for one that answers. */
  #askAgainAt: number | undefined

  /** @param timeout how long to wait for an answer, in milliseconds, while this process is awake */
  constructor(client: RedisClient, timeout: number) {
    this.#client = client
    this.#timeout = timeout
  }

  /** @throws FST_SSE_STORE_UNAVAILABLE */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call: Call = { slot: undefined, script, keys, args, resolve, reject, looks: 0, answers: 0 }
      if (this.#waiting.push(call) === 1) setImmediate(() => this.#sendWaiting())
    })
  }

  #sendWaiting(): void {
    const calls = this.#waiting
    this.#waiting = []
    const free = calls.filter(call => {
      const hindrance = this.#hindrance()
      if (hindrance !== undefined) call.reject(unavailable(new Error(hindrance)))
      return hindrance === undefined
    })
    this.#send(free, 'evalsha')
  }

  /** Why nothing should be sent now. A client without a connection would send it whenever it has one. */
  #hindrance(): string | undefined {
    const { status } = this.#client
    if (DOWN.includes(status)) return `the connection is down (${status})`
    if (this.#askAgainAt === undefined) return undefined
    if (performance.now() < this.#askAgainAt) return 'Redis has not answered lately'
    // This one finds out whether it does again.
    this.#askAgainAt = Number.POSITIVE_INFINITY
    return undefined
  }

  #send(calls: Call[], command: 'evalsha' | 'eval'): void {
    if (calls.length === 0) return
    for (const call of calls) {
      call.answers = this.#answers
      this.#underway.add(call)
    }
    this.#watch()
    // The nodes of a cluster have a connection each.
    if (this.#client.isCluster) for (const call of calls) void this.#sendAlone(call, command)
    else void this.#sendTogether(calls, command)
  }

  async #sendAlone(call: Call, command: 'evalsha' | 'eval'): Promise<void> {
    this.#take([call], [await answerOf(() => this.#client[command](...written(call, command)))])
  }

  async #sendTogether(calls: Call[], command: 'evalsha' | 'eval'): Promise<void> {
    const commands = calls.map((call): [string, ...unknown[]] => [command, ...written(call, command)])
    const [error, answers] = await answerOf(() => this.#client.pipeline(commands).exec())
    this.#take(calls, error === null ? (answers as PipelineResult[]) : calls.map(() => [error]))
  }

  #take(calls: Call[], answers: PipelineResult[]): void {
    this.#answers++
    this.#askAgainAt = undefined
    const unknown: Call[] = []
    for (const [i, call] of calls.entries()) {
      const [error, result] = answers[i] as PipelineResult
      if (!this.#underway.delete(call)) continue
      if (error === null) call.resolve(result)
      else if (error.message.startsWith('NOSCRIPT')) unknown.push(call)
      else call.reject(unavailable(error))
    }
    // Redis forgets all scripts when it starts anew.
    this.#send(unknown, 'eval')
  }

  /**
   * Counts time by looks, each after what has come meanwhile was read: a process that was stopped, or too busy, finds
   * its answers waiting, and must not take its own sleep for an outage.
   */
  #watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    setTimeout(() => setImmediate(() => this.#look()), Math.ceil(this.#timeout / LOOKS)).unref()
  }

  #look(): void {
    this.#isWatching = false
    this.#underway.visit(call => {
      // The first look may come right after it was sent.
      if (++call.looks <= LOOKS) return
      this.#underway.delete(call)
      // Where other nodes of a cluster answer, their calls go on.
      if (call.answers === this.#answers) this.#askAgainAt = performance.now() + REST
      call.reject(unavailable(new Error(`no answer within ${this.#timeout} ms`)))
    })
    if (this.#underway.size > 0) this.#watch()
  }
}

function written({ script, keys, args }: Call, command: 'evalsha' | 'eval'): [string, number, ...(string | number)[]] {
  return [command === 'eval' ? script.lua : script.sha, keys.length, ...keys, ...args]
}

async function answerOf(ask: () => Promise<unknown>): Promise<PipelineResult> {
  try {
    return [null, await ask()]
  } catch (error) {
    return [toError(error)]
  }
}

/**
 * What Redis says may go to a log, but not what was asked: ioredis puts the arguments of a command beside the message,
 * and Redis some of them behind it.
 */
function unavailable({ name, message }: Error): Error {
  const cause = new Error(message.replace(/, with args .*/s, ''))
  cause.name = name
  return new FST_SSE_STORE_UNAVAILABLE({ cause })
}
