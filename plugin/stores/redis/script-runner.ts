import { FST_SSE_STORE_UNAVAILABLE } from '../../errors.js'
import { toError } from '../../framing/failure.js'
import { type SetItem, UnorderedSet } from '../../util/collections/unordered-set.js'
import type { Script } from './scripts.js'

/** What a `RedisStore` needs of the client: a `Redis` or a `Cluster` of ioredis 5 or 6 has it. */
export interface RedisClient {
  readonly status: string
  readonly isCluster: boolean
  evalsha(sha: string, keys: number, ...rest: (string | number)[]): Promise<unknown>
  eval(lua: string, keys: number, ...rest: (string | number)[]): Promise<unknown>
  pipeline(commands: [name: string, ...args: unknown[]][]): { exec(): Promise<Answer[] | null> }
}

/** As a pipeline of ioredis returns it. */
type Answer = [error: Error | null, result?: unknown]

type Command = 'evalsha' | 'eval'

interface Call extends SetItem {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  /** How many checks it has waited through. */
  checks: number
  /** The number of answers that had arrived when it was sent. */
  answersBefore: number
}

/** The states in which a client has no connection, and would queue a call until it has one. */
const DISCONNECTED = ['reconnecting', 'disconnecting', 'close', 'end']
/** How many times per timeout unanswered calls are checked. */
const CHECKS = 4
/** How long a silent Redis is left alone before one call tries it again. Milliseconds. */
const PAUSE = 1000

/**
 * Runs scripts in Redis. All calls of one turn of the event loop are sent in one write, and each gets an answer or an
 * error within a bounded time.
 */
export class ScriptRunner {
  readonly #client: RedisClient
  readonly #timeout: number
  #unsent: Call[] = []
  readonly #pending = new UnorderedSet<Call>()
  #isChecking = false
  #answers = 0
  /** Set while Redis is silent: when the next call may try it, `Infinity` once that call is on its way. */
  #retryAt: number | undefined

  /** @param timeout how long to wait for an answer, not counting the time in which this process was suspended. ms */
  constructor(client: RedisClient, timeout: number) {
    this.#client = client
    this.#timeout = timeout
  }

  /** @throws FST_SSE_STORE_UNAVAILABLE */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = { slot: undefined, script, keys, args, resolve, reject, checks: 0, answersBefore: 0 }
      if (this.#unsent.push(call) === 1) setImmediate(() => this.#sendUnsent())
    })
  }

  #sendUnsent(): void {
    const calls = this.#unsent
    this.#unsent = []
    const allowed = calls.filter(call => {
      const reason = this.#refusal()
      if (reason !== undefined) call.reject(unavailable(new Error(reason)))
      return reason === undefined
    })
    this.#send(allowed, 'evalsha')
  }

  /** Why a call must not be sent now. */
  #refusal(): string | undefined {
    const { status } = this.#client
    if (DISCONNECTED.includes(status)) return `the connection is down (${status})`
    if (this.#retryAt === undefined) return undefined
    if (performance.now() < this.#retryAt) return 'Redis has not answered lately'
    this.#retryAt = Number.POSITIVE_INFINITY
    return undefined
  }

  #send(calls: Call[], command: Command): void {
    if (calls.length === 0) return
    for (const call of calls) {
      call.answersBefore = this.#answers
      this.#pending.add(call)
    }
    this.#checkLater()
    // In a cluster, each call may go to another node.
    if (this.#client.isCluster) for (const call of calls) void this.#sendAlone(call, command)
    else void this.#sendTogether(calls, command)
  }

  async #sendAlone(call: Call, command: Command): Promise<void> {
    this.#settle([call], [await answerOf(() => this.#client[command](...argumentsOf(call, command)))])
  }

  async #sendTogether(calls: Call[], command: Command): Promise<void> {
    const commands = calls.map((call): [string, ...unknown[]] => [command, ...argumentsOf(call, command)])
    const [error, answers] = await answerOf(() => this.#client.pipeline(commands).exec())
    this.#settle(calls, error === null ? (answers as Answer[]) : calls.map(() => [error]))
  }

  #settle(calls: Call[], answers: Answer[]): void {
    this.#answers++
    this.#retryAt = undefined
    const unknown: Call[] = []
    for (const [i, call] of calls.entries()) {
      const [error, result] = answers[i] as Answer
      if (!this.#pending.delete(call)) continue
      if (error === null) call.resolve(result)
      else if (error.message.startsWith('NOSCRIPT')) unknown.push(call)
      else call.reject(unavailable(error))
    }
    // A Redis that was restarted knows no scripts.
    this.#send(unknown, 'eval')
  }

  /**
   * Measures time in checks, each made after the input that has arrived was read. A process that was suspended, or too
   * busy, then finds its answers before it checks, and does not mistake its own pause for an outage.
   */
  #checkLater(): void {
    if (this.#isChecking) return
    this.#isChecking = true
    setTimeout(() => setImmediate(() => this.#check()), Math.ceil(this.#timeout / CHECKS)).unref()
  }

  #check(): void {
    this.#isChecking = false
    this.#pending.visit(call => {
      // One more than CHECKS, since the first may follow the call at once.
      if (++call.checks <= CHECKS) return
      this.#pending.delete(call)
      // If others were answered meanwhile, only one node of a cluster is silent: calls to the others go on.
      if (call.answersBefore === this.#answers) this.#retryAt = performance.now() + PAUSE
      call.reject(unavailable(new Error(`no answer within ${this.#timeout} ms`)))
    })
    if (this.#pending.size > 0) this.#checkLater()
  }
}

function argumentsOf({ script, keys, args }: Call, command: Command): [string, number, ...(string | number)[]] {
  return [command === 'eval' ? script.lua : script.sha, keys.length, ...keys, ...args]
}

async function answerOf(ask: () => Promise<unknown>): Promise<Answer> {
  try {
    return [null, await ask()]
  } catch (error) {
    return [toError(error)]
  }
}

/** Keeps what Redis said, and drops the arguments of the command, which both ioredis and Redis add to an error. */
function unavailable({ name, message }: Error): Error {
  const cause = new Error(message.replace(/, with args .*/s, ''))
  cause.name = name
  return new FST_SSE_STORE_UNAVAILABLE({ cause })
}
