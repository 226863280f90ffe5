import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { tokensOf } from '../../../helpers/tokens.js'
import { until } from '../../../helpers/until.js'

/** One call of the provider, which costs money. */
export class Call {
  /** The node that made it. */
  readonly node: string
  readonly #response: ServerResponse
  readonly #tokens: readonly string[]
  #given = 0
  /** When its caller hung up, or when it ended, by `performance.now()`. */
  closedAt: number | undefined

  constructor(node: string, tokens: readonly string[], response: ServerResponse) {
    this.node = node
    this.#tokens = tokens
    this.#response = response
    response.on('close', () => {
      this.closedAt = performance.now()
    })
    response.writeHead(200)
    response.flushHeaders()
  }

  /** Whether it was stopped before its last token. */
  get aborted(): boolean {
    return this.closedAt !== undefined && !this.#response.writableEnded
  }

  /** Gives `count` more tokens, and the end after the last one. */
  give(count = Number.POSITIVE_INFINITY): void {
    if (this.closedAt !== undefined) return
    const tokens = this.#tokens.slice(this.#given, this.#given + count)
    this.#given += tokens.length
    const lines = tokens.map(token => `${JSON.stringify(token)}\n`).join('')
    if (lines !== '') this.#response.write(lines)
    if (this.#given === this.#tokens.length) this.#response.end()
  }
}

/** Makes the tokens for all nodes, and counts the calls of each node. */
export class Provider {
  readonly url: string
  readonly #calls: Map<string, Call[]>

  constructor(url: string, calls: Map<string, Call[]>) {
    this.url = url
    this.#calls = calls
  }

  /** The calls for one answer. */
  calls(answer: string): readonly Call[] {
    return this.#calls.get(answer) ?? []
  }

  /** The first call for an answer. Waits for it. */
  async call(answer: string): Promise<Call> {
    await until(`a call of the provider for "${answer}"`, () => this.calls(answer).length > 0)
    return this.calls(answer)[0] as Call
  }
}

/**
 * Starts a provider in the process of the test. The query of a call has `answer`, its name; `count`, the number of
 * tokens; and `pace`, the milliseconds between tokens: 0 for none, `test` if the test gives them. With `burst`, that
 * many tokens come at once.
 */
export async function startProvider(t: Test): Promise<Provider> {
  const calls = new Map<string, Call[]>()
  const server = createServer((request, response) => {
    const query = new URL(String(request.url), 'http://provider').searchParams
    const [answer, pace] = [query.get('answer') ?? '', query.get('pace') ?? '0']
    const call = new Call(query.get('node') ?? '', tokensOf(Number(query.get('count') ?? 300)), response)
    calls.set(answer, [...(calls.get(answer) ?? []), call])
    if (pace === '0') call.give()
    else if (pace !== 'test') {
      const timer = setInterval(() => call.give(Number(query.get('burst') ?? 1)), Number(pace))
      response.on('close', () => clearInterval(timer))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return new Provider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls)
}
