import type { Test } from 'tap'
import { type RedisClient, ScriptRunner } from '../../../../plugin/stores/redis/script-runner.js'
import { READ } from '../../../../plugin/stores/redis/scripts.js'
import { Clock } from '../../../helpers/clock.js'

export const UNAVAILABLE = { code: 'FST_SSE_STORE_UNAVAILABLE', statusCode: 503 }

type Answers = [error: Error | null, result?: unknown][]

/** A client whose answers come when the test says so. */
export class Client implements RedisClient {
  status = 'ready'
  isCluster = false
  /** What was sent and not yet answered. */
  readonly sent: { commands: unknown[][]; resolve(answers: Answers): void; reject(error: Error): void }[] = []
  pipeline(commands: [name: string, ...args: unknown[]][]) {
    return {
      exec: () => new Promise<Answers>((resolve, reject) => this.sent.push({ commands, resolve, reject }))
    }
  }
  async evalsha(...args: unknown[]) {
    return this.#alone('evalsha', args)
  }
  async eval(...args: unknown[]) {
    return this.#alone('eval', args)
  }
  /** Answers the first of what was sent. */
  answer(...answers: Answers) {
    this.sent.shift()?.resolve(answers)
  }
  async #alone(command: string, args: unknown[]) {
    const [[error, result]] = (await this.pipeline([[command, ...args]]).exec()) as [Answers[0]]
    if (error) throw error
    return result
  }
}

/** A clock whose timers have `unref`. */
function clockOf(t: Test) {
  const clock = new Clock(t)
  const { setTimeout } = globalThis
  const unref = (...args: Parameters<typeof setTimeout>) => Object.assign(setTimeout(...args), { unref() {} })
  Object.assign(globalThis, { setTimeout: unref })
  return clock
}

/** Lets the event loop turn. */
export async function turn() {
  for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
}

/** Lets time pass while the process is awake. */
export async function pass(clock: Clock, ms: number) {
  for (let passed = 0; passed < ms; passed += 10) {
    clock.pass(10)
    await turn()
  }
}

/** Makes a runner, a client and a clock, all controlled by the test. */
export function start(t: Test) {
  const clock = clockOf(t)
  const client = new Client()
  const runner = new ScriptRunner(client, 1000)
  /** The result or the error of each call; `'open'` while it waits. */
  const outcomes: unknown[] = []
  const call = async (arg: string | number = 'a') => {
    const i = outcomes.push('open') - 1
    runner.run(READ, ['log', 'lease', 'meta'], [arg]).then(
      result => {
        outcomes[i] = result
      },
      error => {
        outcomes[i] = t.match(error, UNAVAILABLE) && error.cause.message
      }
    )
    await turn()
  }
  return { clock, client, runner, call, outcomes }
}
