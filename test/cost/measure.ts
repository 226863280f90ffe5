import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Cost } from './counter.js'
import { type Pace, TOKENS, WARM_UP } from './source.js'

/** What of a stream is counted. Each is counted in a process of its own, since counting calls allocates too. */
export interface Setting {
  readonly what: 'bytes' | 'calls'
  readonly pace: Pace
  readonly kind: Kind
}

/** The stream: plain, or resumable with its events in memory. */
export type Kind = 'plain' | 'resumable'

/** When code is compiled must not depend on how busy the machine is: what is not compiled yet allocates more. */
const FLAGS = ['--no-concurrent-recompilation']

/** What a token costs, beside what its source costs. */
export async function measure(t: Test, setting: Setting): Promise<Cost> {
  // Coverage would be counted too.
  const { NODE_V8_COVERAGE: _, ...env } = process.env
  const child = fork(join(import.meta.dirname, 'stream-server.ts'), [JSON.stringify(setting)], {
    execArgv: [...process.execArgv, ...FLAGS],
    env: { ...env, _TAPJS_PROCESSINFO_COVERAGE_: '0' }
  })
  t.teardown(() => child.kill('SIGKILL'))
  const messages = messagesOf(child)
  const { port } = await messages()
  const events = await readEvents(port as number)
  if (events !== WARM_UP + TOKENS) throw new Error(`${events} events came, not ${WARM_UP + TOKENS}`)
  return (await messages()).cost as Cost
}

type Message = { port?: number; cost?: Cost }

/** @returns what gives the next message of a process. Throws if it ends instead */
function messagesOf(child: ChildProcess): () => Promise<Message> {
  const ended = new AbortController()
  child.once('exit', code => ended.abort(new Error(`the server ended with ${code}`)))
  const messages = on(child, 'message', { signal: ended.signal })
  return async () => {
    const { value } = await messages.next()
    return value[0]
  }
}

/** Reads a stream to its end. @returns the number of its events, without the last one */
async function readEvents(port: number): Promise<number> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: '127.0.0.1' }, resolve).once('error', reject)
  })
  let text = ''
  for await (const piece of response.setEncoding('latin1')) text += piece
  return text.split('data: token\n\n').length - 1
}
